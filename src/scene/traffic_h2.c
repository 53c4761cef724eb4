#include "scene/traffic_h2.h"

#include "base/bytes.h"

#include <assert.h>

enum {
    BURST_MAX = 1 << 19,
    STREAMS_MAX = 4,
    ROUNDS_MAX = 4, /* DATA frames of a response */
    WINDOW = 1 << 20,
    PATH_SIZE = 48,
    FIELDS_MAX = 8,
    BLOCK_MAX = 1024
};

enum {
    REQUESTS,
    RESPONSES,
    ENCODERS
};

/* RFC 9113, 6. */
enum {
    TYPE_DATA = 0,
    TYPE_HEADERS = 1,
    TYPE_SETTINGS = 4,
    TYPE_PING = 6,
    TYPE_WINDOW_UPDATE = 8,
    FLAG_END_STREAM = 1,
    FLAG_ACK = 1,
    FLAG_END_HEADERS = 4,
    SETTING_INITIAL_WINDOW = 4,
    SETTING_SIZE = 6,
    PING_SIZE = 8
};

static void free_encoders(struct traffic_h2 *h2)
{
    for (unsigned i = 0; i < ENCODERS; i++) {
        if (h2->encoder[i])
            nghttp2_hd_deflate_del(h2->encoder[i]);
        h2->encoder[i] = NULL;
    }
}

void traffic_h2_begin(struct traffic_h2 *h2)
{
    free_encoders(h2);
    for (unsigned i = 0; i < ENCODERS; i++) {
        int status = nghttp2_hd_deflate_new(&h2->encoder[i],
                                            NGHTTP2_DEFAULT_HEADER_TABLE_SIZE);

        assert(status == 0);
    }
    if (!h2->next_stream) {
        text_init(&h2->request, BURST_MAX);
        text_init(&h2->response, BURST_MAX);
        text_init(&h2->pong, BURST_MAX);
    }
    h2->next_stream = 1;
    h2->greeted = 0;
    h2->uncredited[0] = 0;
    h2->uncredited[1] = 0;
}

void traffic_h2_release(struct traffic_h2 *h2)
{
    free_encoders(h2);
    text_release(&h2->request);
    text_release(&h2->response);
    text_release(&h2->pong);
}

static void put_head(struct text *text, uint32_t size, unsigned type,
                     unsigned flags, uint32_t stream)
{
    put_u8(text, size >> 16);
    put_be16(text, size);
    put_u8(text, type);
    put_u8(text, flags);
    put_be32(text, stream);
}

static void put_settings(struct text *text)
{
    put_head(text, SETTING_SIZE, TYPE_SETTINGS, 0, 0);
    put_be16(text, SETTING_INITIAL_WINDOW);
    put_be32(text, WINDOW);
    put_head(text, 4, TYPE_WINDOW_UPDATE, 0, 0);
    put_be32(text, WINDOW);
}

/* Gives back what has come since the last time. */
static void put_credit(struct text *text, uint32_t *uncredited)
{
    if (*uncredited == 0)
        return;
    put_head(text, 4, TYPE_WINDOW_UPDATE, 0, 0);
    put_be32(text, *uncredited);
    *uncredited = 0;
}

struct field {
    const char *name;
    const char *value; /* the last has none */
};

/* A part is the requests or the responses. */
static void put_headers(struct traffic_h2 *h2, unsigned part, unsigned flags,
                        uint32_t stream, const struct field *field)
{
    struct text *text = part == REQUESTS ? &h2->request : &h2->response;
    nghttp2_nv nv[FIELDS_MAX];
    uint8_t block[BLOCK_MAX];
    size_t fields = 0;
    ssize_t size;

    for (; field->value; field++) {
        assert(fields < FIELDS_MAX);
        nv[fields++] = (nghttp2_nv){(uint8_t *)(uintptr_t)field->name,
                                    (uint8_t *)(uintptr_t)field->value,
                                    strlen(field->name), strlen(field->value),
                                    NGHTTP2_NV_FLAG_NONE};
    }
    size = nghttp2_hd_deflate_hd(h2->encoder[part], block, sizeof block, nv,
                                 fields);
    assert(size > 0);
    put_head(text, (uint32_t)size, TYPE_HEADERS, flags | FLAG_END_HEADERS,
             stream);
    text_add_bytes(text, (struct span){block, (size_t)size});
}

static uint32_t put_data(struct text *text, struct traffic_out *out,
                         unsigned flags, uint32_t stream)
{
    uint32_t size = traffic_draw_spread(out, 20, 1400);

    put_head(text, size, TYPE_DATA, flags, stream);
    text_add_bytes(text, (struct span){(const uint8_t *)out->filler, size});
    return size;
}

/* Protocol buffers, encoding: seven bits a byte, the lowest first. */
static void put_varint(struct text *text, uint32_t value)
{
    for (; value > 0x7f; value >>= 7)
        put_u8(text, (value & 0x7f) | 0x80);
    put_u8(text, value);
}

/* A message in DATA: not compressed, its length, a protobuf of one string. */
static uint32_t put_message(struct traffic_h2 *h2, struct text *text,
                            struct traffic_out *out, unsigned flags,
                            uint32_t stream)
{
    uint32_t size = h2->tiny ? traffic_draw_even(out, 4, 120)
                             : traffic_draw_spread(out, 160, 14000);
    uint32_t all = size + (size > 0x7f ? 3 : 2);

    put_head(text, 5 + all, TYPE_DATA, flags, stream);
    put_u8(text, 0);
    put_be32(text, all);
    put_u8(text, 0x0a);
    put_varint(text, size);
    text_add_bytes(text, (struct span){(const uint8_t *)out->filler, size});
    return 5 + all;
}

