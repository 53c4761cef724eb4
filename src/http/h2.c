#include "http/h2.h"

#include "base/arena.h"
#include "base/reader.h"
#include "http/h2_frame.h"
#include "http/h2_head.h"
#include "http/h2_stream.h"

#include <assert.h>
#include <stdlib.h>

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum {
    PREFACE_SIZE = sizeof preface - 1
};

/* RFC 9113, 6.5.2. */
enum {
    SETTINGS_HEADER_TABLE_SIZE = 1,
    SETTINGS_MAX_CONCURRENT_STREAMS = 3,
    SETTINGS_INITIAL_WINDOW_SIZE = 4
};

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
struct direction {
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
    struct direction direction[2];
    struct h2_streams streams;
    struct h2_fields fields;
    struct h2_facts facts;
    struct chunk now; /* what is being read; no bytes */
    uint8_t client;
};

/* ---- what is said ------------------------------------------------------ */

static bool is_client(const struct h2 *h2, unsigned side)
{
    return side == h2->client;
}

static void say(struct h2 *h2, struct h2_stream *stream, unsigned side,
                struct http_event event)
{
    event.side = side;
    event.stream = stream->id;
    event.at = h2->now.at;
    event.offset = h2->now.offset;
    event.slot = &stream->model;
    h2->sink->event(h2->sink->context, h2->conn, &event);
}

static void say_ledger(struct h2 *h2, struct h2_stream *stream, unsigned side,
                       struct http_event event)
{
    struct h2_ledger ledger = h2_streams_ledger(&h2->streams, stream);

    event.ledger = &ledger;
    say(h2, stream, side, event);
}

/* The side has sent its last on the stream. */
static void end_side(struct h2 *h2, struct h2_stream *stream, unsigned side)
{
    bool request = is_client(h2, side);

    if (stream->ended[side])
        return;
    h2_streams_end(&h2->streams, stream, side, h2->now.at);
    say_ledger(h2, stream, side,
               (struct http_event){.kind = request ? HTTP_REQUEST_END
                                                   : HTTP_RESPONSE_END});
    if (stream->ended[0] && stream->ended[1])
        h2_streams_remove(&h2->streams, stream);
}

/* ---- streams ----------------------------------------------------------- */

static struct h2_stream *open_stream(struct h2 *h2, uint32_t id)
{
    struct h2_stream *stream = h2_streams_add(&h2->streams, id);

    if (!stream) {
        h2->facts.dropped++;
        return NULL;
    }
    h2->facts.streams++;
    if (h2->streams.open > h2->facts.most)
        h2->facts.most = h2->streams.open;
    say(h2, stream, h2->client,
        (struct http_event){.kind = HTTP_REQUEST_START});
    return stream;
}

/* A stream whose request the capture does not have. */
static struct h2_stream *join_stream(struct h2 *h2, uint32_t id)
{
    struct h2_stream *stream = open_stream(h2, id);

    if (!stream)
        return NULL;
    h2_streams_begin(&h2->streams, stream, h2->client, h2->now.at);
    say(h2, stream, h2->client, (struct http_event){.kind = HTTP_LOST});
    return stream;
}

static void take_request_head(struct h2 *h2, struct h2_stream *stream,
                              struct http_head *head)
{
    stream->head[h2->client] = true;
    say(h2, stream, h2->client,
        (struct http_event){.kind = HTTP_REQUEST_HEAD, .head = head});
}

static void take_response_head(struct h2 *h2, struct h2_stream *stream,
                               struct http_head *head, bool known)
{
    unsigned server = 1u - h2->client;
    bool interim = known && head->status / 100 == 1;

    if (stream->head[server]) {
        say(h2, stream, server,
            (struct http_event){.kind = HTTP_TRAILER, .head = head});
        return;
    }
    if (interim) {
        say(h2, stream, server,
            (struct http_event){.kind = HTTP_INTERIM, .head = head});
        return;
    }
    stream->head[server] = true;
    say(h2, stream, server, (struct http_event){.kind = HTTP_RESPONSE_START});
    say(h2, stream, server,
        (struct http_event){.kind = HTTP_RESPONSE_HEAD, .head = head});
}

/* ---- header blocks ----------------------------------------------------- */

/* RFC 9113, 6.6: the server asks itself, in the client's place. */
static void take_promise(struct h2 *h2, uint32_t promised,
                         struct http_head *head)
{
    struct h2_stream *stream = h2_streams_find(&h2->streams, promised);

