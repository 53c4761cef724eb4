/*
 * What the files of h2 share, each calling only those to its right:
 *
 *     h2.c --> h2_take.c --> h2_block.c --> h2_events.c
 *     bytes    frames        header blocks  streams, and what is said of them
 */
#ifndef HTTP_H2_INNER_H
#define HTTP_H2_INNER_H

#include "http/h2.h"
#include "http/h2_frame.h"
#include "http/h2_head.h"
#include "http/h2_stream.h"

enum {
    SETTINGS_WAITING_MAX = 8
};

/* A SETTINGS frame that waits to be acknowledged. */
struct settings {
    bool has_window;
    bool has_table;
    uint32_t window;
    uint32_t table;
};

/* One direction: what that side sends. */
struct h2_direction {
    struct h2_cutter cutter;
    struct h2_decoder decoder;
    struct settings waiting[SETTINGS_WAITING_MAX]; /* sent, oldest first */
    uint8_t waiting_count;
    uint8_t preface_left;  /* bytes of it still to come */
    uint8_t block_flags;   /* of the HEADERS that began the block */
    uint32_t block_stream; /* whose block is being put together; 0: none */
    uint32_t promised;     /* of a PUSH_PROMISE; 0: it is a HEADERS */
    uint32_t block_size;   /* bytes of it so far */
};

struct h2 {
    const struct http_sink *sink;
    struct conn *conn;
    struct h2_frame_sink frames;
    struct h2_direction direction[2];
    struct h2_streams streams;
    struct h2_told told; /* the latest block */
    struct h2_facts facts;
    bool has_grpc;    /* a stream of it is gRPC's */
    struct chunk now; /* what is being read; no bytes */
    uint8_t client;
};

/* Is that side the one that opens odd streams? */
bool h2_is_client(const struct h2 *h2, unsigned side);

/* Says an event of a stream, as of what is being read. */
void h2_say(struct h2 *h2, struct h2_stream *stream, unsigned side,
            struct http_event *event);
void h2_say_windows(struct h2 *h2, struct h2_stream *stream, unsigned side,
                    struct http_event *event);

/* A new stream; NULL when it was seen before, or too many are open. */
struct h2_stream *h2_open_stream(struct h2 *h2, uint32_t id);

/*
 * A stream whose request the capture does not have. NULL when it was seen to
 * close, or too many are open.
 */
struct h2_stream *h2_join_stream(struct h2 *h2, uint32_t id);

/* RFC 7540, 3.2.1: a SETTINGS frame's payload, in force from the 101 on. */
void h2_take_first_settings(struct h2 *h2, struct span payload);

/* The side has sent its last on the stream. */
void h2_end_side(struct h2 *h2, struct h2_stream *stream, unsigned side);

/* HEADERS, PUSH_PROMISE and CONTINUATION, which carry header blocks. */
void h2_take_headers(struct h2 *h2, unsigned side, const struct h2_frame *frame,
                     struct span payload);
void h2_take_push_promise(struct h2 *h2, unsigned side,
                          const struct h2_frame *frame, struct span payload);
void h2_take_continuation(struct h2 *h2, unsigned side,
                          const struct h2_frame *frame, struct span payload);

/* Any whole frame. */
void h2_take_frame(struct h2 *h2, unsigned side, const struct h2_frame *frame,
                   struct span payload);

#endif
