/*
 * Two captures made by hand, segment by segment, for tests: one connection of
 * a client and a server 10 ms apart, whose clocks differ.
 */
#ifndef COMPARE_COMPARE_KIT_H
#define COMPARE_COMPARE_KIT_H

#include "compare/compare.h"

enum kit_host {
    KIT_CLIENT,
    KIT_SERVER
};

/* Which of the captures has it. */
enum kit_seen {
    KIT_BOTH,
    KIT_SENT_ONLY, /* at the side that it leaves */
    KIT_CAME_ONLY, /* at the other */
    KIT_NEITHER
};

#define KIT_DELAY  (10 * NANOS_PER_MILLI)
#define KIT_OFFSET (-7 * NANOS_PER_SECOND)

/* As they are until a test changes them. */
struct kit_pair {
    struct comparison *comparison;
    struct report report[2];
    struct capture_input input[2];
    uint64_t frame[2];            /* the last number at each side */
    struct endpoint end[2];       /* of the client, the server, */
    struct endpoint end_there[2]; /* and as the server's side has them */
    uint32_t isn[2];
    uint32_t isn_shift[2]; /* of the server's side, to the client's */
    bool has_timestamps;
    bool has_ids;
    uint16_t id[2];
    nanos delay;
};

/* A segment: who sends it at what time (milliseconds, at the client), numbers
 * from the ISN, what it carries, and which captures have it. */
struct kit_segment {
    enum kit_host from;
    unsigned at;
    uint8_t flags;
    uint32_t seq;
    uint32_t ack;
    uint32_t size;
    enum kit_seen seen;
    unsigned late;  /* milliseconds on the way, beside the delay */
    uint8_t filler; /* of its payload */
    uint8_t ttl;    /* where it comes; 0: one less than where it leaves */
};

void kit_pair_init(struct kit_pair *pair);

/* In order of `at`; what is late comes behind those that are not. */
void kit_pair_play(struct kit_pair *pair, const struct kit_segment *segment,
                   size_t count);

/* Ends both captures, at that time (milliseconds), and compares them. */
const struct comparison *kit_pair_finish(struct kit_pair *pair, unsigned at);
void kit_pair_release(struct kit_pair *pair);

#define KIT_COUNT(table) (sizeof(table) / sizeof *(table))

/* Plays a table from the handshake on; the captures last for 5 s. */
const struct comparison *kit_pair_run(struct kit_pair *pair,
                                      const struct kit_segment *segment,
                                      size_t count);

/* Asserts that there is one connection, and one event of it. */
const struct compare_event *kit_only_event(const struct comparison *c);

/* The handshake, as the first three segments of a table. */
#define KIT_HANDSHAKE                                                          \
    {KIT_CLIENT, 0, TCP_SYN, 0, 0, 0, KIT_BOTH, 0, 0, 0},                      \
        {KIT_SERVER, 11, TCP_SYN | TCP_ACK, 0, 1, 0, KIT_BOTH, 0, 0, 0},       \
    {                                                                          \
        KIT_CLIENT, 22, TCP_ACK, 1, 1, 0, KIT_BOTH, 0, 0, 0                    \
    }

#endif
