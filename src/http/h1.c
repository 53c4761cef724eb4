#include "http/h1.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/h1_direction.h"

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

struct h1 {
    struct h1_direction direction[2]; /* by flow */
    const struct http_sink *sink;
    struct conn *conn;
    uint64_t requests;
    uint64_t answered;
    struct methods *methods; /* owned; by request number; NULL: never asked */
    uint64_t broken;
    uint8_t client;
    uint8_t major;
    uint8_t minor;
    bool tunnel;
    bool told_tls_port;
    struct text bad_request; /* the beginning of a 400's body */
    struct text h2_settings; /* of the latest request */
    bool is_h2;
};

struct h1 *h1_new(const struct http_sink *sink, struct conn *conn,
                  unsigned client)
{
    struct h1 *h1 = must_calloc(1, sizeof *h1);

    text_init(&h1->bad_request, BAD_REQUEST_LIMIT);
    text_init(&h1->h2_settings, HEAD_VALUE_LIMIT);
    h1->sink = sink;
    h1->conn = conn;
    h1->client = (uint8_t)client;
    h1_direction_init(&h1->direction[client], h1, client, true);
    h1_direction_init(&h1->direction[1 - client], h1, 1 - client, false);
    return h1;
}

void h1_free(struct h1 *h1)
{
    if (!h1)
        return;
    text_release(&h1->bad_request);
    text_release(&h1->h2_settings);
    free(h1->methods);
    h1_direction_release(&h1->direction[0]);
    h1_direction_release(&h1->direction[1]);
    free(h1);
}

static uint64_t bit(uint64_t stream)
{
    return UINT64_C(1) << (stream % BITS);
}

static size_t word(uint64_t stream)
{
    return stream % PIPELINED_KEPT / BITS;
}

static bool is_head(const struct h1 *h1, uint64_t stream)
{
    return h1->methods && (h1->methods->head[word(stream)] & bit(stream));
}

static bool is_connect(const struct h1 *h1, uint64_t stream)
{
    return h1->methods && (h1->methods->connect[word(stream)] & bit(stream));
}

/*
 * The number of the message that begins. After a loss responses may be
 * missing: the next one is taken for the answer to the latest request, which
 * is right unless requests were pipelined across the loss.
 */
uint64_t h1_begin_message(struct h1 *h1, bool is_request, bool after_loss)
{
    if (is_request)
        return ++h1->requests;
    if (after_loss) {
        if (h1->requests > h1->answered)
            h1->answered = h1->requests - 1;
        return 0;
    }
    return h1->answered < h1->requests ? h1->answered + 1 : 0;
}

void h1_request_head(struct h1 *h1, uint64_t stream, uint8_t method)
{
    if (!h1->methods && (method == HTTP_HEAD || method == HTTP_CONNECT))
        h1->methods = must_calloc(1, sizeof *h1->methods);
    if (h1->methods) {
        h1->methods->head[word(stream)] &= ~bit(stream);
        h1->methods->connect[word(stream)] &= ~bit(stream);
        if (method == HTTP_HEAD)
            h1->methods->head[word(stream)] |= bit(stream);
        if (method == HTTP_CONNECT)
            h1->methods->connect[word(stream)] |= bit(stream);
    }
    h1->major = h1->direction[h1->client].parser.http_major;
    h1->minor = h1->direction[h1->client].parser.http_minor;
}

/* RFC 9112, 6.3, rules 1 and 2. */
bool h1_answers_without_body(struct h1 *h1, uint64_t stream, uint16_t status)
{
    if (!h1->major) {
        h1->major = h1->direction[1 - h1->client].parser.http_major;
        h1->minor = h1->direction[1 - h1->client].parser.http_minor;
    }
    if (status == 204 || status == 304)
        return true;
    if (stream == 0)
        return false;
    return is_head(h1, stream) || (is_connect(h1, stream) && status / 100 == 2);
}

/* RFC 9110, 7.8 and 9.3.6: after these the connection is no HTTP/1 any more. */
static void open_tunnel(struct h1 *h1, const struct h1_direction *direction)
{
    struct http_event event = {.kind = HTTP_TUNNEL,
                               .side = direction->side,
                               .stream = direction->stream,
                               .at = direction->at,
                               .offset = direction->offset};

    h1->tunnel = true;
    h1->direction[0].state = H1_DIRECTION_OPAQUE;
    h1->direction[1].state = H1_DIRECTION_OPAQUE;
    h1_say(h1, &event);
}

void h1_finish_message(struct h1 *h1, const struct h1_direction *direction,
                       uint16_t status)
{
    if (direction->is_request || (direction->interim && status != 101))
        return;
    if (direction->interim) {
        h1->is_h2 = true;
        h1->direction[0].state = H1_DIRECTION_OPAQUE;
        h1->direction[1].state = H1_DIRECTION_OPAQUE;
        return;
    }
    if (direction->stream)
        h1->answered = direction->stream;
    if (status == 101 || (direction->stream && status / 100 == 2 &&
                          is_connect(h1, direction->stream)))
        open_tunnel(h1, direction);
}

void h1_say(struct h1 *h1, const struct http_event *event)
{
    h1->sink->event(h1->sink->context, h1->conn, event);
}

void h1_broken(struct h1 *h1)
{
    h1->broken++;
}

/*
 * What Go (net/http server.go), nginx (ngx_http_special_response.c) and
 * Apache (mod_ssl) say to plain HTTP on a TLS port.
 */
void h1_bad_request_body(struct h1 *h1, struct span body)
{
    static const char *const words[] = {
        "HTTP request to an HTTPS server",
        "plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port",
    };

    text_add_bytes(&h1->bad_request, body);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strstr(text_string(&h1->bad_request), words[i]))
            h1->told_tls_port = true;
    }
}

size_t h1_data(struct h1 *h1, unsigned side, const struct chunk *chunk)
{
    return h1_direction_read(&h1->direction[side], chunk);
}

void h1_gap(struct h1 *h1, unsigned side, const struct chunk *gap)
{
    h1_direction_skip(&h1->direction[side], gap);
}

void h1_end(struct h1 *h1, unsigned side, struct mark at)
{
    h1_direction_end(&h1->direction[side], at);
}

void h1_lose(struct h1 *h1, unsigned side)
{
    h1->direction[side].state = H1_DIRECTION_LOST;
}

void h1_keep_settings(struct h1 *h1, struct span settings)
{
    text_clear(&h1->h2_settings);
    text_add_bytes(&h1->h2_settings, settings);
}

bool h1_is_h2_now(const struct h1 *h1)
{
    return h1->is_h2;
}

struct h2_upgrade h1_upgrade(const struct h1 *h1)
{
    const struct text *settings = &h1->h2_settings;
    bool cut = settings->size >= HEAD_VALUE_LIMIT;

    return (struct h2_upgrade){
        .request = (uint32_t)(h1->answered + 1),
        .settings = {(const uint8_t *)text_string(settings),
                     cut ? 0 : settings->size}
    };
}

static bool is_in_orphan(const struct h1_direction *direction)
{
    return direction->in_message && direction->stream == 0;
}

void h1_tell(const struct h1 *h1, struct http_facts *facts)
{
    facts->protocol = PROTOCOL_HTTP1;
    facts->broken = h1->broken;
    facts->minor = h1->minor;
    facts->tunnel = h1->tunnel;
    facts->in_orphan = is_in_orphan(&h1->direction[1 - h1->client]);
    facts->told_tls_port = h1->told_tls_port;
}