static void ask(struct traffic_h2 *h2, struct traffic_out *out, bool grpc,
                uint32_t stream)
{
    char path[PATH_SIZE];
    const struct field get[] = {
        {":method",    "GET"         },
        {":scheme",    "http"        },
        {":authority", "shop.example"},
        {":path",      path          },
        {"user-agent", "mkbench"     },
        {"accept",     "*/*"         },
        {NULL,         NULL          },
    };
    const struct field call[] = {
        {":method",      "POST"            },
        {":scheme",      "http"            },
        {":authority",   "shop.example"    },
        {":path",        path              },
        {"content-type", "application/grpc"},
        {"user-agent",   "mkbench"         },
        {"te",           "trailers"        },
        {"grpc-timeout", "10S"             },
        {NULL,           NULL              },
    };

    (void)snprintf(path, sizeof path, grpc ? "/shop.Items/Get%u" : "/item/%u",
                   traffic_draw(out) % 1000);
    put_headers(h2, REQUESTS, grpc ? 0 : FLAG_END_STREAM, stream,
                grpc ? call : get);
    if (grpc)
        h2->uncredited[1] +=
            put_message(h2, &h2->request, out, FLAG_END_STREAM, stream);
}

static void answer_head(struct traffic_h2 *h2, bool grpc, uint32_t stream)
{
    const struct field head[] = {
        {":status",      "200"                                   },
        {"content-type", grpc ? "application/grpc" : "text/plain"},
        {NULL,           NULL                                    },
    };

    put_headers(h2, RESPONSES, 0, stream, head);
}

static void answer_trailer(struct traffic_h2 *h2, uint32_t stream)
{
    static const struct field trailer[] = {
        {"grpc-status",  "0" },
        {"grpc-message", ""  },
        {NULL,           NULL},
    };

    put_headers(h2, RESPONSES, FLAG_END_STREAM, stream, trailer);
}

static void flush(struct traffic_h2 *h2)
{
    assert(h2->flushes < TRAFFIC_H2_FLUSHES_MAX);
    h2->flush[h2->flushes++] = h2->response.size;
}

size_t traffic_h2_flush(const struct traffic_h2 *h2, size_t done)
{
    for (unsigned i = 0; i < h2->flushes; i++) {
        if (h2->flush[i] > done)
            return h2->flush[i] - done;
    }
    return h2->response.size - done;
}

/* A stream's turn to send a DATA frame. */
struct turn {
    uint32_t stream;
    bool first;
    bool last;
};

static void answer_turn(struct traffic_h2 *h2, struct traffic_out *out,
                        bool grpc, struct turn turn)
{
    unsigned flags = turn.last && !grpc ? FLAG_END_STREAM : 0;
    struct text *to = &h2->response;

    if (turn.first)
        answer_head(h2, grpc, turn.stream);
    h2->uncredited[0] += grpc ? put_message(h2, to, out, flags, turn.stream)
                              : put_data(to, out, flags, turn.stream);
    /* a stream's end is told when its handler returns */
    if (grpc && turn.last && !turn.first)
        flush(h2);
    if (grpc && turn.last)
        answer_trailer(h2, turn.stream);
    flush(h2);
}

/* Of four bursts of calls three are unary, as most calls are. */
static uint32_t rounds_of(struct traffic_out *out, bool grpc)
{
    if (grpc && traffic_draw(out) % 4)
        return 1;
    return traffic_draw_even(out, 1, ROUNDS_MAX);
}

static void answer(struct traffic_h2 *h2, struct traffic_out *out, bool grpc,
                   uint32_t streams)
{
    uint32_t rounds = rounds_of(out, grpc);
    uint32_t first = h2->next_stream;

    for (uint32_t i = 0; i < rounds * streams; i++)
        answer_turn(h2, out, grpc,
                    (struct turn){.stream = first + 2 * (i % streams),
                                  .first = i < streams,
                                  .last = i >= (rounds - 1) * streams});
}

/* The server asks how long a round trip takes; the client's answer waits. */
static void put_ping(struct traffic_h2 *h2)
{
    static const uint8_t opaque[PING_SIZE] = {2, 4, 16, 16, 9, 14, 7, 7};
    const struct span bytes = {opaque, sizeof opaque};

    put_head(&h2->response, PING_SIZE, TYPE_PING, 0, 0);
    text_add_bytes(&h2->response, bytes);
    put_head(&h2->pong, PING_SIZE, TYPE_PING, FLAG_ACK, 0);
    text_add_bytes(&h2->pong, bytes);
    flush(h2);
}

void traffic_h2_ask(struct traffic_h2 *h2, struct traffic_out *out, bool grpc)
{
    uint32_t streams = traffic_draw_even(out, 1, STREAMS_MAX);

    text_clear(&h2->request);
    text_clear(&h2->response);
    text_clear(&h2->pong);
    h2->flushes = 0;
    if (h2->greeted == 0) {
        text_add(&h2->request, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        put_settings(&h2->request);
        put_settings(&h2->response);
        put_head(&h2->response, 0, TYPE_SETTINGS, FLAG_ACK, 0);
    }
    if (h2->greeted == 1)
        put_head(&h2->request, 0, TYPE_SETTINGS, FLAG_ACK, 0);
    h2->greeted++;
    put_credit(&h2->request, &h2->uncredited[0]);
    for (uint32_t i = 0; i < streams; i++)
        ask(h2, out, grpc, h2->next_stream + 2 * i);
    put_credit(&h2->response, &h2->uncredited[1]);
    if (grpc)
        put_ping(h2);
    answer(h2, out, grpc, streams);
    h2->next_stream += 2 * streams;
}
