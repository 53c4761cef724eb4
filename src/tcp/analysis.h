/*
 * The analysis of a connection's segments, for what they say beyond their
 * bytes: keep-alive and zero-window probes, windows of zero, retransmissions,
 * how far each side has acknowledged, and which resets came.
 *
 * It runs on each segment before the bytes are put in order.
 */
#ifndef TCP_ANALYSIS_H
#define TCP_ANALYSIS_H

#include "tcp/conn.h"

/* A segment seen from inside its connection. */
struct seen {
    const struct segment *segment;
    struct mark at;
    unsigned side;
    uint64_t offset; /* of its first payload byte */
    uint64_t end;    /* behind its last payload byte, recorded or not */
    uint64_t ack;    /* in the other flow; CONN_NO_OFFSET without ACK */
    bool acked_all;  /* the peer's last byte was acknowledged by it */
    bool is_probe;   /* keep-alive or zero-window: brings nothing new */
};

/* Places the segment, into `seen`, and takes note of what it says. */
void analyse_segment(struct conn *conn, const struct segment *segment,
                     unsigned side, struct seen *seen);

#endif
