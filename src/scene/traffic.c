/*
 * Each connection is a chain of phases. A phase writes one packet and says
 * which one follows and when; a heap by time interleaves the connections.
 *
 *   SYN -> SYN_ACK -> OPENED -> REQUEST -> [REQUEST_ACK] -> RESPONSE --+
 *    ^                             ^                          ^  |     |
 *    |                             |                RESPONSE_ACK<+     |
 *    |                             +---- next exchange ----------------+
 *    |                                                                 |
 *    +---------- FIN_ACK <-- FIN_BACK <-- FIN <------------------------+
 */
#include "scene/traffic.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "scene/traffic_h2.h"
#include "scene/traffic_packet.h"

#include <stdlib.h>

enum {
    CONNECTIONS = 500,
    CLIENTS = 50,
    SERVERS = 4,
    FIRST_PORT = 32768,
    HTTP_SIZE = 512,
    HTTP_PORT = 80,
    HTTP2_PORT = 8080
};

enum phase {
    PHASE_SYN,
    PHASE_SYN_ACK,
    PHASE_OPENED,
    PHASE_REQUEST,
    PHASE_REQUEST_ACK,
    PHASE_RESPONSE,
    PHASE_RESPONSE_ACK,
    PHASE_FIN,
    PHASE_FIN_BACK,
    PHASE_FIN_ACK,
    PHASE_COUNT
};

/* How the exchange under way will go. */
enum fate {
    FATE_WELL,
    FATE_SILENT, /* the server waits, then closes without a byte */
    FATE_CUT     /* the server closes in the midst of the body */
};

/* [0] is the client, [1] the server. */
struct link {
    nanos at; /* when its phase is due */
    nanos round_trip;
    enum phase phase;
    enum fate fate;
    struct traffic_end end[2];
    unsigned closer; /* which end sends the first FIN */
    unsigned exchanges_left;
    unsigned unacknowledged; /* segments */
    uint32_t body_size;
    uint32_t response_left; /* bytes to send; 0 before and after */
    uint32_t response_cut;  /* HTTP/2: bytes that are never sent */
    struct traffic_h2 h2;
};

struct traffic {
    struct traffic_out out;
    enum traffic_kind kind;
    uint32_t routes;
    struct traffic_host client[CLIENTS];
    struct traffic_host server[SERVERS];
    struct link link[CONNECTIONS];
    struct link *heap[CONNECTIONS];
};

static bool is_grpc(const struct traffic *traffic)
{
    return traffic->kind == TRAFFIC_GRPC || traffic->kind == TRAFFIC_GRPC_TINY;
}

static bool is_h2(const struct traffic *traffic)
{
    return traffic->kind == TRAFFIC_H2 || is_grpc(traffic);
}

static void begin_link(struct traffic *traffic, struct link *link)
{
    struct traffic_out *out = &traffic->out;
    struct traffic_host *client = &traffic->client[traffic_draw(out) % CLIENTS];
    struct traffic_host *server = &traffic->server[traffic_draw(out) % SERVERS];
    uint16_t port = is_h2(traffic) ? HTTP2_PORT : HTTP_PORT;

    if (traffic->routes)
        server = &traffic->server[0];

    if (client->next_port < FIRST_PORT)
        client->next_port = FIRST_PORT;
    link->end[0] =
        (struct traffic_end){client, client->next_port++, traffic_draw(out), 0,
                             traffic_draw(out)};
    link->end[1] = (struct traffic_end){server, port, traffic_draw(out), 0,
                                        traffic_draw(out)};
    link->exchanges_left = traffic_draw_even(out, 12, 40);
    link->round_trip = traffic_draw_spread(out, 200, 40000) * TRAFFIC_MICRO;
    link->closer = 0;
    if (is_h2(traffic))
        traffic_h2_begin(&link->h2);
}

static void send(struct traffic *traffic, struct link *link, unsigned side,
                 unsigned flags, struct traffic_payload payload)
{
    const struct traffic_packet packet = {
        .at = link->at,
        .from = &link->end[side],
        .into = &link->end[!side],
        .flags = flags,
        .payload = payload,
    };

    traffic_send(&traffic->out, &packet);
}

/* "/item", or a word of letters for a number that chance has drawn. */
static const char *draw_path(struct traffic *traffic, char text[static 16])
{
    size_t at = 15;
    uint32_t number;

    if (!traffic->routes)
        return "/item";
    number = traffic_draw_spread(&traffic->out, 1, traffic->routes);
    text[at] = '\0';
    while (number) {
        text[--at] = (char)('a' + number % 26);
        number /= 26;
    }
    text[--at] = '/';
    return text + at;
}

