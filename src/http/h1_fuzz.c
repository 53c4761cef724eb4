/*
 * The input is a row of what tcp tells of one connection: a byte that says
 * what and on which side, two bytes of size, and for data as many bytes.
 *
 *     bits 0-1  0, 1 data, 2 a gap, 3 the side's end or an acknowledgement
 *     bit 2     the side
 *     bit 3     end, not acknowledgement
 *     bit 4     of the first: the SYNs were not seen
 *
 * As tcp has it, nothing comes behind a side's end.
 *
 * What the flows begin with decides what reads them: HTTP/1, HTTP/2, neither.
 */
#include "base/reader.h"
#include "http/http.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the events said so far. */
struct told {
    uint64_t request;   /* the highest stream begun */
    bool open[2];       /* HTTP/1: a message has begun and not ended, by side */
    uint64_t stream[2]; /* HTTP/1: which one */
    bool over;
    uint64_t slots; /* of HTTP/2's streams: any value to be kept */
};

static unsigned sum_of(struct span span)
{
    struct reader r = reader_on(span);
    unsigned sum = 0;

    while (r.rest.size)
        sum += read_u8(&r);
    return sum;
}

static void check_head(const struct http_head *head)
{
    (void)(sum_of(head->method) + sum_of(head->target) + sum_of(head->host) +
           sum_of(head->software) + sum_of(head->upgrade) +
           sum_of(head->content_type) + sum_of(head->grpc_message));
}

/* HTTP/1: messages of a side follow each other, and each begins once. */
static void check_order(struct told *told, const struct http_event *event)
{
    unsigned side = event->side;

    switch (event->kind) {
    case HTTP_REQUEST_START:
        assert(event->stream == told->request + 1);
        told->request = event->stream;
        told->open[side] = true;
        told->stream[side] = event->stream;
        break;
    case HTTP_RESPONSE_START:
        assert(event->stream <= told->request);
        told->open[side] = true;
        told->stream[side] = event->stream;
        break;
    case HTTP_REQUEST_HEAD:
    case HTTP_RESPONSE_HEAD:
    case HTTP_REQUEST_BYTES:
    case HTTP_RESPONSE_BYTES:
        assert(told->open[side] && told->stream[side] == event->stream);
        break;
    case HTTP_REQUEST_END:
    case HTTP_RESPONSE_END:
        assert(told->open[side] && told->stream[side] == event->stream);
        told->open[side] = false;
        break;
    default:
        break;
    }
}

static void take_event(void *context, struct conn *conn,
                       const struct http_event *event)
{
    struct told *told = context;

    (void)conn;
    assert(!told->over);
    assert(event->kind < HTTP_EVENT_KIND_COUNT);
    assert(event->side < 2);
    assert(event->body <= event->size || event->kind == HTTP_RESPONSE_END ||
           event->kind == HTTP_REQUEST_END);
    if (event->head)
        check_head(event->head);
    if (event->slot)
        *event->slot = &told->slots;
    else
        check_order(told, event);
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    const struct told *told = context;

    (void)conn;
    assert(!told->over && side < 2);
}

static void take_over(void *context, struct conn *conn, enum conn_ending ending,
                      const struct http_facts *facts)
{
    struct told *told = context;

    (void)conn;
    (void)ending;
    assert(!told->over);
    assert(facts->protocol < PROTOCOL_COUNT);
    assert(facts->first_size[0] <= HTTP_FIRST_KEPT);
    assert(facts->first_size[1] <= HTTP_FIRST_KEPT);
    told->over = true;
}

static void tell_one(const struct tcp_sink *sink, struct conn *conn,
                     struct reader *r, uint64_t offset[static 2],
                     uint64_t frame)
{
    struct flow *flow;
    uint8_t what = read_u8(r);
    unsigned side = what >> 2 & 1;
    size_t size = read_be16(r);
    struct chunk chunk = {.offset = offset[side], .ack = offset[!side]};

    chunk.at.frame = frame & 0xffffffff;
    chunk.at.time = (nanos)frame * NANOS_PER_MILLI;
    conn->last = chunk.at;
    flow = &conn->flow[side];
    if ((what & 3) == 3 && what & 8) {
        if (flow->end_told)
            return;
        flow->end_told = true;
        sink->end(sink->context, conn, side, chunk.at);
        return;
    }
    if ((what & 3) == 3) {
        sink->acked(sink->context, conn, side);
        return;
    }
    chunk.bytes =
        (what & 3) == 2 ? (struct span){NULL, size} : span_head(r->rest, size);
    if (!chunk.bytes.size)
        return;
    if (chunk.bytes.at)
        read_skip(r, chunk.bytes.size);
    if (flow->end_told)
        return;
    offset[side] += chunk.bytes.size;
    if (chunk.bytes.at) {
        sink->data(sink->context, conn, side, &chunk);
    } else {
        sink->gap(sink->context, conn, side, &chunk);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct http_options options = {.port = {8080}, .ports = 1};
    struct told told = {0};
    const struct http_sink sink = {&told, take_event, take_acked, take_over,
                                   NULL};
    struct http *http = http_new(&options, &sink);
    struct tcp_sink tcp = http_tcp_sink(http);
    struct reader r = reader_on((struct span){data, size});
    uint64_t offset[2] = {CONN_ORIGIN + 1, CONN_ORIGIN + 1};
    struct conn *conn = calloc(1, sizeof *conn);
    uint64_t frame = 1;

    assert(conn);
    conn->endpoint[1].port = 80;
    if (size && !(data[0] & 0x10)) {
        conn->flow[0].syn.frame = 1;
        conn->flow[1].syn.frame = 1;
    }
    while (r.rest.size)
        tell_one(&tcp, conn, &r, offset, ++frame);
    tcp.over(tcp.context, conn, CONN_STILL_OPEN);
    assert(told.over && !conn->http);
    http_free(http);
    free(conn);
    return 0;
}
