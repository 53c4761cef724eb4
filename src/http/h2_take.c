/* The frames, one function for each type. */
#include "http/h2_inner.h"

#include "base/reader.h"

#include <assert.h>

/* RFC 9113, 6.5.2. */
enum {
    SETTINGS_HEADER_TABLE_SIZE = 1,
    SETTINGS_MAX_CONCURRENT_STREAMS = 3,
    SETTINGS_INITIAL_WINDOW_SIZE = 4
};

/* RFC 9113, 6.8: what stands before the debug data. */
enum {
    GOAWAY_FIXED = 8
};

static void take_data_frame(struct h2 *h2, unsigned side,
                            const struct h2_frame *frame, struct span payload)
{
    struct h2_stream *stream = h2_streams_find(&h2->streams, frame->stream);
    uint64_t padding = 0;

    if ((frame->flags & H2_PADDED) && payload.size)
        padding = 1u + payload.at[0];
    if (!stream && h2->facts.joined)
        stream = h2_join_stream(h2, frame->stream);
    h2_streams_send(&h2->streams, stream, side, frame, h2->now.at);
    if (!stream)
        return;
    h2_say(h2, stream, side,
           &(struct http_event){
               .kind = h2_is_client(h2, side) ? HTTP_REQUEST_BYTES
                                              : HTTP_RESPONSE_BYTES,
               .size = frame->length,
               .messages = stream->grpc[side].lost ? HTTP_MESSAGES_UNKNOWN
                                                   : stream->grpc[side].whole,
               .body = frame->length > padding ? frame->length - padding : 0});
    if (frame->flags & H2_END_STREAM)
        h2_end_side(h2, stream, side);
}

static void say_late_reset(struct h2 *h2, unsigned side, uint32_t stream,
                           uint32_t code)
{
    h2->sink->event(h2->sink->context, h2->conn,
                    &(struct http_event){.kind = HTTP_LATE_RESET,
                                         .side = side,
                                         .stream = stream,
                                         .at = h2->now.at,
                                         .offset = h2->now.offset,
                                         .code = code});
}

static void take_rst_stream(struct h2 *h2, unsigned side,
                            const struct h2_frame *frame, struct span payload)
{
    struct h2_stream *stream = h2_streams_find(&h2->streams, frame->stream);
    struct reader reader = reader_on(payload);
    uint32_t code = read_be32(&reader);

    if (++h2->facts.resets[side] == H2_RESET_BURST)
        h2->facts.reset_burst[side] = h2->now.at;
    /* of one that nobody saw begin or answered it says nothing */
    if (!stream) {
        say_late_reset(h2, side, frame->stream, code);
        return;
    }
    h2_say_windows(h2, stream, side,
                   &(struct http_event){.kind = HTTP_RESET, .code = code});
    h2_streams_end(&h2->streams, stream, 0, h2->now.at);
    h2_streams_end(&h2->streams, stream, 1, h2->now.at);
    h2_streams_remove(&h2->streams, stream);
}

/* What this side had sent is in force for what the other one sends. */
static void apply_settings(struct h2 *h2, unsigned by)
{
    struct h2_direction *other = &h2->direction[1 - by];
    struct settings applied;

    if (other->waiting_count == 0)
        return;
    applied = other->waiting[0];
    other->waiting_count--;
    memmove(other->waiting, other->waiting + 1,
            other->waiting_count * sizeof *other->waiting);
    if (applied.has_window)
        h2_streams_resize(&h2->streams, by, applied.window, h2->now.at);
    if (applied.has_table)
        h2_decoder_resize(&h2->direction[by].decoder, applied.table);
}

static struct settings read_settings(struct h2 *h2, unsigned side,
                                     struct span payload)
{
    struct reader reader = reader_on(payload);
    struct settings settings = {0};

    while (reader.rest.size >= 6) {
        uint16_t id = read_be16(&reader);
        uint32_t value = read_be32(&reader);

        if (id == SETTINGS_INITIAL_WINDOW_SIZE) {
            settings.has_window = true;
            settings.window = value;
        } else if (id == SETTINGS_HEADER_TABLE_SIZE) {
            settings.has_table = true;
            settings.table = value;
        } else if (id == SETTINGS_MAX_CONCURRENT_STREAMS &&
                   !h2_is_client(h2, side)) {
            h2->streams.limit = value;
            h2->streams.limited = h2->now.at;
        }
    }
    return settings;
}

