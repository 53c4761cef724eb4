/*
 * A recording gathers frames and writes them as pcapng (the draft of the
 * IETF's opsawg), with one interface and times in nanoseconds.
 */
#ifndef SCENE_RECORDING_H
#define SCENE_RECORDING_H

#include "base/nanos.h"
#include "base/text.h"

enum recording_order {
    RECORDED_IN_ORDER,
    RECORDED_BY_TIME,    /* behind all that were recorded before its time */
    RECORDED_BEHIND_NEXT /* behind the next frame, whatever the times */
};

struct recorded {
    nanos time;
    enum recording_order order;
    uint8_t *bytes; /* owned */
    size_t size;    /* recorded */
    size_t length;  /* on the wire */
};

struct recording {
    struct recorded *frame; /* owned */
    size_t frames;
    size_t room;
    uint64_t drops;      /* 0: nothing is said of drops */
    struct text secrets; /* a TLS key log; written when it is not empty, */
    bool secrets_last;   /* behind the packets */
};

void recording_init(struct recording *recording);
void recording_release(struct recording *recording);

/* Copies the first `snap` of the bytes. */
void recording_add(struct recording *recording, struct recorded frame,
                   struct span bytes, size_t snap);

/* Puts late frames where they belong and adds the whole capture to *out. */
void recording_write(struct recording *recording, uint16_t link_type,
                     struct text *out);

#endif
