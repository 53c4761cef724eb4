#include "http/h1_kit.h"

struct listener {
    struct text told;
    uint64_t body[2];
};

static void write_head(struct text *told, const struct http_event *event)
{
    static const char *const framing[] = {"", "length", " chunked", " close",
                                          " stream"};
    const struct http_head *head = event->head;

    if (head->status)
        text_addf(told, "%d", head->status);
    else
        text_addf(told, "%.*s %.*s", (int)head->method.size,
                  (const char *)head->method.at, (int)head->target.size,
                  (const char *)head->target.at);
    if (head->framing == FRAMING_LENGTH)
        text_addf(told, " length %d", (int)head->length);
    else
        text_add(told, framing[head->framing]);
    if (head->closes)
        text_add(told, " closes");
    if (head->expects_continue)
        text_add(told, " expects");
}

static const char *const fault_words[FAULT_KIND_COUNT] = {
    [FAULT_BEHIND] = "bytes behind it", [FAULT_START_LINE] = "bad start line",
    [FAULT_FIELD] = "bad field",        [FAULT_LENGTH] = "bad length",
    [FAULT_CHUNK] = "bad chunk",        [FAULT_LENIENT] = "obsolete form",
    [FAULT_NO_HEAD] = "no head",
};

static void write_event(struct listener *listener,
                        const struct http_event *event)
{
    struct text *told = &listener->told;

    switch (event->kind) {
    case HTTP_REQUEST_HEAD:
    case HTTP_RESPONSE_HEAD:
        write_head(told, event);
        break;
    case HTTP_INTERIM:
        text_addf(told, "interim %d", event->head->status);
        break;
    case HTTP_REQUEST_END:
    case HTTP_RESPONSE_END:
        text_addf(told, "end %d", (int)listener->body[event->side]);
        break;
    case HTTP_TUNNEL:
        text_add(told, "tunnel");
        break;
    case HTTP_LOST:
        text_addf(told, "lost %d", (int)event->size);
        break;
    case HTTP_SKIPPED:
        text_add(told, "skipped");
        listener->body[event->side] += event->size;
        break;
    case HTTP_FAULT:
        text_add(told, fault_words[event->fault->kind]);
        break;
    case HTTP_BROKEN:
        text_add(told, "broken");
        break;
    default:
        text_addf(told, "kind %d", (int)event->kind);
        break;
    }
}

static void take_event(void *context, struct conn *conn,
                       const struct http_event *event)
{
    struct listener *listener = context;

    (void)conn;
    switch (event->kind) {
    case HTTP_REQUEST_START:
    case HTTP_RESPONSE_START:
        listener->body[event->side] = 0;
        break;
    case HTTP_REQUEST_BYTES:
    case HTTP_RESPONSE_BYTES:
        listener->body[event->side] += event->body;
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
    if (facts->protocol == PROTOCOL_HTTP1)
        text_addf(told, "over http/1.%d", facts->minor);
    else
        text_addf(told, "over %s", http_protocol_name(facts->protocol));
    if (facts->tunnel)
        text_add(told, " tunnel");
    if (facts->broken)
        text_addf(told, " broken %d", (int)facts->broken);
    if (facts->told_tls_port)
        text_add(told, " tls-port");
    text_add(told, "\n");
}

static void give_step(const struct tcp_sink *sink, struct conn *conn,
                      const struct step *step, struct chunk *next)
{
    unsigned side = step->from == '<';
    struct chunk *chunk = &next[side];

    chunk->at.frame++;
    chunk->at.time += NANOS_PER_MILLI;
    if (step->data)
        chunk->bytes = span_of_text(step->data);
    else
        chunk->bytes = (struct span){NULL, step->gap};
    if (step->data)
        sink->data(sink->context, conn, side, chunk);
    else if (step->gap)
        sink->gap(sink->context, conn, side, chunk);
    else
        sink->end(sink->context, conn, side, chunk->at);
    chunk->offset += chunk->bytes.size;
}

/* The same in segments of one byte each. */
static void give_bytes(const struct tcp_sink *sink, struct conn *conn,
                       const struct step *step, struct chunk *next)
{
    for (const char *at = step->data; *at; at++) {
        const char byte[] = {*at, 0};
        const struct step one = {step->from, byte, 0};

        give_step(sink, conn, &one, next);
    }
}

void check_talk(const struct talk *talk, bool bytewise)
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
    conn->endpoint[1].port = 80;
    conn->flow[0].syn.frame = !talk->joined;
    conn->flow[1].syn.frame = !talk->joined;
    text_init(&listener.told, 4000);
    for (size_t i = 0; i < STEPS_MAX && talk->step[i].from; i++) {
        if (bytewise && talk->step[i].data)
            give_bytes(&tcp, conn, &talk->step[i], next);
        else
            give_step(&tcp, conn, &talk->step[i], next);
    }
    tcp.over(tcp.context, conn, CONN_STILL_OPEN);
    http_free(http);
    free(conn);
    if (strcmp(text_string(&listener.told), talk->told) != 0)
        fail_msg("%s%s:\n%s-- instead of\n%s", talk->name,
                 bytewise ? ", byte by byte" : "", text_string(&listener.told),
                 talk->told);
    text_release(&listener.told);
}
