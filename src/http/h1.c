#include "http/h1.h"

#include "base/arena.h"
#include "http/h1_direction.h"
#include "http/sniff.h"
#include "http/websocket.h"

#include <stdlib.h>

struct h1 {
    struct h1_direction direction[2]; /* by flow */
    struct h1_messages messages;
    struct websocket websocket[2]; /* by flow; once it is one */
    uint8_t client;
    bool in_tunnel; /* the client has sent something there */
};

struct h1 *h1_new(const struct http_sink *sink, struct conn *conn,
                  unsigned client, struct head **spare)
{
    struct h1 *h1 = must_calloc(1, sizeof *h1);
    struct h1_direction *direction = h1->direction;

    h1_messages_init(&h1->messages, sink, conn);
    h1->messages.spare = spare;
    h1->client = (uint8_t)client;
    h1_direction_init(&direction[client], &h1->messages, client, true);
    h1_direction_init(&direction[1 - client], &h1->messages, 1 - client, false);
    return h1;
}

void h1_free(struct h1 *h1)
{
    if (!h1)
        return;
    h1_direction_release(&h1->direction[0]);
    h1_direction_release(&h1->direction[1]);
    h1_messages_release(&h1->messages);
    free(h1);
}

static bool is_websocket(const struct h1 *h1)
{
    return h1->messages.tunnel && h1->messages.websocket;
}

size_t h1_data(struct h1 *h1, unsigned side, const struct chunk *chunk)
{
    size_t left = h1_direction_read(&h1->direction[side], chunk);

    if (left && is_websocket(h1))
        websocket_take(&h1->websocket[side],
                       span_skip(chunk->bytes, chunk->bytes.size - left),
                       chunk->at);
    return left;
}

void h1_gap(struct h1 *h1, unsigned side, const struct chunk *gap)
{
    if (is_websocket(h1))
        websocket_skip(&h1->websocket[side], gap->bytes.size);
    h1_direction_skip(&h1->direction[side], gap);
}

void h1_end(struct h1 *h1, unsigned side, struct mark at)
{
    h1_direction_end(&h1->direction[side], at);
}

void h1_lose(struct h1 *h1, unsigned side)
{
    h1->direction[side].state = H1_DIRECTION_LOST;
    h1->direction[side].doubted = true;
}

bool h1_carries_http(struct h1 *h1, unsigned side, const struct chunk *chunk)
{
    enum sniffed begins;

    if (!h1->messages.tunnel || h1->in_tunnel || side != h1->client)
        return false;
    h1->in_tunnel = true;
    if (!h1_asked_connect(&h1->messages))
        return false;
    begins = sniff(chunk->bytes);
    return begins == SNIFFED_REQUEST || begins == SNIFFED_H2_PREFACE;
}

uint64_t h1_requests(const struct h1 *h1)
{
    return h1->messages.requests;
}

void h1_count_on(struct h1 *h1, uint64_t requests)
{
    h1->messages.requests = requests;
    h1->messages.answered = requests;
}

bool h1_is_h2_now(const struct h1 *h1)
{
    return h1->messages.is_h2;
}

struct h2_upgrade h1_upgrade(const struct h1 *h1)
{
    const struct text *settings = &h1->messages.h2_settings;
    bool cut = settings->size >= HEAD_VALUE_LIMIT;

    return (struct h2_upgrade){
        .request = (uint32_t)(h1->messages.answered + 1),
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
    facts->broken = h1->messages.broken;
    facts->minor = h1->messages.minor;
    facts->tunnel = h1->messages.tunnel;
    facts->in_tunnel = (struct tunnel_facts){
        .is_websocket = is_websocket(h1),
        .lost = h1->websocket[0].lost || h1->websocket[1].lost,
        .close = {h1->websocket[0].close, h1->websocket[1].close}
    };
    facts->in_orphan = is_in_orphan(&h1->direction[1 - h1->client]);
    facts->told_tls_port = h1->messages.told_tls_port;
}
