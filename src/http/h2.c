#include "http/h2_inner.h"

#include "base/arena.h"
#include "http/h2_base64.h"

#include <stdlib.h>

/* RFC 9113, 3.4. */
enum {
    PREFACE_SIZE = sizeof "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" - 1
};

static void take_frame(void *context, unsigned side,
                       const struct h2_frame *frame, struct span payload)
{
    h2_take_frame(context, side, frame, payload);
}

/* Of a DATA frame under way only that bytes came: it counts when it is whole.
 * On a slow path that takes a while. */
/* Padding would stand between messages: nobody pads gRPC. */
static void count_messages(struct h2_stream *stream, unsigned side,
                           const struct h2_frame *frame, struct span bytes)
{
    if (frame->flags & H2_PADDED)
        bytes.at = NULL;
    h2_grpc_take(&stream->grpc[side], bytes);
}

static void take_data_bytes(void *context, unsigned side,
                            const struct h2_frame *frame, struct span bytes)
{
    struct h2 *h2 = context;
    struct h2_stream *stream;

    if (h2->direction[side].cutter.left == 0 && !h2->has_grpc)
        return;
    stream = h2_streams_find(&h2->streams, frame->stream);
    if (!stream || !stream->head[side])
        return;
    if (stream->is_grpc)
        count_messages(stream, side, frame, bytes);
    if (h2->direction[side].cutter.left > 0)
        h2_say(h2, stream, side,
               &(struct http_event){.kind = h2_is_client(h2, side)
                                                ? HTTP_REQUEST_BYTES
                                                : HTTP_RESPONSE_BYTES});
}

/* After the upgrade the HTTP/1 request is stream 1, whole (RFC 7540, 3.2). */
static void open_upgraded(struct h2 *h2)
{
    struct h2_stream *stream = h2_streams_add(&h2->streams, 1);

    stream->begun[h2->client] = true;
    stream->head[h2->client] = true;
    stream->ended[h2->client] = true;
    h2->direction[h2->client].preface_left = PREFACE_SIZE;
    /* HTTP2-Settings may have said more than the default */
    h2->streams.known[1 - h2->client] = false;
}

void h2_upgrade(struct h2 *h2, const struct h2_upgrade *from,
                const struct chunk *at)
{
    struct h2_stream *stream = h2_streams_find(&h2->streams, 1);
    uint8_t bytes[H2_SETTINGS_SIZE];
    struct span settings = h2_read_base64url(from->settings, bytes);

    h2->now = *at;
    h2->streams.known[h2->client] = true;
    if (settings.size) {
        h2->streams.known[1 - h2->client] = true;
        h2_take_first_settings(h2, settings);
    }
    h2_say(h2, stream, 1 - h2->client,
           &(struct http_event){.kind = HTTP_UPGRADED, .code = from->request});
}

struct h2 *h2_new(const struct http_sink *sink, struct conn *conn,
                  unsigned client, enum h2_start start)
{
    struct h2 *h2 = must_calloc(1, sizeof *h2);

    h2->sink = sink;
    h2->conn = conn;
    h2->client = (uint8_t)client;
    h2->facts.joined = start == H2_JOINED;
    h2->frames = (struct h2_frame_sink){.context = h2,
                                        .frame = take_frame,
                                        .data = take_data_bytes};
    h2_streams_init(&h2->streams, start == H2_PREFACE);
    h2_told_init(&h2->told);
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
    h2_told_release(&h2->told);
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

/* From here on neither windows nor tables are known, nor what became of the
 * streams that are open. */
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
    /* those before one that was open at an earlier loss were, too */
    for (struct h2_stream *s = h2->streams.newest; s && !s->lost;
         s = s->older) {
        s->lost = true;
        h2_say(h2, s, side, &(struct http_event){.kind = HTTP_LOST});
    }
}

void h2_data(struct h2 *h2, unsigned side, const struct chunk *chunk)
{
    struct h2_direction *d = &h2->direction[side];
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
    struct h2_direction *d = &h2->direction[side];
    size_t size = gap->bytes.size;
    bool whole = size <= d->preface_left;

    h2->now = *gap;
    h2->now.offset += size;
    d->preface_left = whole ? (uint8_t)(d->preface_left - size) : 0;
    /* what the preface says is known without it */
    if (!whole && !h2_cutter_skip(&d->cutter, size))
        lose(h2, side);
}

void h2_close(struct h2 *h2)
{
    for (struct h2_stream *s = h2->streams.oldest; s; s = s->newer)
        h2_say_windows(h2, s, h2->client,
                       &(struct http_event){.kind = HTTP_STILL_OPEN});
}

void h2_tell(const struct h2 *h2, struct http_facts *facts)
{
    facts->protocol = PROTOCOL_HTTP2;
    facts->h2 = h2->facts;
    facts->h2.open = h2->streams.open;
}
