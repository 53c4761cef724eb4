/* Header blocks: requests, responses, trailers and promises. */
#include "http/h2_inner.h"

#include "base/reader.h"

static void look_for_grpc(struct h2 *h2, struct h2_stream *stream,
                          const struct http_head *head)
{
    stream->is_grpc |= span_starts_with(head->content_type, "application/grpc");
    h2->has_grpc |= stream->is_grpc;
}

static void take_request_head(struct h2 *h2, struct h2_stream *stream,
                              const struct http_head *head)
{
    stream->head[h2->client] = true;
    look_for_grpc(h2, stream, head);
    h2_say(h2, stream, h2->client,
           &(struct http_event){.kind = HTTP_REQUEST_HEAD, .head = head});
}

static void take_response_head(struct h2 *h2, struct h2_stream *stream,
                               const struct http_head *head, bool known)
{
    unsigned server = 1u - h2->client;
    bool interim = known && head->status / 100 == 1;

    if (stream->head[server]) {
        h2_say(h2, stream, server,
               &(struct http_event){.kind = HTTP_TRAILER, .head = head});
        return;
    }
    if (interim) {
        h2_say(h2, stream, server,
               &(struct http_event){.kind = HTTP_INTERIM, .head = head});
        return;
    }
    stream->head[server] = true;
    look_for_grpc(h2, stream, head);
    h2_say(h2, stream, server,
           &(struct http_event){.kind = HTTP_RESPONSE_START});
    h2_say(h2, stream, server,
           &(struct http_event){.kind = HTTP_RESPONSE_HEAD, .head = head});
}

/* RFC 9113, 6.6: the server asks itself, in the client's place. */
static void take_promise(struct h2 *h2, uint32_t promised,
                         const struct http_head *head)
{
    struct h2_stream *stream = h2_streams_find(&h2->streams, promised);

    if (stream)
        return;
    stream = h2_open_stream(h2, promised);
    if (!stream)
        return;
    h2_streams_begin(&h2->streams, stream, h2->client, h2->now.at);
    take_request_head(h2, stream, head);
    h2_end_side(h2, stream, h2->client);
}

static void finish_block(struct h2 *h2, unsigned side, struct span last)
{
    struct h2_direction *d = &h2->direction[side];
    struct h2_stream *stream = h2_streams_find(&h2->streams, d->block_stream);
    const struct http_head *head =
        h2_decoder_read(&d->decoder, last, &h2->told);
    bool ends = d->block_flags & H2_END_STREAM;
    uint32_t id = d->block_stream;
    uint64_t size = H2_HEAD_SIZE + d->block_size;

    d->block_stream = 0;
    if (d->promised) {
        take_promise(h2, d->promised, head);
        return;
    }
    if (!stream)
        stream = h2_is_client(h2, side) ? h2_open_stream(h2, id)
                                        : h2_join_stream(h2, id);
    if (!stream)
        return;
    h2_streams_begin(&h2->streams, stream, side, h2->now.at);
    if (!h2_is_client(h2, side))
        take_response_head(h2, stream, head, !d->decoder.lost);
    else if (!stream->head[side])
        take_request_head(h2, stream, head);
    /* an interim response is none of the response's bytes */
    if (stream->head[side])
        h2_say(h2, stream, side,
               &(struct http_event){.kind = h2_is_client(h2, side)
                                                ? HTTP_REQUEST_BYTES
                                                : HTTP_RESPONSE_BYTES,
                                    .size = size});
    if (ends)
        h2_end_side(h2, stream, side);
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
    struct h2_direction *d = &h2->direction[side];

    if (frame->length > H2_GATHER_LIMIT)
        d->decoder.lost = true;
    d->block_size += frame->length;
    if (frame->flags & H2_END_HEADERS)
        finish_block(h2, side, part);
    else
        text_add_bytes(&d->decoder.block, part);
}

void h2_take_headers(struct h2 *h2, unsigned side, const struct h2_frame *frame,
                     struct span payload)
{
    struct h2_direction *d = &h2->direction[side];

    if (d->block_stream)
        d->decoder.lost = true; /* RFC 9113, 4.3: blocks do not interleave */
    text_clear(&d->decoder.block);
    d->block_size = 0;
    d->block_stream = frame->stream;
    d->block_flags = frame->flags;
    d->promised = 0;
    add_to_block(h2, side, frame, block_part(frame, payload, 0));
}

void h2_take_push_promise(struct h2 *h2, unsigned side,
                          const struct h2_frame *frame, struct span payload)
{
    struct h2_direction *d = &h2->direction[side];
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

void h2_take_continuation(struct h2 *h2, unsigned side,
                          const struct h2_frame *frame, struct span payload)
{
    if (h2->direction[side].block_stream != frame->stream) {
        h2->facts.strange++;
        return;
    }
    add_to_block(h2, side, frame, payload);
}
