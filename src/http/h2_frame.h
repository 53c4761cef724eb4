/*
 * Frames (RFC 9113, 4): a direction of an HTTP/2 connection cut into frames,
 * whatever the segments. DATA is counted and passed by; what is needed of the
 * others is gathered, up to a limit.
 */
#ifndef HTTP_H2_FRAME_H
#define HTTP_H2_FRAME_H

#include "http/event.h"

/* RFC 9113, 6, and RFC 7838. */
enum h2_type {
    H2_DATA,
    H2_HEADERS,
    H2_PRIORITY,
    H2_RST_STREAM,
    H2_SETTINGS,
    H2_PUSH_PROMISE,
    H2_PING,
    H2_GOAWAY,
    H2_WINDOW_UPDATE,
    H2_CONTINUATION,
    H2_TYPE_COUNT
};

enum {
    H2_END_STREAM = 0x1,
    H2_ACK = 0x1,
    H2_END_HEADERS = 0x4,
    H2_PADDED = 0x8,
    H2_PRIORITISED = 0x20
};

enum {
    H2_HEAD_SIZE = 9,
    /* a frame's payload is gathered up to here; the rest is passed by */
    H2_GATHER_LIMIT = 1 << 16,
    /* RFC 9113, 4.2: no endpoint may allow more */
    H2_LENGTH_MAX = (1 << 24) - 1
};

struct h2_frame {
    uint32_t length;
    uint32_t stream;
    uint8_t type;
    uint8_t flags;
};

/* Who takes frames. Payloads are borrowed for the call. */
struct h2_frame_sink {
    void *context;
    /* a whole frame; of DATA the payload holds at most its first byte */
    void (*frame)(void *context, unsigned side, const struct h2_frame *frame,
                  struct span payload);
    /* bytes of a DATA frame's payload, as they come; `at` NULL: they are
     * missing in the capture */
    void (*data)(void *context, unsigned side, const struct h2_frame *frame,
                 struct span bytes);
};

struct h2_cutter {
    const struct h2_frame_sink *sink;
    struct h2_frame frame;
    uint8_t head[H2_HEAD_SIZE];
    uint8_t head_size;
    uint8_t side;
    bool lost;         /* where frames begin is not known */
    uint32_t left;     /* of the frame's payload */
    uint8_t *gathered; /* owned */
    uint32_t gathered_size;
    uint32_t gathered_room;
};

void h2_cutter_init(struct h2_cutter *cutter, const struct h2_frame_sink *sink,
                    unsigned side);
void h2_cutter_release(struct h2_cutter *cutter);

/* Takes bytes in order. False: what came is no frame; it is lost now. */
bool h2_cutter_take(struct h2_cutter *cutter, struct span bytes);

/*
 * Bytes are missing. True when they all lie inside a DATA frame, whose length
 * is known: nothing is lost but they. False: where frames begin is lost.
 */
bool h2_cutter_skip(struct h2_cutter *cutter, uint64_t size);

/* Can a frame head be right, by what RFC 9113 says of its type? */
bool h2_frame_is_plausible(const struct h2_frame *frame);

/* Reads the nine bytes of a frame's head. */
struct h2_frame h2_frame_read(const uint8_t head[static H2_HEAD_SIZE]);

#endif
