/*
 * The streams of one HTTP/2 connection that are open, found by identifier,
 * and the flow control of the connection and of each.
 */
#ifndef HTTP_H2_STREAM_H
#define HTTP_H2_STREAM_H

#include "http/event.h"
#include "http/h2_flow_control.h"
#include "http/h2_frame.h"
#include "http/h2_grpc.h"
#include "http/h2_holders.h"

enum {
    H2_STREAMS_MAX = 4096,
    H2_CLOSED_KEPT = 32,
    H2_CHANGES_KEPT = 16,
    H2_WINDOW_DEFAULT = 65535
};

struct h2_stream {
    struct h2_stream *hash_next;
    struct h2_stream *older; /* opened before it */
    struct h2_stream *newer;
    void *model; /* what the model keeps of it */
    uint32_t id;
    uint32_t changes[2]; /* of the initial windows that its own have */
    uint32_t place[2];   /* among the holders of the connection's windows */
    bool lost;           /* it was open when bytes of the connection were */
    bool begun[2];       /* HEADERS came from that side */
    bool head[2];        /* and was no interim response */
    bool ended[2];       /* END_STREAM */
    bool is_grpc;
    struct h2_grpc grpc[2];                 /* its messages, of each side */
    struct h2_flow_control flow_control[2]; /* what that side may send on it */
};

/* A change of SETTINGS_INITIAL_WINDOW_SIZE. */
struct h2_change {
    int64_t size;
    int64_t beside; /* what the connection's window had left then */
    struct mark at;
};

/*
 * The initial window of what one side sends. A change moves the window of
 * every open stream (RFC 9113, 6.9.2), and each may be one of thousands, so a
 * stream takes the changes in when it is looked at next. The latest are kept
 * for that, around a ring; a stream that missed more of them is moved by the
 * sum of those, and windows count as unknown from then on.
 */
struct h2_initial {
    int64_t size;
    uint32_t changes;
    struct h2_change *change; /* owned; NULL: none while a stream was open */
};

struct h2_streams {
    struct h2_stream **bucket; /* owned; NULL: no stream yet */
    uint32_t buckets;          /* a power of two */
    uint64_t seed;
    struct h2_stream *oldest; /* in order of opening */
    struct h2_stream *newest;
    struct h2_flow_control connection[2];
    struct h2_holders *holders[2]; /* owned; NULL: its window had no need */
    /* who held the connection's window when it was used up for longest, by
       side; owned, NULL: it never was */
    struct h2_holder (*held)[H2_HOLDERS];
    struct h2_initial initial[2]; /* in force for that side's sending */
    bool known[2];                /* that side's windows */
    uint32_t open;
    uint32_t asked;                  /* open, and opened by the client */
    uint32_t highest[2];             /* identifier so far, even and odd */
    uint32_t closed[H2_CLOSED_KEPT]; /* the latest, around the ring */
    uint32_t closed_count;
    uint32_t senders[2]; /* streams on which that side has more to send */
    uint32_t limit;      /* what the server allows */
    struct mark limited; /* when it said so last */
};

void h2_streams_init(struct h2_streams *streams, bool known);
void h2_streams_release(struct h2_streams *streams);

struct h2_stream *h2_streams_find(const struct h2_streams *streams,
                                  uint32_t id);

/*
 * Was the stream there before? What still comes of it crossed its end. Where
 * `all_seen` is false, lower identifiers may be of streams that nobody saw
 * begin, and only the latest that were closed are known.
 */
bool h2_streams_was_closed(const struct h2_streams *streams, uint32_t id,
                           bool all_seen);

/* NULL when too many are open. */
struct h2_stream *h2_streams_add(struct h2_streams *streams, uint32_t id);
void h2_streams_remove(struct h2_streams *streams, struct h2_stream *stream);

/* A side begins to send on a stream, or has sent its last. */
void h2_streams_begin(struct h2_streams *streams, struct h2_stream *stream,
                      unsigned side, struct mark at);
void h2_streams_end(struct h2_streams *streams, struct h2_stream *stream,
                    unsigned side, struct mark at);

/* A DATA frame on a stream (NULL: a closed one). Its whole length counts,
 * padding included (RFC 9113, 6.9.1). */
void h2_streams_send(struct h2_streams *streams, struct h2_stream *stream,
                     unsigned side, const struct h2_frame *frame,
                     struct mark at);

/* WINDOW_UPDATE for the connection, when `stream` is NULL, or for a stream:
 * what `side` may send grows. */
void h2_streams_credit(struct h2_streams *streams, struct h2_stream *stream,
                       unsigned side, uint64_t size, struct mark at);

/* SETTINGS_INITIAL_WINDOW_SIZE takes effect for what `side` sends. */
void h2_streams_resize(struct h2_streams *streams, unsigned side, int64_t size,
                       struct mark at);

/* Was any window that the stream depends on ever used up? */
bool h2_streams_were_blocked(struct h2_streams *streams,
                             struct h2_stream *stream);

/* The windows that the stream depends on. */
struct h2_windows h2_streams_windows(struct h2_streams *streams,
                                     struct h2_stream *stream);

#endif
