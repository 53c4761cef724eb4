/*
 * Writes a classic pcap of about a given size: many keep-alive HTTP/1.1
 * connections at once, for measuring. The same arguments give the same bytes.
 *
 *     mkbench --size 1G [--small] [FILE]
 *
 * Each connection is a chain of phases. A phase writes at most one packet and
 * says which one follows and when; a heap by time interleaves them:
 *
 *   SYN -> SYN_ACK -> OPENED -> REQUEST -> [REQUEST_ACK] -> RESPONSE --+
 *                                  ^                          ^  |     |
 *                                  |                RESPONSE_ACK<+     |
 *                                  +---- next exchange ----------------+
 *                                                                      |
 *   SYN (a new connection) <-- FIN_ACK <-- FIN_BACK <-- FIN <----------+
 */
#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/nanos.h"

enum {
    CONNECTIONS = 500,
    CLIENTS = 50,
    SERVERS = 4,
    SEGMENT_SIZE = 1448,
    HEADERS_SIZE = 66,    /* Ethernet, IPv4, TCP with timestamps */
    SYN_OPTIONS_SIZE = 8, /* what a SYN has more than others */
    RECORD_SIZE = 16,
    FILLER_SIZE = 1 << 16,
    BUFFER_SIZE = 1 << 20,
    FIRST_PORT = 32768,
    LAST_PORT = 60999,
    HTTP_SIZE = 512,
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

enum side {
    CLIENT,
    SERVER,
    SIDES
};

/* One end of a connection. */
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
    enum side closer;
    struct end end[SIDES];
    uint32_t exchanges_left;
    uint32_t response_left; /* bytes still to send */
    uint32_t header_size;   /* 0 until the response has begun */
    uint32_t body_size;
    uint32_t segments_unacknowledged;
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

/* What is in a packet besides the ends' state. */
struct packet {
    enum side from;
    uint8_t flags;
    const char *head; /* payload: head, then filler */
    uint32_t head_size;
    uint32_t filler_size;
};

/* xorshift64*: small, and good enough for a load. */
static uint64_t draw(struct bench *bench)
{
    uint64_t x = bench->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    bench->random = x;
    return (x * UINT64_C(0x2545f4914f6cdd1d)) >> 32;
}

/* From `least` to `most`, both included. */
static uint32_t draw_between(struct bench *bench, uint32_t least, uint32_t most)
{
    return least + (uint32_t)(draw(bench) % (most - least + 1));
}

/* Each factor of ten is as likely as any other. */
static uint32_t draw_spread(struct bench *bench, uint32_t least, uint32_t most)
{
    uint32_t doublings = 0;
    uint32_t low;
    uint32_t high;

    while (doublings < 31 && least < most >> doublings)
        doublings++;
    low = least << draw_between(bench, 0, doublings - 1);
    high = low < most / 2 ? 2 * low : most;
    return draw_between(bench, low, high);
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

static uint8_t *put_host_order(uint8_t *to, uint32_t value)
{
    memcpy(to, &value, sizeof(value));
    return to + sizeof(value);
}

/* Ethernet and IPv4; checksums stay zero, as offloading leaves them. */
static uint8_t *put_ip(uint8_t *to, struct host *from, const struct host *into,
                       uint32_t size)
{
    to = put32(put16(to, 0x0200), into->address);
    to = put32(put16(to, 0x0200), from->address);
    to = put16(to, 0x0800);
    to = put32(to, 0x45000000 | size);
    to = put32(to, (uint32_t)from->ip_id++ << 16 | 0x4000);
    to = put32(to, 64 << 24 | 6 << 16);
    return put32(put32(to, from->address), into->address);
}

static uint8_t *put_tcp(uint8_t *to, const struct conn *conn,
                        const struct packet *packet)
{
    const struct end *from = &conn->end[packet->from];
    const struct end *into = &conn->end[!packet->from];
    bool syn = packet->flags & SYN;
    bool ack = packet->flags & ACK;
    uint32_t words = syn ? 10 : 8;

    to = put32(to, (uint32_t)from->port << 16 | into->port);
    to = put32(to, from->seq);
    to = put32(to, ack ? into->seq : 0);
    to = put16(to, words << 12 | packet->flags);
    to = put32(put16(to, syn ? 64240 : 1024), 0);
    if (syn) {
        to = put32(to, 0x02040000 | (SEGMENT_SIZE + 12));
        to = put32(to, 0x0402080a);
    } else {
        to = put32(to, 0x0101080a);
    }
    to = put32(put32(to, from->clock), ack ? into->clock : 0);
    return syn ? put32(to, 0x01030307) : to;
}

static void write_bytes(struct bench *bench, const void *bytes, size_t size)
{
    (void)fwrite_unlocked(bytes, 1, size, bench->out);
    bench->written += size;
}

static void send(struct bench *bench, struct conn *conn,
                 const struct packet *packet)
{
    uint8_t header[RECORD_SIZE + HEADERS_SIZE + SYN_OPTIONS_SIZE];
    struct end *from = &conn->end[packet->from];
    uint32_t payload = packet->head_size + packet->filler_size;
    uint32_t headers =
        HEADERS_SIZE + (packet->flags & SYN ? SYN_OPTIONS_SIZE : 0);
    nanos since = conn->at - START_TIME;
    uint8_t *to = header;

    from->clock = from->clock_base + (uint32_t)(since / NANOS_PER_MILLI);
    to = put_host_order(to, (uint32_t)(conn->at / NANOS_PER_SECOND));
    to = put_host_order(to, (uint32_t)(conn->at % NANOS_PER_SECOND / MICRO));
    to = put_host_order(to, headers + payload);
    to = put_host_order(to, headers + payload);
    to = put_ip(to, from->host, conn->end[!packet->from].host,
                headers - 14 + payload);
    to = put_tcp(to, conn, packet);
    assert((size_t)(to - header) == RECORD_SIZE + headers);
    write_bytes(bench, header, RECORD_SIZE + headers);
    write_bytes(bench, packet->head, packet->head_size);
    write_bytes(bench, bench->filler, packet->filler_size);
    from->seq += payload + ((packet->flags & (SYN | FIN)) != 0);
}

static void send_bare(struct bench *bench, struct conn *conn, enum side from,
                      uint8_t flags)
{
    struct packet packet = {.from = from, .flags = flags, .head = ""};

    send(bench, conn, &packet);
}

static void then(struct conn *conn, enum phase phase, nanos wait)
{
    conn->phase = phase;
    conn->at += wait;
}

static void begin_end(struct bench *bench, struct end *end, struct host *host,
                      uint16_t port)
{
    *end = (struct end){
        .host = host,
        .port = port,
        .seq = (uint32_t)draw(bench),
        .clock_base = draw_between(bench, 0, INT32_MAX),
    };
}

static void take_syn(struct bench *bench, struct conn *conn)
{
    struct host *client = &bench->client[draw_between(bench, 0, CLIENTS - 1)];
    struct host *server = &bench->server[draw_between(bench, 0, SERVERS - 1)];

    begin_end(bench, &conn->end[CLIENT], client, client->next_port);
    begin_end(bench, &conn->end[SERVER], server, 80);
    if (client->next_port++ == LAST_PORT)
        client->next_port = FIRST_PORT;
    conn->exchanges_left = draw_between(bench, 12, 60);
    conn->round_trip = draw_between(bench, 200, 40000) * MICRO;
    conn->closer = CLIENT;
    send_bare(bench, conn, CLIENT, SYN);
    then(conn, PHASE_SYN_ACK, conn->round_trip);
}

static void take_syn_ack(struct bench *bench, struct conn *conn)
{
    send_bare(bench, conn, SERVER, SYN | ACK);
    then(conn, PHASE_OPENED, 20 * MICRO);
}

static void take_opened(struct bench *bench, struct conn *conn)
{
    send_bare(bench, conn, CLIENT, ACK);
    then(conn, PHASE_REQUEST, draw_between(bench, 50, 400) * MICRO);
}

static void draw_exchange(struct bench *bench, struct conn *conn)
{
    uint32_t lot = draw_between(bench, 0, 999);

    conn->exchanges_left--;
    conn->fate = FATE_WELL;
    if (lot < 2)
        conn->fate = FATE_SILENT;
    else if (lot < 5)
        conn->fate = FATE_CUT;
    if (bench->small)
        conn->body_size = draw_between(bench, 8, 80);
    else
        conn->body_size = draw_spread(bench, 200, 200000);
}

static void take_request(struct bench *bench, struct conn *conn)
{
    char text[HTTP_SIZE];
    struct packet packet = {.from = CLIENT, .flags = PSH | ACK, .head = text};
    nanos think = draw_spread(bench, 300, 80000) * MICRO;
    int size;

    draw_exchange(bench, conn);
    size = snprintf(text, sizeof(text),
                    "GET /item/%" PRIu64 " HTTP/1.1\r\n"
                    "Host: shop.example\r\n"
                    "User-Agent: mkbench\r\n"
                    "Accept: %s\r\n\r\n",
                    draw(bench) % 100000,
                    bench->small ? "*/*"
                                 : "application/json, text/plain;q=0.9, "
                                   "*/*;q=0.1\r\n"
                                   "Accept-Encoding: identity\r\n"
                                   "X-Request-Id: 6fd1c2b0-7c3e-4a55");
    packet.head_size = (uint32_t)size;
    send(bench, conn, &packet);
    conn->header_size = 0;
    if (bench->small || conn->fate == FATE_SILENT)
        then(conn, PHASE_REQUEST_ACK, conn->round_trip);
    else
        then(conn, PHASE_RESPONSE, conn->round_trip + think);
}

static void take_request_ack(struct bench *bench, struct conn *conn)
{
    send_bare(bench, conn, SERVER, ACK);
    if (conn->fate == FATE_SILENT) {
        conn->closer = SERVER;
        then(conn, PHASE_FIN, 10 * NANOS_PER_SECOND);
        return;
    }
    then(conn, PHASE_RESPONSE, draw_between(bench, 300, 3000) * MICRO);
}

static void next_exchange(struct bench *bench, struct conn *conn)
{
    if (conn->fate == FATE_CUT) {
        conn->closer = SERVER;
        then(conn, PHASE_FIN, 30 * MICRO);
    } else if (conn->exchanges_left == 0) {
        then(conn, PHASE_FIN, draw_between(bench, 1, 50) * NANOS_PER_MILLI);
    } else {
        then(conn, PHASE_REQUEST, draw_spread(bench, 500, 500000) * MICRO);
    }
}

/* The header of a response, and how much of all is going to be sent. */
static void begin_response(struct bench *bench, struct conn *conn,
                           char text[HTTP_SIZE])
{
    int size = snprintf(text, HTTP_SIZE,
                        "HTTP/1.1 200 OK\r\n"
                        "Content-Type: %s\r\n"
                        "Content-Length: %" PRIu32 "\r\n\r\n",
                        bench->small ? "text/plain"
                                     : "application/octet-stream\r\n"
                                       "Server: mkbench\r\n"
                                       "Cache-Control: no-store",
                        conn->body_size);

    conn->header_size = (uint32_t)size;
    conn->response_left = conn->header_size + conn->body_size;
    if (conn->fate == FATE_CUT)
        conn->response_left -= draw_between(bench, 1, conn->body_size);
    conn->segments_unacknowledged = 0;
}

static void take_response(struct bench *bench, struct conn *conn)
{
    char text[HTTP_SIZE];
    struct packet packet = {.from = SERVER, .flags = ACK, .head = text};
    uint32_t size;

    if (conn->header_size == 0) {
        begin_response(bench, conn, text);
        packet.head_size = conn->header_size;
    }
    size = conn->response_left;
    if (size > SEGMENT_SIZE)
        size = SEGMENT_SIZE;
    packet.filler_size = size - packet.head_size;
    conn->response_left -= size;
    if (conn->response_left == 0)
        packet.flags |= PSH;
    send(bench, conn, &packet);
    conn->segments_unacknowledged++;
    if (conn->segments_unacknowledged == 2 || conn->response_left == 0)
        then(conn, PHASE_RESPONSE_ACK, 8 * MICRO);
    else
        then(conn, PHASE_RESPONSE, 12 * MICRO);
}

static void take_response_ack(struct bench *bench, struct conn *conn)
{
    send_bare(bench, conn, CLIENT, ACK);
    conn->segments_unacknowledged = 0;
    if (conn->response_left > 0)
        then(conn, PHASE_RESPONSE, 12 * MICRO);
    else
        next_exchange(bench, conn);
}

static void take_fin(struct bench *bench, struct conn *conn)
{
    send_bare(bench, conn, conn->closer, FIN | ACK);
    then(conn, PHASE_FIN_BACK,
         conn->closer == CLIENT ? conn->round_trip : 60 * MICRO);
}

static void take_fin_back(struct bench *bench, struct conn *conn)
{
    send_bare(bench, conn, !conn->closer, FIN | ACK);
    then(conn, PHASE_FIN_ACK,
         conn->closer == SERVER ? conn->round_trip : 20 * MICRO);
}

static void take_fin_ack(struct bench *bench, struct conn *conn)
{
    send_bare(bench, conn, conn->closer, ACK);
    then(conn, PHASE_SYN, draw_between(bench, 1, 100) * NANOS_PER_MILLI);
}

static void (*const take[PHASE_COUNT])(struct bench *, struct conn *) = {
    [PHASE_SYN] = take_syn,
    [PHASE_SYN_ACK] = take_syn_ack,
    [PHASE_OPENED] = take_opened,
    [PHASE_REQUEST] = take_request,
    [PHASE_REQUEST_ACK] = take_request_ack,
    [PHASE_RESPONSE] = take_response,
    [PHASE_RESPONSE_ACK] = take_response_ack,
    [PHASE_FIN] = take_fin,
    [PHASE_FIN_BACK] = take_fin_back,
    [PHASE_FIN_ACK] = take_fin_ack,
};

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
        bench->client[i] =
            (struct host){0x0a010001 + i, (uint16_t)draw(bench), FIRST_PORT};
    for (uint32_t i = 0; i < SERVERS; i++)
        bench->server[i] =
            (struct host){0x0a020001 + i, (uint16_t)draw(bench), FIRST_PORT};
    for (size_t i = 0; i < FILLER_SIZE; i++)
        bench->filler[i] = (char)draw_between(bench, 'a', 'z');
    /* Ascending times make a heap as they are. */
    for (size_t i = 0; i < CONNECTIONS; i++) {
        bench->conn[i].at = START_TIME + (nanos)i * NANOS_PER_MILLI;
        bench->heap[i] = &bench->conn[i];
    }
}

static void write_capture(struct bench *bench)
{
    static const uint32_t header[] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1};

