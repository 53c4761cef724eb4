/*
 * tcp takes segments and gives each connection's bytes in order.
 *
 * Order. Within a flow bytes are handed on by offset. Between the two flows
 * they are handed on by cause: a segment that acknowledges bytes which were
 * not seen yet waits for them, since a capture (`any`, loopback, multi-queue
 * cards) may record an answer before its question. What waits too long, or
 * would take more than the budget, is given up: the bytes in between are
 * reported as a gap.
 */
#ifndef TCP_TCP_H
#define TCP_TCP_H

#include "tcp/stage.h"

/* Bytes of one flow, in order. Borrowed for the call. */
struct chunk {
    struct span bytes;
    struct mark at;  /* of the segment that carried them, or of the one that
                        filled the hole before them: when they could be read */
    uint64_t offset; /* of the first byte */
    uint64_t ack;    /* what the segment acknowledged of the other flow */
};

/*
 * Who takes what tcp gives. `side` is the index of the flow. After `over` the
 * conn's own facts stay readable during that call, then it is gone.
 */
struct tcp_sink {
    void *context;
    void (*data)(void *context, struct conn *conn, unsigned side,
                 const struct chunk *chunk);
    /* chunk->bytes.size bytes are missing there; chunk->bytes.at is NULL */
    void (*gap)(void *context, struct conn *conn, unsigned side,
                const struct chunk *chunk);
    /* the flow's FIN, in its place behind the last byte */
    void (*end)(void *context, struct conn *conn, unsigned side,
                struct mark at);
    /* all that the flow has sent so far is acknowledged */
    void (*acked)(void *context, struct conn *conn, unsigned side);
    void (*over)(void *context, struct conn *conn, enum conn_ending how);
    /* it goes on, or may: see tcp_look. Gives when to look at it next, or
       CONN_NEVER_DUE. NULL: nobody looks */
    nanos (*look)(void *context, struct conn *conn);
};

struct tcp_options {
    size_t connections; /* kept at most, open and ended; 0: a default */
    size_t held_bytes;  /* waiting for their turn, in all; 0: a default */
    struct stage_watch watch;
    nanos forget; /* how long after its end a connection's ports are still
                     its own; 0: until their place is needed */
};

struct tcp_counts {
    uint64_t connections;
    uint64_t open;        /* now */
    uint64_t evicted;     /* still open when their place was needed */
    uint64_t held_budget; /* gaps because the budget was used up */
    uint64_t unanswered;  /* of the connections: a SYN on the ports of one that
                             was open, and no more */
};

struct tcp;

/* The sink is copied. The caller owns the tcp and gives it to tcp_free. */
struct tcp *tcp_new(const struct tcp_options *options,
                    const struct tcp_sink *sink);
void tcp_free(struct tcp *tcp);

/*
 * Takes the next segment, in capture order. Gives the connection that it
 * belongs to, borrowed until the next call; NULL when that is over already.
 */
const struct conn *tcp_take(struct tcp *tcp, const struct segment *segment);

/*
 * An ICMP error quotes a whole TCP header. Wireshark numbers its connection; if
 * none has these ports yet, it has that number from now on.
 */
void tcp_take_quoted(struct tcp *tcp, const struct segment *segment);

/*
 * It is `now`, and nothing came: connections whose end lies long enough back
 * are told.
 */
void tcp_tick(struct tcp *tcp, nanos now);

/*
 * Hands over each connection that is not told yet and whose time to be looked
 * at has come; those that have ended, when no late packet is likely any more.
 */
void tcp_look(struct tcp *tcp, nanos now);

/* The capture is at its end: every connection left is handed over. */
void tcp_finish(struct tcp *tcp);

struct tcp_counts tcp_counts(const struct tcp *tcp);

/*
 * Forgets the episodes that were over before `time`: the exchanges that they
 * could explain have gone well.
 */
void conn_forget_episodes(struct conn *conn, nanos time);

#endif
