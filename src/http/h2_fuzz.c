/*
 * The input is a connection's bytes as tcp hands them over. The first byte
 * says how it begins; then a byte that says what and on which side, two bytes
 * of size, and for data as many bytes.
 *
 *     bit 0     the side
 *     bit 1     a gap
 */
#include "base/arena.h"
#include "base/reader.h"
#include "http/h2.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was said of a stream; its slot points here. */
struct told {
    struct told *older;
    uint64_t stream;
    bool ended[2];
    bool response;
    bool over;
};

struct listener {
    struct told *newest;
    uint64_t started;
    bool closing; /* the connection is over: only windows */
};

static void check_bytes(struct span span)
{
    struct reader r = reader_on(span);
    unsigned sum = 0;

    while (r.rest.size)
        sum += read_u8(&r);
    assert(sum <= 255 * span.size);
}

static void check_head(const struct http_head *head)
{
    check_bytes(head->method);
    check_bytes(head->target);
    check_bytes(head->host);
    check_bytes(head->software);
    check_bytes(head->upgrade);
    check_bytes(head->content_type);
    check_bytes(head->grpc_message);
    assert(head->grpc_timeout >= 0);
}

static void check_windows(const struct h2_windows *windows, struct mark now)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct h2_window *window = &windows->stream[side];

        assert(h2_window_longest(window, now) >= 0);
        assert(h2_window_longest(&windows->connection[side], now) >= 0);
        for (unsigned i = 1; i < H2_HOLDERS; i++)
            assert(windows->holder[side][i].unread <=
                   windows->holder[side][i - 1].unread);
    }
}

static void begin_stream(struct listener *listener,
                         const struct http_event *event)
{
    struct told *told = must_calloc(1, sizeof *told);

    assert(event->slot && !*event->slot);
    told->stream = event->stream;
    told->older = listener->newest;
    listener->newest = told;
    listener->started++;
    *event->slot = told;
}

static bool must_have_windows(enum http_event_kind kind)
{
    return kind == HTTP_RESET || kind == HTTP_STILL_OPEN;
}

/* An end has one where a window was used up. */
static bool may_have_windows(enum http_event_kind kind)
{
    return must_have_windows(kind) || kind == HTTP_REQUEST_END ||
           kind == HTTP_RESPONSE_END;
}

static void take_order(struct told *told, const struct http_event *event)
{
    switch (event->kind) {
    case HTTP_REQUEST_END:
        assert(!told->ended[0]);
        told->ended[0] = true;
        break;
    case HTTP_RESPONSE_START:
        assert(!told->response);
        told->response = true;
        break;
    case HTTP_RESPONSE_HEAD:
    case HTTP_TRAILER:
        assert(told->response);
        break;
    case HTTP_RESPONSE_END:
        assert(!told->ended[1]);
        told->ended[1] = true;
        break;
    default:
        break;
    }
    told->over =
        event->kind == HTTP_RESET || (told->ended[0] && told->ended[1]);
}

static void take_event(void *context, struct conn *conn,
                       const struct http_event *event)
{
    struct listener *listener = context;
    struct told *told;

    (void)conn;
    if (event->kind == HTTP_REQUEST_START) {
        begin_stream(listener, event);
        return;
    }
    if ((event->kind == HTTP_LOST || event->kind == HTTP_LATE_RESET) &&
        !event->slot)
        return;
    assert(event->slot);
    told = *event->slot;
    /* the stream of an upgraded request began as HTTP/1 */
    assert(told || event->stream == 1);
    if (event->head)
        check_head(event->head);
    assert(event->windows ? may_have_windows(event->kind)
                          : !must_have_windows(event->kind));
    if (event->windows)
        check_windows(event->windows, event->at);
    assert(!listener->closing || event->kind == HTTP_STILL_OPEN);
    if (!told)
        return;
    assert(told->stream == event->stream);
    assert(!told->over);
    take_order(told, event);
}

static void feed(struct h2 *h2, struct reader *r)
{
    struct chunk chunk = {.bytes = {0}};
    uint64_t offset[2] = {0};

    while (r->rest.size) {
        unsigned what = read_u8(r);
        unsigned side = what & 1;
        size_t size = read_be16(r);

        chunk.at.time += NANOS_PER_MILLI;
        chunk.at.frame++;
        chunk.offset = offset[side];
        if (what & 2) {
            chunk.bytes = (struct span){NULL, size};
            h2_gap(h2, side, &chunk);
        } else {
            chunk.bytes = span_head(r->rest, size);
            read_skip(r, chunk.bytes.size);
            h2_data(h2, side, &chunk);
        }
        offset[side] += chunk.bytes.size;
    }
}

static void check_facts(const struct h2 *h2, const struct listener *listener)
{
    struct http_facts facts = {.broken = 0};

    h2_tell(h2, &facts);
    assert(facts.protocol == PROTOCOL_HTTP2);
    assert(facts.h2.open <= listener->started + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_on((struct span){data, size});
    struct listener listener = {.newest = NULL};
    const struct http_sink sink = {.context = &listener, .event = take_event};
    unsigned first = read_u8(&r);
    struct h2 *h2 =
        h2_new(&sink, NULL, first & 1, (enum h2_start)(first / 2 % 3));

    feed(h2, &r);
    listener.closing = true;
    h2_close(h2);
    check_facts(h2, &listener);
    h2_free(h2);
    while (listener.newest) {
        struct told *told = listener.newest;

        listener.newest = told->older;
        free(told);
    }
    return 0;
}
