#include "http/h1_messages.h"

#include "base/arena.h"
#include "http/head.h"

#include <stdlib.h>

/*
 * Requests are numbered as they begin; `answered` is the last one whose
 * response is done. What an answer must know of its request is kept as one
 * bit each for the latest PIPELINED_KEPT of them, from the first HEAD or
 * CONNECT on. The model follows no more requests at once: what it says of a
 * connection on which more wait is in doubt anyway.
 */
enum {
    PIPELINED_KEPT = 1024,
    BITS = 64
};

struct methods {
    uint64_t head[PIPELINED_KEPT / BITS];
    uint64_t connect[PIPELINED_KEPT / BITS];
};

/* How far into a 400's body it is looked for what that port expects. */
enum {
    BAD_REQUEST_LIMIT = 1024
};

void h1_messages_init(struct h1_messages *messages,
                      const struct http_sink *sink, struct conn *conn)
{
    *messages = (struct h1_messages){.sink = sink, .conn = conn};
    text_init(&messages->bad_request, BAD_REQUEST_LIMIT);
    text_init(&messages->h2_settings, HEAD_VALUE_LIMIT);
}

void h1_messages_release(struct h1_messages *messages)
{
    text_release(&messages->bad_request);
    text_release(&messages->h2_settings);
    free(messages->methods);
}

static uint64_t bit(uint64_t stream)
{
    return UINT64_C(1) << (stream % BITS);
}

static size_t word(uint64_t stream)
{
    return stream % PIPELINED_KEPT / BITS;
}

static bool is_head(const struct h1_messages *messages, uint64_t stream)
{
    return messages->methods &&
           (messages->methods->head[word(stream)] & bit(stream));
}

static bool is_connect(const struct h1_messages *messages, uint64_t stream)
{
    return messages->methods &&
           (messages->methods->connect[word(stream)] & bit(stream));
}

/*
 * The number of the message that begins. After a loss responses may be
 * missing: the next one is taken for the answer to the latest request, which
 * is right unless requests were pipelined across the loss.
 */
uint64_t h1_begin_message(struct h1_messages *messages, bool is_request,
                          bool after_loss)
{
    if (is_request)
        return ++messages->requests;
    if (after_loss) {
        if (messages->requests > messages->answered)
            messages->answered = messages->requests - 1;
        return 0;
    }
    return messages->answered < messages->requests ? messages->answered + 1 : 0;
}

void h1_request_head(struct h1_messages *messages, uint64_t stream,
                     uint8_t method)
{
    if (!messages->methods && (method == HTTP_HEAD || method == HTTP_CONNECT))
        messages->methods = must_calloc(1, sizeof *messages->methods);
    if (messages->methods) {
        messages->methods->head[word(stream)] &= ~bit(stream);
        messages->methods->connect[word(stream)] &= ~bit(stream);
        if (method == HTTP_HEAD)
            messages->methods->head[word(stream)] |= bit(stream);
        if (method == HTTP_CONNECT)
            messages->methods->connect[word(stream)] |= bit(stream);
    }
}

void h1_note_version(struct h1_messages *messages, const llhttp_t *parser)
{
    messages->major = parser->http_major;
    messages->minor = parser->http_minor;
}

/* RFC 9112, 6.3, rules 1 and 2. */
bool h1_answers_without_body(const struct h1_messages *messages,
                             uint64_t stream, uint16_t status)
{
    if (status == 204 || status == 304)
        return true;
    if (stream == 0)
        return false;
    return is_head(messages, stream) ||
           (is_connect(messages, stream) && status / 100 == 2);
}

bool h1_asked_connect(const struct h1_messages *messages)
{
    return messages->answered && is_connect(messages, messages->answered);
}

/* RFC 9110, 7.8 and 9.3.6: after these the connection is no HTTP/1 any more. */
static void open_tunnel(struct h1_messages *messages,
                        const struct http_event *ended)
{
    struct http_event event = *ended;

    event.kind = HTTP_TUNNEL;
    messages->tunnel = true;
    messages->opaque = true;
    h1_say(messages, &event);
}

void h1_response_ended(struct h1_messages *messages,
                       const struct http_event *ended, uint16_t status)
{
    if (ended->stream)
        messages->answered = ended->stream;
    if (status == 101 || (ended->stream && status / 100 == 2 &&
                          is_connect(messages, ended->stream)))
        open_tunnel(messages, ended);
}

void h1_becomes_h2(struct h1_messages *messages)
{
    messages->is_h2 = true;
    messages->opaque = true;
}

void h1_say(const struct h1_messages *messages, const struct http_event *event)
{
    messages->sink->event(messages->sink->context, messages->conn, event);
}

void h1_keep_settings(struct h1_messages *messages, struct span settings)
{
    text_clear(&messages->h2_settings);
    if (settings.size)
        text_add_bytes(&messages->h2_settings, settings);
}

void h1_broken(struct h1_messages *messages)
{
    messages->broken++;
}

/*
 * What Go (net/http server.go), nginx (ngx_http_special_response.c) and
 * Apache (mod_ssl) say to plain HTTP on a TLS port.
 */
void h1_bad_request_body(struct h1_messages *messages, struct span body)
{
    static const char *const words[] = {
        "HTTP request to an HTTPS server",
        "plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port",
    };

    text_add_bytes(&messages->bad_request, body);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strstr(text_string(&messages->bad_request), words[i]))
            messages->told_tls_port = true;
    }
}
