/*
 * Writes a classic pcap of about a given size: many keep-alive HTTP/1.1
 * connections at once, for measuring. The same arguments give the same bytes.
 *
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
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/nanos.h"

enum {
    CONNECTIONS = 500,
    CLIENTS = 50,
    SERVERS = 4,
    SEGMENT_SIZE = 1448,
    ETHERNET_SIZE = 14,
    PACKET_HEAD_SIZE = 66, /* Ethernet, IPv4, TCP with timestamps */
    SYN_EXTRA_SIZE = 8,    /* what a SYN has besides */
    RECORD_HEAD_SIZE = 16,
    FILLER_SIZE = 1 << 16,
    BUFFER_SIZE = 1 << 20,
    FIRST_PORT = 32768,
    HTTP_SIZE = 512
};

enum tcp_flag {
    FIN = 1,
    SYN = 2,
    PSH = 8,
    ACK = 16
};

#define MICRO      INT64_C(1000)
#define START_TIME (INT64_C(1700000000) * NANOS_PER_SECOND)

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

struct host {
    uint32_t address;
    uint16_t ip_id;
    uint16_t next_port;
};

/* One end of a connection; [0] is the client, [1] the server. */
struct end {
    struct host *host;
    uint16_t port;
    uint32_t seq;        /* of its next byte */
    uint32_t clock;      /* its latest TCP timestamp */
    uint32_t clock_base; /* what its clock showed at START_TIME */
};

struct conn {
    nanos at; /* when its phase is due */
    nanos round_trip;
    enum phase phase;
    enum fate fate;
    struct end end[2];
    unsigned closer; /* which end sends the first FIN */
    unsigned exchanges_left;
    unsigned unacknowledged; /* segments */
    uint32_t body_size;
    uint32_t response_left; /* bytes to send; 0 before and after */
};

struct bench {
    FILE *out;
    uint64_t written;
    uint64_t size;
    bool small;
    uint64_t random;
    struct host client[CLIENTS];
    struct host server[SERVERS];
    struct conn conn[CONNECTIONS];
    struct conn *heap[CONNECTIONS];
    char filler[FILLER_SIZE];
    char buffer[BUFFER_SIZE];
};

/* A payload is some text, then filler. */
struct payload {
    char text[HTTP_SIZE];
    uint32_t text_size;
    uint32_t filler_size;
};