    if (stream)
        return;
    stream = open_stream(h2, promised);
    if (!stream)
        return;
    h2_streams_begin(&h2->streams, stream, h2->client, h2->now.at);
    take_request_head(h2, stream, head);
    end_side(h2, stream, h2->client);
}

static void finish_block(struct h2 *h2, unsigned side)
{
    struct direction *d = &h2->direction[side];
    struct h2_stream *stream = h2_streams_find(&h2->streams, d->block_stream);
    bool known = h2_decoder_read(&d->decoder, &h2->fields);
    bool ends = d->block_flags & H2_END_STREAM;
    uint32_t id = d->block_stream;
    uint64_t size = H2_HEAD_SIZE + d->block_size;
    struct http_head head;

    h2_fields_tell(&h2->fields, &head);
    d->block_stream = 0;
    if (d->promised) {
        take_promise(h2, d->promised, &head);
        return;
    }
    if (!stream)
        stream =
            is_client(h2, side) ? open_stream(h2, id) : join_stream(h2, id);
    if (!stream)
        return;
    h2_streams_begin(&h2->streams, stream, side, h2->now.at);
    if (!is_client(h2, side))
        take_response_head(h2, stream, &head, known);
    else if (!stream->head[side])
        take_request_head(h2, stream, &head);
    say(h2, stream, side,
        (struct http_event){.kind = is_client(h2, side) ? HTTP_REQUEST_BYTES
                                                        : HTTP_RESPONSE_BYTES,
                            .size = size});
    if (ends)
        end_side(h2, stream, side);
}

/* Cuts padding and the priority fields off (RFC 9113, 6.2). */
static struct span block_part(const struct h2_frame *frame, struct span payload,
                              size_t ahead)
{
    struct reader reader = reader_on(payload);
    uint8_t padding = 0;

    if (frame->flags & H2_PADDED)
        padding = read_u8(&reader);
    read_skip(&reader, ahead);
    if (frame->type == H2_HEADERS && (frame->flags & H2_PRIORITISED))
        read_skip(&reader, 5);
    if (reader.overrun || padding > reader.rest.size)
        return (struct span){payload.at, 0};
    return span_head(reader.rest, reader.rest.size - padding);
}

static void add_to_block(struct h2 *h2, unsigned side,
                         const struct h2_frame *frame, struct span part)
{
    struct direction *d = &h2->direction[side];

    if (frame->length > H2_GATHER_LIMIT)
        d->decoder.lost = true;
    text_add_bytes(&d->decoder.block, part);
    d->block_size += frame->length;
    if (frame->flags & H2_END_HEADERS)
        finish_block(h2, side);
}

static void take_headers(struct h2 *h2, unsigned side,
                         const struct h2_frame *frame, struct span payload)
{
    struct direction *d = &h2->direction[side];

    if (d->block_stream)
        d->decoder.lost = true; /* RFC 9113, 4.3: blocks do not interleave */
    text_clear(&d->decoder.block);
    d->block_size = 0;
    d->block_stream = frame->stream;
    d->block_flags = frame->flags;
    d->promised = 0;
    add_to_block(h2, side, frame, block_part(frame, payload, 0));
}

static void take_push_promise(struct h2 *h2, unsigned side,
                              const struct h2_frame *frame, struct span payload)
{
    struct direction *d = &h2->direction[side];
    struct reader reader = reader_on(payload);

    if (frame->flags & H2_PADDED)
        read_skip(&reader, 1);
    if (d->block_stream)
        d->decoder.lost = true;
    text_clear(&d->decoder.block);
    d->block_size = 0;
    d->block_stream = frame->stream;
    d->block_flags = 0;
    d->promised = read_be32(&reader) & 0x7fffffff;
    add_to_block(h2, side, frame, block_part(frame, payload, 4));
}

static void take_continuation(struct h2 *h2, unsigned side,
                              const struct h2_frame *frame, struct span payload)
{
    if (h2->direction[side].block_stream != frame->stream) {
        h2->facts.strange++;
        return;
    }
    add_to_block(h2, side, frame, payload);
}

/* ---- the other frames -------------------------------------------------- */

