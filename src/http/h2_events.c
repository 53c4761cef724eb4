/* What happens on a stream, as events; and streams as they come and go. */
#include "http/h2_inner.h"

bool h2_is_client(const struct h2 *h2, unsigned side)
{
    return side == h2->client;
}

void h2_say(struct h2 *h2, struct h2_stream *stream, unsigned side,
            struct http_event *event)
{
    event->side = side;
    event->stream = stream->id;
    event->at = h2->now.at;
    event->offset = h2->now.offset;
    event->slot = &stream->model;
    h2->sink->event(h2->sink->context, h2->conn, event);
}

void h2_say_windows(struct h2 *h2, struct h2_stream *stream, unsigned side,
                    struct http_event *event)
{
    struct h2_windows windows = h2_streams_windows(&h2->streams, stream);

    event->windows = &windows;
    h2_say(h2, stream, side, event);
}

/* The side has sent its last on the stream. */
void h2_end_side(struct h2 *h2, struct h2_stream *stream, unsigned side)
{
    struct http_event event = {.kind = h2_is_client(h2, side)
                                           ? HTTP_REQUEST_END
                                           : HTTP_RESPONSE_END,
                               .windows_lost = !h2->streams.known[side]};

    if (stream->ended[side])
        return;
    h2_streams_end(&h2->streams, stream, side, h2->now.at);
    if (h2_streams_were_blocked(&h2->streams, stream))
        h2_say_windows(h2, stream, side, &event);
    else
        h2_say(h2, stream, side, &event);
    if (stream->ended[0] && stream->ended[1])
        h2_streams_remove(&h2->streams, stream);
}

struct h2_stream *h2_open_stream(struct h2 *h2, uint32_t id)
{
    struct h2_stream *stream;

    if (h2_streams_was_closed(&h2->streams, id, !h2->facts.joined))
        return NULL;
    stream = h2_streams_add(&h2->streams, id);
    if (!stream) {
        h2->facts.dropped++;
        return NULL;
    }
    if (h2->streams.open > h2->facts.most)
        h2->facts.most = h2->streams.open;
    h2_say(h2, stream, h2->client,
           &(struct http_event){.kind = HTTP_REQUEST_START});
    return stream;
}

/* A stream whose request the capture does not have. */
struct h2_stream *h2_join_stream(struct h2 *h2, uint32_t id)
{
    struct h2_stream *stream = h2_open_stream(h2, id);

    if (!stream)
        return NULL;
    h2_streams_begin(&h2->streams, stream, h2->client, h2->now.at);
    h2_say(h2, stream, h2->client, &(struct http_event){.kind = HTTP_LOST});
    return stream;
}