static void send_request(struct traffic *traffic, struct link *link)
{
    struct traffic_out *out = &traffic->out;
    bool small = traffic->kind == TRAFFIC_SMALL;
    uint32_t lot = traffic_draw(out) % 1000;
    struct traffic_payload payload = {.filler_size = 0};
    char text[HTTP_SIZE];
    char room[16];

    link->fate = lot < 2 ? FATE_SILENT : lot < 5 ? FATE_CUT : FATE_WELL;
    link->exchanges_left--;
    link->response_left = 0;
    link->unacknowledged = 0;
    if (is_h2(traffic)) {
        link->h2.tiny = traffic->kind == TRAFFIC_GRPC_TINY;
        traffic_h2_ask(&link->h2, out, is_grpc(traffic));
        payload.text = text_span(&link->h2.request);
    } else {
        const char *path = draw_path(traffic, room);
        int size = snprintf(text, HTTP_SIZE,
                            "GET %s/%u HTTP/1.1\r\nHost: shop.example\r\n"
                            "User-Agent: mkbench\r\nAccept: */*\r\n%s\r\n",
                            path, traffic_draw(out) % 1000,
                            small ? ""
                                  : "Accept-Encoding: identity\r\n"
                                    "X-Request-Id: 6fd1c2b0-7c3e-4a55\r\n");

        link->body_size = small ? traffic_draw_even(out, 8, 80)
                                : traffic_draw_spread(out, 200, 200000);
        payload.text = (struct span){(const uint8_t *)text, (size_t)size};
    }
    while (payload.text.size > TRAFFIC_SEGMENT_SIZE) {
        struct traffic_payload part = {
            .text = span_head(payload.text, TRAFFIC_SEGMENT_SIZE)};

        send(traffic, link, 0, TRAFFIC_ACK, part);
        payload.text = span_skip(payload.text, TRAFFIC_SEGMENT_SIZE);
    }
    send(traffic, link, 0, TRAFFIC_PSH | TRAFFIC_ACK, payload);
}

static uint32_t segment_of(const struct link *link)
{
    return link->response_left < TRAFFIC_SEGMENT_SIZE ? link->response_left
                                                      : TRAFFIC_SEGMENT_SIZE;
}

/* One segment of what is left to say. */
static void send_segment(struct traffic *traffic, struct link *link,
                         struct traffic_payload payload)
{
    link->response_left -= (uint32_t)payload.text.size + payload.filler_size;
    link->unacknowledged++;
    send(traffic, link, 1,
         link->response_left ? TRAFFIC_ACK : TRAFFIC_PSH | TRAFFIC_ACK,
         payload);
}

/* The first segment begins with the header. */
static void send_response(struct traffic *traffic, struct link *link)
{
    struct traffic_out *out = &traffic->out;
    struct traffic_payload payload = {.filler_size = 0};
    char text[HTTP_SIZE];

    if (link->response_left == 0) {
        int header = snprintf(text, HTTP_SIZE,
                              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                              "Content-Length: %u\r\n\r\n",
                              link->body_size);

        payload.text = (struct span){(const uint8_t *)text, (size_t)header};
        link->response_left = (uint32_t)header + link->body_size;
        if (link->fate == FATE_CUT)
            link->response_left -= traffic_draw_even(out, 1, link->body_size);
    }
    payload.filler_size = segment_of(link) - (uint32_t)payload.text.size;
    send_segment(traffic, link, payload);
}

static void send_h2_response(struct traffic *traffic, struct link *link)
{
    struct span all = text_span(&link->h2.response);
    struct traffic_payload payload = {.filler_size = 0};
    size_t done;

    if (link->response_left == 0) {
        link->response_left = (uint32_t)all.size;
        link->response_cut = 0;
        if (link->fate == FATE_CUT)
            link->response_cut =
                traffic_draw_even(&traffic->out, 1, (uint32_t)all.size - 1);
        link->response_left -= link->response_cut;
    }
    done = all.size - link->response_cut - link->response_left;
    payload.text = span_head(span_skip(all, done), segment_of(link));
    payload.text = span_head(payload.text, traffic_h2_flush(&link->h2, done));
    send_segment(traffic, link, payload);
}

/*
 * What each phase sends besides a request or a response. The side is the
 * client's 0 or the server's 1; the closing phases count from the closer.
 */
static const struct bare {
    unsigned side;
    unsigned flags;
} bare[PHASE_COUNT] = {
    [PHASE_SYN] = {0, TRAFFIC_SYN              },
    [PHASE_SYN_ACK] = {1, TRAFFIC_SYN | TRAFFIC_ACK},
    [PHASE_OPENED] = {0, TRAFFIC_ACK              },
    [PHASE_REQUEST_ACK] = {1, TRAFFIC_ACK              },
    [PHASE_RESPONSE_ACK] = {0, TRAFFIC_ACK              },
    [PHASE_FIN] = {0, TRAFFIC_FIN | TRAFFIC_ACK},
    [PHASE_FIN_BACK] = {1, TRAFFIC_FIN | TRAFFIC_ACK},
    [PHASE_FIN_ACK] = {0, TRAFFIC_ACK              },
};

