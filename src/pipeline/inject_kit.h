/*
 * For the tests of this folder: packets that nobody of a connection sent, or
 * that it does not know what to do with, put between those of a tape.
 */
#ifndef PIPELINE_INJECT_KIT_H
#define PIPELINE_INJECT_KIT_H

#include "pipeline/frames_kit.h"

enum {
    TCP_PLAIN_SIZE = 20,
    INJECTED_ID = 0x5a5a
};

/* What the packet says; its addresses are those of another. */
struct injected {
    uint32_t seq;
    uint32_t ack;
    uint8_t flags;
    uint8_t ttl;
    uint16_t id;
    bool turned;    /* from that one's receiver to its sender */
    bool bad_sum;   /* a checksum that does not hold */
    size_t payload; /* bytes of it */
};

/* The sum over the segment and its pseudo header (RFC 9293, 3.1). */
unsigned sum_of(const uint8_t *ip, size_t size);

/* Puts it before what is at that place; the frame `like` is of the tape. */
void inject(struct reel *reel, size_t at, const struct frame *like, nanos time,
            const struct injected *what);

#endif