void h2_take_first_settings(struct h2 *h2, struct span payload)
{
    struct h2_direction *d = &h2->direction[h2->client];

    d->waiting[d->waiting_count++] = read_settings(h2, h2->client, payload);
    apply_settings(h2, 1 - h2->client);
}

static void take_settings(struct h2 *h2, unsigned side,
                          const struct h2_frame *frame, struct span payload)
{
    struct h2_direction *d = &h2->direction[side];
    struct settings settings;

    if (frame->flags & H2_ACK) {
        apply_settings(h2, side);
        return;
    }
    settings = read_settings(h2, side, payload);
    if (d->waiting_count == SETTINGS_WAITING_MAX) {
        h2->streams.known[1 - side] = false;
        return;
    }
    d->waiting[d->waiting_count++] = settings;
}

static void take_ping(struct h2 *h2, unsigned side,
                      const struct h2_frame *frame, struct span payload)
{
    (void)payload;
    if (frame->flags & H2_ACK)
        return;
    if (h2->facts.pings[side]++ == 0)
        h2->facts.first_ping[side] = h2->now.at;
    h2->facts.ping[side] = h2->now.at;
}

static void take_goaway(struct h2 *h2, unsigned side,
                        const struct h2_frame *frame, struct span payload)
{
    struct h2_goaway *goaway = &h2->facts.goaway[side];
    struct reader reader = reader_on(payload);
    struct span debug;

    if (!mark_is_set(goaway->at))
        h2->facts.first_goaway[side] = h2->now.at;
    /* the first error ended it; what is said behind it is polite only */
    if (goaway->code)
        return;
    *goaway = (struct h2_goaway){.at = h2->now.at,
                                 .resets = h2->facts.resets[1 - side]};
    goaway->last_stream = read_be32(&reader) & 0x7fffffff;
    goaway->code = read_be32(&reader);
    debug = span_head(reader.rest, sizeof goaway->debug);
    goaway->debug_size = (uint8_t)debug.size;
    goaway->debug_sent = frame->length - GOAWAY_FIXED;
    if (debug.size)
        memcpy(goaway->debug, debug.at, debug.size);
}

static void take_window_update(struct h2 *h2, unsigned side,
                               const struct h2_frame *frame,
                               struct span payload)
{
    struct reader reader = reader_on(payload);
    uint32_t size = read_be32(&reader) & 0x7fffffff;
    struct h2_stream *stream = NULL;

    if (size == 0)
        h2->facts.strange++; /* RFC 9113, 6.9: an error */
    if (frame->stream) {
        stream = h2_streams_find(&h2->streams, frame->stream);
        if (!stream)
            return;
    }
    h2_streams_credit(&h2->streams, stream, 1 - side, size, h2->now.at);
}

static void take_nothing(struct h2 *h2, unsigned side,
                         const struct h2_frame *frame, struct span payload)
{
    (void)h2;
    (void)side;
    (void)frame;
    (void)payload;
}

/* To read another type: its function, and a row here. */
static void (*const take[])(struct h2 *h2, unsigned side,
                            const struct h2_frame *frame,
                            struct span payload) = {
    [H2_DATA] = take_data_frame,
    [H2_HEADERS] = h2_take_headers,
    [H2_PRIORITY] = take_nothing,
    [H2_RST_STREAM] = take_rst_stream,
    [H2_SETTINGS] = take_settings,
    [H2_PUSH_PROMISE] = h2_take_push_promise,
    [H2_PING] = take_ping,
    [H2_GOAWAY] = take_goaway,
    [H2_WINDOW_UPDATE] = take_window_update,
    [H2_CONTINUATION] = h2_take_continuation,
};

static_assert(sizeof take / sizeof *take == H2_TYPE_COUNT,
              "every frame type has its taker");

void h2_take_frame(struct h2 *h2, unsigned side, const struct h2_frame *frame,
                   struct span payload)
{
    if (frame->type < H2_TYPE_COUNT)
        take[frame->type](h2, side, frame, payload);
}