static void send_packet(struct traffic *traffic, struct link *link)
{
    const struct bare *row = &bare[link->phase];
    struct traffic_payload payload = {.filler_size = 0};

    if (link->phase == PHASE_REQUEST) {
        send_request(traffic, link);
        return;
    }
    if (link->phase == PHASE_RESPONSE) {
        if (is_h2(traffic))
            send_h2_response(traffic, link);
        else
            send_response(traffic, link);
        return;
    }
    if (link->phase == PHASE_SYN)
        begin_link(traffic, link);
    link->unacknowledged = 0;
    if (link->phase == PHASE_RESPONSE_ACK)
        payload.text = text_span(&link->h2.pong);
    send(traffic, link,
         link->phase < PHASE_FIN ? row->side : row->side ^ link->closer,
         row->flags, payload);
    text_clear(&link->h2.pong);
}

/* What follows the ACK that a response's end got. */
static enum phase after_exchange(struct traffic *traffic, struct link *link,
                                 nanos *wait)
{
    *wait = 30 * TRAFFIC_MICRO;
    if (link->fate == FATE_CUT) {
        link->closer = 1;
        return PHASE_FIN;
    }
    if (link->exchanges_left == 0)
        return PHASE_FIN;
    *wait = traffic_draw_spread(&traffic->out, 20000, 8000000) * TRAFFIC_MICRO;
    return PHASE_REQUEST;
}

static enum phase next_phase(struct traffic *traffic, struct link *link,
                             nanos *wait)
{
    *wait = 12 * TRAFFIC_MICRO;
    switch (link->phase) {
    case PHASE_REQUEST:
        *wait = link->round_trip;
        if (traffic->kind == TRAFFIC_SMALL || link->fate == FATE_SILENT)
            return PHASE_REQUEST_ACK;
        *wait += traffic_draw_spread(&traffic->out, 300, 80000) * TRAFFIC_MICRO;
        return PHASE_RESPONSE;
    case PHASE_REQUEST_ACK:
        *wait = traffic_draw_spread(&traffic->out, 300, 80000) * TRAFFIC_MICRO;
        if (link->fate != FATE_SILENT)
            return PHASE_RESPONSE;
        *wait = 10 * NANOS_PER_SECOND;
        link->closer = 1;
        return PHASE_FIN;
    case PHASE_RESPONSE:
        return link->response_left == 0 || link->unacknowledged == 2 ||
                       link->h2.pong.size
                   ? PHASE_RESPONSE_ACK
                   : PHASE_RESPONSE;
    case PHASE_RESPONSE_ACK:
        if (link->response_left > 0)
            return PHASE_RESPONSE;
        return after_exchange(traffic, link, wait);
    case PHASE_FIN_ACK:
        *wait = traffic_draw_even(&traffic->out, 1, 100) * NANOS_PER_MILLI;
        return PHASE_SYN;
    default:
        if (link->phase != PHASE_OPENED)
            *wait = link->round_trip;
        return link->phase + 1;
    }
}

/* The one on top has moved to a later time: puts it where it belongs now. */
static void sink_top(struct link **heap)
{
    struct link *sinking = heap[0];
    size_t at = 0;

    while (2 * at + 1 < CONNECTIONS) {
        size_t below = 2 * at + 1;

        if (below + 1 < CONNECTIONS && heap[below + 1]->at < heap[below]->at)
            below++;
        if (heap[below]->at >= sinking->at)
            break;
        heap[at] = heap[below];
        at = below;
    }
    heap[at] = sinking;
}

static void begin(struct traffic *traffic, FILE *file)
{
    traffic_begin(&traffic->out, file);
    for (uint32_t i = 0; i < CLIENTS; i++)
        traffic->client[i].address = 0x0a010001 + i;
    for (uint32_t i = 0; i < SERVERS; i++)
        traffic->server[i].address = 0x0a020001 + i;
    /* Ascending times make a heap as they are. */
    for (size_t i = 0; i < CONNECTIONS; i++) {
        traffic->link[i].at = TRAFFIC_START + (nanos)i * NANOS_PER_MILLI;
        traffic->heap[i] = &traffic->link[i];
    }
}

bool traffic_write(const struct traffic_order *order, FILE *file)
{
    struct traffic *traffic = must_calloc(1, sizeof *traffic);
    bool good;

    traffic->kind = order->kind;
    traffic->routes = order->routes;
    begin(traffic, file);
    while (traffic->out.written < order->size && !ferror(file)) {
        struct link *link = traffic->heap[0];
        nanos wait;

        send_packet(traffic, link);
        link->phase = next_phase(traffic, link, &wait);
        link->at += wait;
        sink_top(traffic->heap);
    }
    good = fflush(file) == 0 && !ferror(file);
    for (size_t i = 0; i < CONNECTIONS; i++)
        traffic_h2_release(&traffic->link[i].h2);
    free(traffic);
    return good;
}