static void take_data_frame(struct h2 *h2, unsigned side,
                            const struct h2_frame *frame, struct span payload)
{
    struct h2_stream *stream = h2_streams_find(&h2->streams, frame->stream);
    uint64_t padding = 0;

    if ((frame->flags & H2_PADDED) && payload.size)
        padding = 1u + payload.at[0];
    if (!stream && h2->facts.joined)
        stream = join_stream(h2, frame->stream);
    h2_streams_send(&h2->streams, stream, side, frame, h2->now.at);
    if (!stream)
        return;
    say(h2, stream, side,
        (struct http_event){
            .kind =
                is_client(h2, side) ? HTTP_REQUEST_BYTES : HTTP_RESPONSE_BYTES,
            .size = frame->length,
            .body = frame->length > padding ? frame->length - padding : 0});
    if (frame->flags & H2_END_STREAM)
        end_side(h2, stream, side);
}

static void take_rst_stream(struct h2 *h2, unsigned side,
                            const struct h2_frame *frame, struct span payload)
{
    struct h2_stream *stream = h2_streams_find(&h2->streams, frame->stream);
    struct reader reader = reader_on(payload);
    uint32_t code = read_be32(&reader);

    if (!stream && h2->facts.joined)
        stream = join_stream(h2, frame->stream);
    if (!stream)
        return;
    say_ledger(h2, stream, side,
               (struct http_event){.kind = HTTP_RESET, .code = code});
    h2_streams_end(&h2->streams, stream, 0, h2->now.at);
    h2_streams_end(&h2->streams, stream, 1, h2->now.at);
    h2_streams_remove(&h2->streams, stream);
}

/* What this side had sent is in force for what the other one sends. */
static void apply_settings(struct h2 *h2, unsigned by)
{
    struct direction *other = &h2->direction[1 - by];
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
                   !is_client(h2, side)) {
            h2->streams.limit = value;
            h2->facts.limit = value;
        }
    }
    return settings;
}

static void take_settings(struct h2 *h2, unsigned side,
                          const struct h2_frame *frame, struct span payload)
{
    struct direction *d = &h2->direction[side];
    struct settings settings;

    if (frame->flags & H2_ACK) {
        apply_settings(h2, side);
        return;
    }
    h2->facts.settings[side]++;
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
    h2->facts.pings[side]++;
    h2->facts.ping[side] = h2->now.at;
}

static void take_goaway(struct h2 *h2, unsigned side,
                        const struct h2_frame *frame, struct span payload)
{
    struct h2_goaway *goaway = &h2->facts.goaway[side];
    struct reader reader = reader_on(payload);
    struct span debug;

    (void)frame;
    if (!mark_is_set(goaway->at))
        h2->facts.first_goaway[side] = h2->now.at;
    *goaway = (struct h2_goaway){.at = h2->now.at};
    goaway->last_stream = read_be32(&reader) & 0x7fffffff;
    goaway->code = read_be32(&reader);
    debug = span_head(reader.rest, sizeof goaway->debug);
    goaway->debug_size = (uint8_t)debug.size;
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
    [H2_HEADERS] = take_headers,
    [H2_PRIORITY] = take_nothing,
    [H2_RST_STREAM] = take_rst_stream,
    [H2_SETTINGS] = take_settings,
    [H2_PUSH_PROMISE] = take_push_promise,
    [H2_PING] = take_ping,
    [H2_GOAWAY] = take_goaway,
    [H2_WINDOW_UPDATE] = take_window_update,
    [H2_CONTINUATION] = take_continuation,
};

static_assert(sizeof take / sizeof *take == H2_TYPE_COUNT,
              "every frame type has its taker");

static void take_frame(void *context, unsigned side,
                       const struct h2_frame *frame, struct span payload)
{
    if (frame->type < H2_TYPE_COUNT)
        take[frame->type](context, side, frame, payload);
}

/* Progress inside a DATA frame: only that bytes came is told before its end. */
static void take_data_bytes(void *context, unsigned side,
                            const struct h2_frame *frame, uint64_t size)
{
    (void)context;
    (void)side;
    (void)frame;
    (void)size;
}

/* ---- the connection ---------------------------------------------------- */

/* After the upgrade the HTTP/1 request is stream 1, whole (RFC 7540, 3.2). */
static void open_upgraded(struct h2 *h2)
{
    struct h2_stream *stream = h2_streams_add(&h2->streams, 1);

    h2->facts.streams++;
    stream->begun[h2->client] = true;
    stream->head[h2->client] = true;
    stream->ended[h2->client] = true;
    h2->direction[h2->client].preface_left = PREFACE_SIZE;
    /* HTTP2-Settings may have said more than the default */
    h2->streams.known[1 - h2->client] = false;
}

