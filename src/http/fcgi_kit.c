#include "http/fcgi_kit.h"

struct listener {
    struct text told;
    uint64_t body[2];
};

static void write_head(struct text *told, const struct http_head *head)
{
    if (head->status)
        text_addf(told, "%d", head->status);
    else
        text_addf(told, "%.*s %.*s", (int)head->method.size,
                  (const char *)head->method.at, (int)head->target.size,
                  (const char *)head->target.at);
    if (head->framing == FRAMING_LENGTH)
        text_addf(told, " length %d", (int)head->length);
    text_add(told, head->closes ? " closes" : "");
}

static void write_event(struct listener *listener,
                        const struct http_event *event)
{
    struct text *told = &listener->told;

    if (event->head)
        write_head(told, event->head);
    else if (event->kind == HTTP_REQUEST_END ||
             event->kind == HTTP_RESPONSE_END)
        text_addf(told, "end %d", (int)listener->body[event->side]);
    else if (event->kind == HTTP_LOST)
        text_addf(told, "lost %d", (int)event->size);
    else if (event->kind == HTTP_FAULT)
        text_add(told,
                 event->fault->kind == FAULT_FIELD ? "bad field" : "no head");
    else if (event->kind == HTTP_BROKEN)
        text_add(told, "broken");
    else
        text_addf(told, "kind %d", (int)event->kind);
}

static void take_event(void *context, struct conn *conn,
                       const struct http_event *event)
{
    struct listener *listener = context;

    (void)conn;
    assert_true(event->is_fastcgi);
    switch (event->kind) {
    case HTTP_REQUEST_START:
    case HTTP_RESPONSE_START:
        listener->body[event->side] = 0;
        break;
    case HTTP_REQUEST_BYTES:
    case HTTP_RESPONSE_BYTES:
        listener->body[event->side] += event->body;
        break;
    case HTTP_SKIPPED:
        listener->body[event->side] += event->size;
        break;
    default:
        text_addf(&listener->told, "%c %d ", event->side ? '<' : '>',
                  (int)event->stream);
        write_event(listener, event);
        text_add(&listener->told, "\n");
        break;
    }
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    (void)context;
    (void)conn;
    (void)side;
}

static void take_over(void *context, struct conn *conn, enum conn_ending ending,
                      const struct http_facts *facts)
{
    struct text *told = &((struct listener *)context)->told;

    (void)conn;
    (void)ending;
    text_addf(told, "over %s", http_protocol_name(facts->protocol));
    if (facts->broken)
        text_addf(told, " broken %d", (int)facts->broken);
    text_add(told, "\n");
}

static size_t write_record(const struct fcgi_sent *step,
                           uint8_t out[static RECORD_ROOM])
{
    size_t size = step->size;
    size_t all;

    if (step->cut || !size)
        size = strlen(step->content);
    if (!step->type) {
        memcpy(out, step->content, size);
        return size;
    }
    assert_true(size + step->padding + 8 < RECORD_ROOM);
    out[0] = 1;
    out[1] = step->type;
    out[2] = 0;
    out[3] = step->id == 255 ? 0 : step->id ? step->id : 1;
    out[4] = (uint8_t)(size >> 8);
    out[5] = (uint8_t)size;
    out[6] = step->padding;
    out[7] = 0;
    memcpy(out + 8, step->content, size);
    memset(out + 8 + size, 'p', step->padding);
    all = 8 + size + step->padding;
    return step->cut ? step->size : all;
}

static void give(const struct tcp_sink *sink, struct conn *conn, unsigned side,
                 struct chunk *next, struct span bytes)
{
    next->at.frame++;
    next->at.time += NANOS_PER_MILLI;
    next->bytes = bytes;
    if (bytes.at)
        sink->data(sink->context, conn, side, next);
    else
        sink->gap(sink->context, conn, side, next);
    next->offset += bytes.size;
}

static void give_step(const struct tcp_sink *sink, struct conn *conn,
                      const struct fcgi_sent *step, struct chunk *next,
                      bool bytewise)
{
    unsigned side = step->from == '<';
    uint8_t room[RECORD_ROOM];
    struct span bytes = {NULL, step->size};

    if (step->content) {
        bytes.size = write_record(step, room);
        bytes.at = room;
    }
    while (bytewise && bytes.at && bytes.size > 1) {
        give(sink, conn, side, &next[side], span_head(bytes, 1));
        bytes = span_skip(bytes, 1);
    }
    give(sink, conn, side, &next[side], bytes);
}

void check_fcgi_talk(const struct fcgi_talk *talk, bool bytewise)
{
    static const struct http_options options;
    struct listener listener = {.body = {0}};
    const struct http_sink sink = {&listener, take_event, take_acked, take_over,
                                   NULL};
    struct http *http = http_new(&options, &sink);
    struct tcp_sink tcp = http_tcp_sink(http);
    struct chunk next[2] = {{.offset = CONN_ORIGIN + 1},
                            {.offset = CONN_ORIGIN + 1}};
    struct conn *conn = calloc(1, sizeof *conn);

    assert_non_null(conn);
    conn->endpoint[1].port = 9000;
    conn->flow[0].syn.frame = !talk->joined;
    conn->flow[1].syn.frame = !talk->joined;
    text_init(&listener.told, 4000);
    for (size_t i = 0; i < STEPS_MOST && talk->step[i].from; i++)
        give_step(&tcp, conn, &talk->step[i], next, bytewise);
    tcp.over(tcp.context, conn, CONN_STILL_OPEN);
    http_free(http);
    free(conn);
    if (strcmp(text_string(&listener.told), talk->told) != 0)
        fail_msg("%s%s:\n%s-- instead of\n%s", talk->name,
                 bytewise ? ", byte by byte" : "", text_string(&listener.told),
                 talk->told);
    text_release(&listener.told);
}
