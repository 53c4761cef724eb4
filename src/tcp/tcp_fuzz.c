/*
 * The input is a byte for the limits, then a row of segments of eight bytes:
 *
 *     0  who          bit 0 sender, 1-2 which connection, 3 SACK, 4 far off
 *     1  flags        as in the header
 *     2  time step    in milliseconds, signed
 *     3  window
 *     4  sequence     two bytes, from the flow's own beginning
 *     6  ack          one byte, in steps of 16
 *     7  size         of the payload; 255: 40 bytes of it were not recorded
 *
 * A payload byte is a function of its sequence number, so that the sink can
 * tell whether it is where it belongs.
 */
#include "base/arena.h"
#include "base/reader.h"
#include "tcp/tcp.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    RECORD_SIZE = 8,
    NOT_RECORDED = 40
};

/* What the sink was told of a connection; hangs on conn->http. */
struct told {
    bool began[2];
    bool ended[2];
    uint64_t next[2];
};

struct sums {
    uint64_t connections; /* that anything was told of, and not yet over */
    uint64_t over;
};

static uint8_t byte_at(uint32_t seq)
{
    return (uint8_t)(seq * 37 + (seq >> 8));
}

static struct told *told_of(struct sums *sums, struct conn *conn)
{
    if (!conn->http) {
        conn->http = must_calloc(1, sizeof(struct told));
        sums->connections++;
    }
    return conn->http;
}

/* Bytes or a gap: they follow what was told before without a seam. */
static void follow(struct sums *sums, struct conn *conn, unsigned side,
                   const struct chunk *chunk)
{
    struct told *told = told_of(sums, conn);

    assert(side < 2);
    assert(chunk->bytes.size > 0);
    assert(!conn->told_over);
    assert(!told->began[side] || told->next[side] == chunk->offset);
    assert(!told->ended[side]);
    told->began[side] = true;
    told->next[side] = chunk->offset + chunk->bytes.size;
}

/* Its numbers may have jumped: bytes that waited for it had the old ones. */
static bool may_have_moved(const struct conn *conn)
{
    return conn->odd && conn->odd->ignored;
}

static void take_data(void *context, struct conn *conn, unsigned side,
                      const struct chunk *chunk)
{
    uint32_t seq = conn->flow[side].isn + (uint32_t)chunk->offset;

    follow(context, conn, side, chunk);
    if (may_have_moved(conn))
        return;
    for (size_t i = 0; i < chunk->bytes.size; i++)
        assert(chunk->bytes.at[i] == byte_at(seq + (uint32_t)i));
}

static void take_gap(void *context, struct conn *conn, unsigned side,
                     const struct chunk *chunk)
{
    assert(!chunk->bytes.at);
    follow(context, conn, side, chunk);
}

static void take_end(void *context, struct conn *conn, unsigned side,
                     struct mark at)
{
    struct told *told = told_of(context, conn);

    assert(side < 2);
    assert(mark_is_set(at));
    assert(!told->ended[side]);
    told->ended[side] = true;
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    (void)context;
    assert(side < 2);
    assert(!conn->told_over);
}

static void take_over(void *context, struct conn *conn, enum conn_ending how)
{
    struct sums *sums = context;

    assert(how <= CONN_EVICTED);
    assert(conn->episodes <= CONN_EPISODES_ROOM);
    assert(conn->client < 2);
    if (conn->http)
        sums->connections--;
    sums->over++;
    free(conn->http);
    conn->http = NULL;
}

/* The two beginnings lie on either side of the wrap of sequence numbers. */
static uint32_t beginning(unsigned side)
{
    return side ? UINT32_MAX - 2000 : 5000;
}

static void take_record(struct tcp *tcp, struct reader *r, nanos *time,
                        uint64_t frame)
{
    uint8_t byte[256];
    uint8_t who = read_u8(r);
    unsigned side = who & 1;
    unsigned which = who >> 1 & 3;
    struct segment segment = {.at.frame = frame & 0xffffff,
                              .flags = read_u8(r)};
    uint32_t far = who & 0x10 ? 0x7ffe0000 : 0;

    *time += (int8_t)read_u8(r) * NANOS_PER_MILLI * 10;
    segment.at.time = *time;
    segment.window = (uint16_t)(read_u8(r) * 64);
    segment.seq = beginning(side) + read_be16(r) + far;
    segment.ack = beginning(!side) + read_u8(r) * 16u;
    segment.payload = (struct span){byte, read_u8(r)};
    segment.missing = segment.payload.size == 255 ? NOT_RECORDED : 0;
    segment.sacks = who >> 3 & 1;
    segment.sack[0].start = segment.ack + 100;
    segment.sack[0].end = segment.ack + 200;
    segment.ttl = 64;
    for (size_t i = 0; i < segment.payload.size; i++)
        byte[i] = byte_at(segment.seq + (uint32_t)i +
                          ((segment.flags & TCP_SYN) != 0));
    segment.source.address.version = 4;
    segment.destination.address.version = 4;
    segment.source.address.byte[3] = (uint8_t)(1 + side);
    segment.destination.address.byte[3] = (uint8_t)(2 - side);
    segment.source.port = (uint16_t)(side ? 80 : 40000 + which);
    segment.destination.port = (uint16_t)(side ? 40000 + which : 80);
    tcp_take(tcp, &segment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_on((struct span){data, size});
    uint8_t limits = read_u8(&r);
    struct tcp_options options = {.connections = limits & 1 ? 2 : 0,
                                  .held_bytes = limits & 2 ? 600 : 0};
    struct sums sums = {0};
    const struct tcp_sink sink = {&sums,      take_data, take_gap, take_end,
                                  take_acked, take_over, NULL};
    struct tcp *tcp = tcp_new(&options, &sink);
    nanos time = 1700000000 * NANOS_PER_SECOND;
    uint64_t frame = 0;

    while (r.rest.size >= RECORD_SIZE)
        take_record(tcp, &r, &time, ++frame);
    tcp_finish(tcp);
    assert(sums.connections == 0);
    assert(sums.over + tcp_counts(tcp).unanswered ==
           tcp_counts(tcp).connections);
    tcp_free(tcp);
    return 0;
}