/* xorshift64*: small, and good enough for a load. */
static uint32_t draw(struct bench *bench)
{
    bench->random ^= bench->random >> 12;
    bench->random ^= bench->random << 25;
    bench->random ^= bench->random >> 27;
    return (uint32_t)((bench->random * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
}

/* From `least` to `most`, both included. */
static uint32_t draw_even(struct bench *bench, uint32_t least, uint32_t most)
{
    return least + draw(bench) % (most - least + 1);
}

/* The same, but as often from 1 to 10 as from 10 to 100. */
static uint32_t draw_spread(struct bench *bench, uint32_t least, uint32_t most)
{
    double share = draw(bench) / 4294967296.0;

    return (uint32_t)(least * pow((double)most / least, share));
}

static uint8_t *put16(uint8_t *to, uint32_t value)
{
    *to++ = (uint8_t)(value >> 8);
    *to++ = (uint8_t)value;
    return to;
}

static uint8_t *put32(uint8_t *to, uint32_t value)
{
    return put16(put16(to, value >> 16), value);
}

/* Ethernet and IPv4; checksums stay zero, as offloading leaves them. */
static uint8_t *put_ip(uint8_t *to, struct host *from, const struct host *into,
                       uint32_t size)
{
    to = put32(put16(to, 0x0200), into->address);
    to = put32(put16(to, 0x0200), from->address);
    to = put16(to, 0x0800);
    to = put32(to, 0x45000000 | (size - ETHERNET_SIZE));
    to = put32(to, (uint32_t)from->ip_id++ << 16 | 0x4000);
    to = put32(to, 64 << 24 | 6 << 16);
    return put32(put32(to, from->address), into->address);
}

static uint8_t *put_tcp(uint8_t *to, const struct end *from,
                        const struct end *into, unsigned flags)
{
    bool syn = flags & SYN;
    bool ack = flags & ACK;

    to = put32(to, (uint32_t)from->port << 16 | into->port);
    to = put32(put32(to, from->seq), ack ? into->seq : 0);
    to = put16(to, (syn ? 10U : 8U) << 12 | flags);
    to = put32(put16(to, syn ? 64240 : 1024), 0);
    if (syn)
        to = put32(to, 0x02040000 | (SEGMENT_SIZE + 12));
    to = put32(to, syn ? 0x0402080a : 0x0101080a);
    to = put32(put32(to, from->clock), ack ? into->clock : 0);
    return syn ? put32(to, 0x01030307) : to;
}

static void write_bytes(struct bench *bench, const void *bytes, size_t size)
{
    (void)fwrite_unlocked(bytes, 1, size, bench->out);
    bench->written += size;
}

static void send(struct bench *bench, struct conn *conn, unsigned side,
                 unsigned flags, const struct payload *payload)
{
    uint8_t head[PACKET_HEAD_SIZE + SYN_EXTRA_SIZE];
    struct end *from = &conn->end[side];
    const struct end *into = &conn->end[!side];
    uint32_t carried = payload->text_size + payload->filler_size;
    uint32_t head_size =
        flags & SYN ? PACKET_HEAD_SIZE + SYN_EXTRA_SIZE : PACKET_HEAD_SIZE;
    uint32_t size = head_size + carried;
    uint32_t record[] = {(uint32_t)(conn->at / NANOS_PER_SECOND),
                         (uint32_t)(conn->at % NANOS_PER_SECOND / MICRO), size,
                         size};

    from->clock = from->clock_base +
                  (uint32_t)((conn->at - START_TIME) / NANOS_PER_MILLI);
    (void)put_tcp(put_ip(head, from->host, into->host, size), from, into,
                  flags);
    write_bytes(bench, record, RECORD_HEAD_SIZE);
    write_bytes(bench, head, head_size);
    write_bytes(bench, payload->text, payload->text_size);
    write_bytes(bench, bench->filler, payload->filler_size);
    from->seq += carried + ((flags & (SYN | FIN)) != 0);
}

static void begin_conn(struct bench *bench, struct conn *conn)
{
    struct host *client = &bench->client[draw(bench) % CLIENTS];
    struct host *server = &bench->server[draw(bench) % SERVERS];

    if (client->next_port < FIRST_PORT)
        client->next_port = FIRST_PORT;
    conn->end[0] =
        (struct end){client, client->next_port++, draw(bench), 0, draw(bench)};
    conn->end[1] = (struct end){server, 80, draw(bench), 0, draw(bench)};
    conn->exchanges_left = draw_even(bench, 12, 40);
    conn->round_trip = draw_spread(bench, 200, 40000) * MICRO;
    conn->closer = 0;
}

static void send_request(struct bench *bench, struct conn *conn)
{
    uint32_t lot = draw(bench) % 1000;
    struct payload payload;
    int size = snprintf(payload.text, HTTP_SIZE,
                        "GET /item/%u HTTP/1.1\r\nHost: shop.example\r\n"
                        "User-Agent: mkbench\r\nAccept: */*\r\n%s\r\n",
                        draw(bench) % 1000,
                        bench->small ? ""
                                     : "Accept-Encoding: identity\r\n"
                                       "X-Request-Id: 6fd1c2b0-7c3e-4a55\r\n");

    conn->fate = lot < 2 ? FATE_SILENT : lot < 5 ? FATE_CUT : FATE_WELL;
    conn->exchanges_left--;
    conn->response_left = 0;
    conn->unacknowledged = 0;
    conn->body_size = bench->small ? draw_even(bench, 8, 80)
                                   : draw_spread(bench, 200, 200000);
    payload.text_size = (uint32_t)size;
    payload.filler_size = 0;
    send(bench, conn, 0, PSH | ACK, &payload);
}

/* One segment: the first begins with the header. */
static void send_response(struct bench *bench, struct conn *conn)
{
    struct payload payload = {.text_size = 0};
    uint32_t size;

    if (conn->response_left == 0) {
        int header = snprintf(payload.text, HTTP_SIZE,
                              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                              "Content-Length: %u\r\n\r\n",
                              conn->body_size);

        payload.text_size = (uint32_t)header;
        conn->response_left = payload.text_size + conn->body_size;
        if (conn->fate == FATE_CUT)
            conn->response_left -= draw_even(bench, 1, conn->body_size);
    }
    size = conn->response_left;
    if (size > SEGMENT_SIZE)
        size = SEGMENT_SIZE;
    payload.filler_size = size - payload.text_size;
    conn->response_left -= size;
    conn->unacknowledged++;
    send(bench, conn, 1, conn->response_left ? ACK : PSH | ACK, &payload);
}

/*
 * What each phase sends besides a request or a response. The side is the
 * client's 0 or the server's 1; the closing phases count from the closer.
 */
static const struct bare {
    unsigned side;
    unsigned flags;
} bare[PHASE_COUNT] = {
    [PHASE_SYN] = {0, SYN      },
    [PHASE_SYN_ACK] = {1, SYN | ACK},
    [PHASE_OPENED] = {0, ACK      },
    [PHASE_REQUEST_ACK] = {1, ACK      },
    [PHASE_RESPONSE_ACK] = {0, ACK      },
    [PHASE_FIN] = {0, FIN | ACK},
    [PHASE_FIN_BACK] = {1, FIN | ACK},
    [PHASE_FIN_ACK] = {0, ACK      },
};

static void send_packet(struct bench *bench, struct conn *conn)
{
    const struct payload none = {.text_size = 0};
    const struct bare *row = &bare[conn->phase];

    if (conn->phase == PHASE_REQUEST) {
        send_request(bench, conn);
        return;
    }
    if (conn->phase == PHASE_RESPONSE) {
        send_response(bench, conn);
        return;
    }
    if (conn->phase == PHASE_SYN)
        begin_conn(bench, conn);
    conn->unacknowledged = 0;
    send(bench, conn,
         conn->phase < PHASE_FIN ? row->side : row->side ^ conn->closer,
         row->flags, &none);
}

/* What follows the ACK that a response's end got. */
static enum phase after_exchange(struct bench *bench, struct conn *conn,
                                 nanos *wait)
{
    *wait = 30 * MICRO;
    if (conn->fate == FATE_CUT) {
        conn->closer = 1;
        return PHASE_FIN;
    }
    if (conn->exchanges_left == 0)
        return PHASE_FIN;
    *wait = draw_spread(bench, 20000, 8000000) * MICRO;
    return PHASE_REQUEST;
}

static enum phase next_phase(struct bench *bench, struct conn *conn,
                             nanos *wait)
{
    *wait = 12 * MICRO;
    switch (conn->phase) {
    case PHASE_REQUEST:
        *wait = conn->round_trip;
        if (bench->small || conn->fate == FATE_SILENT)
            return PHASE_REQUEST_ACK;
        *wait += draw_spread(bench, 300, 80000) * MICRO;
        return PHASE_RESPONSE;
    case PHASE_REQUEST_ACK:
        *wait = draw_spread(bench, 300, 80000) * MICRO;
        if (conn->fate != FATE_SILENT)
            return PHASE_RESPONSE;
        *wait = 10 * NANOS_PER_SECOND;
        conn->closer = 1;
        return PHASE_FIN;
    case PHASE_RESPONSE:
        return conn->response_left == 0 || conn->unacknowledged == 2
                   ? PHASE_RESPONSE_ACK
                   : PHASE_RESPONSE;
    case PHASE_RESPONSE_ACK:
        if (conn->response_left > 0)
            return PHASE_RESPONSE;
        return after_exchange(bench, conn, wait);
    case PHASE_FIN_ACK:
        *wait = draw_even(bench, 1, 100) * NANOS_PER_MILLI;
        return PHASE_SYN;
    default:
        if (conn->phase != PHASE_OPENED)
            *wait = conn->round_trip;
        return conn->phase + 1;
    }
}

/* The one on top has moved to a later time: puts it where it belongs now. */
static void sink_top(struct conn **heap)
{
    struct conn *sinking = heap[0];
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

static void begin(struct bench *bench)
{
    bench->random = UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t i = 0; i < CLIENTS; i++)
        bench->client[i].address = 0x0a010001 + i;
    for (uint32_t i = 0; i < SERVERS; i++)
        bench->server[i].address = 0x0a020001 + i;
    for (size_t i = 0; i < FILLER_SIZE; i++)
        bench->filler[i] = (char)draw_even(bench, 'a', 'z');
    /* Ascending times make a heap as they are. */
    for (size_t i = 0; i < CONNECTIONS; i++) {
        bench->conn[i].at = START_TIME + (nanos)i * NANOS_PER_MILLI;
        bench->heap[i] = &bench->conn[i];
    }
}

static bool write_capture(struct bench *bench)
{
    static const uint32_t header[] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1};
    nanos wait;

    (void)setvbuf(bench->out, bench->buffer, _IOFBF, BUFFER_SIZE);
    begin(bench);
    write_bytes(bench, header, sizeof(header));
    while (bench->written < bench->size && !ferror(bench->out)) {
        struct conn *conn = bench->heap[0];

        send_packet(bench, conn);
        conn->phase = next_phase(bench, conn, &wait);
        conn->at += wait;
        sink_top(bench->heap);
    }
    return fflush(bench->out) == 0 && !ferror(bench->out);
}

/* "64M", "1G": a number with a power of 1024; 0 when it is none. */
static uint64_t parse_size(const char *text)
{
    static const char unit[] = "KMGT";
    char *end;
    uint64_t size = strtoull(text, &end, 10);
    const char *at = strchr(unit, *end);

    if (*end == '\0')
        return size;
    return at && end[1] == '\0' ? size << 10 * (at - unit + 1) : 0;
}

int main(int argc, char **argv)
{
    struct bench *bench = must_calloc(1, sizeof(*bench));
    const char *path = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--small") == 0)
            bench->small = true;
        else if (strcmp(argv[i], "--size") == 0 && i + 1 < argc)
            bench->size = parse_size(argv[++i]);
        else
            path = argv[i];
    }
    if (bench->size == 0 || (path && path[0] == '-')) {
        (void)fputs("usage: mkbench --size SIZE[K|M|G] [--small] [FILE]\n",
                    stderr);
        return 2;
    }
    bench->out = path ? fopen(path, "wb") : stdout;
    if (bench->out && write_capture(bench))
        return 0;
    perror(path ? path : "standard output");
    return 1;
}