    begin(bench);
    write_bytes(bench, header, sizeof(header));
    while (bench->written < bench->size && !ferror(bench->out)) {
        struct conn *conn = bench->heap[0];

        take[conn->phase](bench, conn);
        sink_top(bench->heap);
    }
}

/* "64M", "1G": a number with a power of 1024. */
static bool parse_size(const char *text, uint64_t *size)
{
    static const char unit[] = "KMGT";
    const char *at;
    char *end;

    *size = strtoull(text, &end, 10);
    if (end == text)
        return false;
    if (*end == '\0')
        return true;
    at = strchr(unit, *end);
    if (!at || end[1] != '\0')
        return false;
    *size <<= 10 * (at - unit + 1);
    return true;
}

static int usage(void)
{
    (void)fputs("usage: mkbench --size SIZE[K|M|G] [--small] [FILE]\n", stderr);
    return 2;
}

static int finish(struct bench *bench, const char *path)
{
    bool failed = ferror(bench->out);

    failed |= fclose(bench->out) != 0;
    if (failed)
        (void)fprintf(stderr, "mkbench: cannot write '%s'\n", path);
    free(bench);
    return failed;
}

int main(int argc, char **argv)
{
    struct bench *bench = must_calloc(1, sizeof(*bench));
    const char *path = "-";

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--small") == 0) {
            bench->small = true;
        } else if (strcmp(argv[i], "--size") == 0 && i + 1 < argc) {
            if (!parse_size(argv[++i], &bench->size))
                return usage();
        } else if (strncmp(argv[i], "--", 2) == 0) {
            return usage();
        } else {
            path = argv[i];
        }
    }
    if (bench->size == 0)
        return usage();
    bench->out = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    if (!bench->out) {
        perror(path);
        return 1;
    }
    (void)setvbuf(bench->out, bench->buffer, _IOFBF, BUFFER_SIZE);
    write_capture(bench);
    return finish(bench, path);
}