struct h2 *h2_new(const struct http_sink *sink, struct conn *conn,
                  unsigned client, enum h2_start start)
{
    struct h2 *h2 = must_calloc(1, sizeof *h2);

    h2->sink = sink;
    h2->conn = conn;
    h2->client = (uint8_t)client;
    h2->facts.limit = H2_NO_LIMIT;
    h2->facts.joined = start == H2_JOINED;
    h2->frames = (struct h2_frame_sink){.context = h2,
                                        .frame = take_frame,
                                        .data = take_data_bytes};
    h2_streams_init(&h2->streams, start == H2_PREFACE);
    h2_fields_init(&h2->fields);
    for (unsigned side = 0; side < 2; side++) {
        h2_cutter_init(&h2->direction[side].cutter, &h2->frames, side);
        h2_decoder_init(&h2->direction[side].decoder);
        if (start == H2_JOINED) {
            h2->direction[side].cutter.lost = true;
            h2->direction[side].decoder.lost = true;
        }
    }
    if (start == H2_PREFACE)
        h2->direction[client].preface_left = PREFACE_SIZE;
    if (start == H2_UPGRADED)
        open_upgraded(h2);
    return h2;
}

void h2_free(struct h2 *h2)
{
    if (!h2)
        return;
    for (unsigned side = 0; side < 2; side++) {
        h2_cutter_release(&h2->direction[side].cutter);
        h2_decoder_release(&h2->direction[side].decoder);
    }
    h2_streams_release(&h2->streams);
    h2_fields_release(&h2->fields);
    free(h2);
}

bool h2_looks_like_frames(struct span bytes)
{
    unsigned frames = 0;

    while (bytes.size >= H2_HEAD_SIZE) {
        struct h2_frame frame = h2_frame_read(bytes.at);

        if (!h2_frame_is_plausible(&frame) || frame.type >= H2_TYPE_COUNT ||
            frame.length > H2_GATHER_LIMIT)
            return false;
        frames++;
        if (bytes.size - H2_HEAD_SIZE < frame.length)
            return frames > 1;
        bytes = span_skip(bytes, H2_HEAD_SIZE + frame.length);
    }
    return frames > 0 && bytes.size == 0;
}

void h2_begin_frames(struct h2 *h2, unsigned side)
{
    struct h2_cutter *cutter = &h2->direction[side].cutter;

    cutter->lost = false;
    cutter->head_size = 0;
    cutter->gathered_size = 0;
}

/* From here on neither windows nor tables are known. */
static void lose(struct h2 *h2, unsigned side)
{
    h2->direction[side].decoder.lost = true;
    h2->direction[side].block_stream = 0;
    h2->streams.known[0] = false;
    h2->streams.known[1] = false;
    h2->facts.joined = true;
    h2->sink->event(h2->sink->context, h2->conn,
                    &(struct http_event){.kind = HTTP_LOST,
                                         .side = side,
                                         .at = h2->now.at,
                                         .offset = h2->now.offset});
}

void h2_data(struct h2 *h2, unsigned side, const struct chunk *chunk)
{
    struct direction *d = &h2->direction[side];
    struct span bytes = chunk->bytes;
    size_t skip = d->preface_left < bytes.size ? d->preface_left : bytes.size;

    h2->now = *chunk;
    h2->now.offset += bytes.size;
    bytes = span_skip(bytes, skip);
    d->preface_left = (uint8_t)(d->preface_left - skip);
    if (d->cutter.lost && bytes.size && h2_looks_like_frames(bytes))
        h2_begin_frames(h2, side);
    if (bytes.size && !d->cutter.lost && !h2_cutter_take(&d->cutter, bytes)) {
        h2->facts.strange++;
        lose(h2, side);
    }
}

void h2_gap(struct h2 *h2, unsigned side, const struct chunk *gap)
{
    h2->now = *gap;
    h2->now.offset += gap->bytes.size;
    if (!h2_cutter_skip(&h2->direction[side].cutter, gap->bytes.size))
        lose(h2, side);
}

void h2_close(struct h2 *h2)
{
    h2->facts.open = h2->streams.open;
    for (size_t i = 0; i < H2_BUCKETS; i++) {
        for (struct h2_stream *s = h2->streams.bucket[i]; s; s = s->next)
            say_ledger(h2, s, h2->client,
                       (struct http_event){.kind = HTTP_LEDGER});
    }
}

void h2_tell(const struct h2 *h2, struct http_facts *facts)
{
    facts->protocol = PROTOCOL_HTTP2;
    facts->h2 = h2->facts;
    facts->major = 2;
}
