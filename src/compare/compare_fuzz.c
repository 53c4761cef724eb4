/*
 * The input is a row of segments of ten bytes, each for one of two captures:
 *
 *     0  who          bit 0 capture, 1 sender, 2-3 which connection, 4 other
 *                     ports, 5 no timestamp, 6 no IP-ID, 7 payload of another
 *     1  flags        as in the header
 *     2  time step    in milliseconds, signed
 *     3  sequence     two bytes, from the flow's own beginning
 *     5  ack          two bytes
 *     7  size         of the payload, in steps of 8
 *     8  IP-ID, and the timestamp
 *     9  TTL
 *
 * Whatever is compared: each segment has one fate, pairs are pairs at both
 * ends, and all counts add up.
 */
#include "compare/compare.h"

#include "base/reader.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    RECORD_SIZE = 10,
    PAYLOAD_MOST = 256 * 8
};

static struct segment read_segment(struct reader *r, unsigned who)
{
    static const uint8_t payload[2][PAYLOAD_MOST] = {{0}, {1}};
    unsigned from = who >> 1 & 1;
    uint16_t port = (uint16_t)(1000 + (who >> 2 & 3) + (who & 16));
    struct endpoint client = {
        {.version = 4, .byte = {1}},
        port
    };
    struct endpoint server = {
        {.version = 4, .byte = {2}},
        80
    };
    struct segment s = {.source = from ? server : client,
                        .destination = from ? client : server};
    uint8_t mark;

    s.flags = read_u8(r);
    (void)read_u8(r); /* the time, which the caller has */
    s.seq = (from ? 4294960000u : 1000000u) + read_be16(r);
    s.ack = (from ? 1000000u : 4294960000u) + read_be16(r);
    s.ack = s.flags & TCP_ACK ? s.ack : 0;
    s.payload.size = read_u8(r) * 8u;
    s.payload.at = payload[who >> 7];
    mark = read_u8(r);
    s.has_timestamp = !(who & 32);
    s.timestamp = s.has_timestamp ? mark : 0;
    s.ip_id = who & 64 ? 0 : mark;
    s.ttl = read_u8(r);
    return s;
}

static void check_trace(const struct comparison *c, unsigned side)
{
    const struct trace *mine = &c->trace[side];
    const struct trace *other = &c->trace[1 - side];

    for (uint32_t i = 0; i < mine->segments; i++) {
        const struct trace_segment *s = &mine->segment[i];

        assert(s->fate < FATE_COUNT);
        if (s->fate == FATE_PAIRED)
            assert(other->segment[s->peer].peer == i &&
                   other->segment[s->peer].fate == FATE_PAIRED);
    }
}

static uint64_t segments_of(const struct compared *c, unsigned side)
{
    const struct compare_way *up = &c->way[WAY_UP];
    const struct compare_way *down = &c->way[WAY_DOWN];

    return side == CLIENT_SIDE ? up->sent + down->came : down->sent + up->came;
}

static void check(const struct comparison *c, FILE *out)
{
    static const struct report_options options = {.width = 80};

    check_trace(c, CLIENT_SIDE);
    check_trace(c, SERVER_SIDE);
    for (size_t i = 0; i < c->connections; i++) {
        const struct compared *one = &c->connection[i];

        for (unsigned side = 0; side < 2; side++)
            assert(segments_of(one, side) == one->of[side]->segments);
        for (size_t e = 0; e < one->events; e++)
            assert(one->event[e].of[0] || one->event[e].of[1]);
    }
    assert(comparison_write_text(c, &options, out));
    assert(comparison_write_json(c, &options, out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct comparison *c = comparison_new();
    struct capture_input input[2] = {0};
    struct report report[2] = {
        {.input = &input[0], .inputs = 1},
        {.input = &input[1], .inputs = 1}
    };
    const struct report *const reports[2] = {&report[0], &report[1]};
    struct reader r = reader_on((struct span){data, size});
    FILE *out = fopen("/dev/null", "w");
    uint64_t frame = 0;
    nanos now = 0;

    assert(out);
    input[0].path = input[1].path = "fuzzed";
    input[0].end_time = input[1].end_time = NANOS_NEVER;
    while (r.rest.size >= RECORD_SIZE) {
        struct reader ahead = r;
        unsigned who = read_u8(&r);
        struct segment s = read_segment(&r, who);

        read_skip(&ahead, 2);
        now += (int8_t)read_u8(&ahead) * NANOS_PER_MILLI;
        s.at.time = now;
        s.at.frame = ++frame & 0xffffff;
        input[who & 1].last_time = now;
        comparison_take(c, who & 1, who >> 2 & 3, OPENER_UNKNOWN, &s);
    }
    comparison_finish(c, reports);
    check(c, out);
    comparison_free(c);
    (void)fclose(out);
    return 0;
}
