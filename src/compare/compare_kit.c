#include "compare/compare_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PAYLOAD_MOST = 4096,
    PENDING_MOST = 64
};

#define ZERO (INT64_C(1700000000) * NANOS_PER_SECOND)

static struct endpoint endpoint(uint8_t last, uint16_t port)
{
    return (struct endpoint){
        .address = {.version = 4, .byte = {10, 0, 0, last}},
          .port = port
    };
}

void kit_pair_init(struct kit_pair *pair)
{
    *pair = (struct kit_pair){
        .comparison = comparison_new(),
        .end = {endpoint(1, 40000),        endpoint(2, 80)},
        .end_there = {endpoint(1,       40000),                    endpoint(2, 80)},
        .isn = {1000000,4294967000u}, /* the server's numbers wrap */
        .has_timestamps = true,
        .has_ids = true,
        .delay = KIT_DELAY,
    };
    for (unsigned side = 0; side < 2; side++) {
        pair->report[side].input = &pair->input[side];
        pair->report[side].inputs = 1;
        pair->input[side].path = side == CLIENT_SIDE ? "client" : "server";
        pair->input[side].first_time = NANOS_NEVER;
        pair->input[side].end_time = NANOS_NEVER;
    }
}

static nanos clock_of(unsigned side, nanos time)
{
    return ZERO + time + (side == SERVER_SIDE ? KIT_OFFSET : 0);
}

static struct segment make(struct kit_pair *pair, const struct kit_segment *s)
{
    return (struct segment){
        .seq = pair->isn[s->from] + s->seq,
        .ack = s->flags & TCP_ACK ? pair->isn[1 - s->from] + s->ack : 0,
        .window = 500,
        .flags = s->flags,
        .ttl = 64,
        .ip_id = pair->has_ids ? ++pair->id[s->from] : 0,
        .has_timestamp = pair->has_timestamps && !(s->flags & TCP_RST),
        .timestamp = pair->has_timestamps ? 5000 + s->at : 0,
        .has_mss = s->flags & TCP_SYN,
        .mss = s->flags & TCP_SYN ? 1460 : 0,
    };
}

/* A segment that waits to be recorded, at one side. */
struct pending {
    struct segment segment;
    size_t size;
    int filler;
    unsigned side;
    nanos time;
    size_t order;
};

static int by_time(const void *left, const void *right)
{
    const struct pending *a = left;
    const struct pending *b = right;

    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static void record(struct kit_pair *pair, const struct pending *p)
{
    struct segment s = p->segment;
    uint8_t payload[PAYLOAD_MOST];
    struct capture_input *input = &pair->input[p->side];
    bool is_client =
        memcmp(&s.source, &pair->end[KIT_CLIENT], sizeof s.source) == 0;
    unsigned from = is_client ? KIT_CLIENT : KIT_SERVER;

    if (p->side == SERVER_SIDE) {
        s.source = pair->end_there[from];
        s.destination = pair->end_there[1 - from];
        s.seq += pair->isn_shift[from];
        s.ack += s.flags & TCP_ACK ? pair->isn_shift[1 - from] : 0;
    }
    memset(payload, p->filler, sizeof payload);
    s.payload = (struct span){payload, p->size};
    s.at.time = clock_of(p->side, p->time);
    s.at.frame = ++pair->frame[p->side] & 0xffffff;
    if (input->first_time == NANOS_NEVER)
        input->first_time = s.at.time;
    comparison_take(pair->comparison, p->side, 0,
                    is_client ? OPENER_SOURCE : OPENER_DESTINATION, &s);
}

void kit_pair_play(struct kit_pair *pair, const struct kit_segment *segment,
                   size_t count)
{
    struct pending pending[PENDING_MOST];
    size_t pendings = 0;

    for (size_t i = 0; i < count; i++) {
        const struct kit_segment *s = &segment[i];
        struct pending sent = {.segment = make(pair, s),
                               .size = s->size,
                               .filler = s->filler ? s->filler : 'x',
                               .side = s->from,
                               .order = i,
                               .time = s->at * NANOS_PER_MILLI};
        struct pending came = sent;

        sent.segment.source = came.segment.source = pair->end[s->from];
        sent.segment.destination = came.segment.destination =
            pair->end[1 - s->from];
        came.side = 1 - s->from;
        came.time += pair->delay + s->late * NANOS_PER_MILLI;
        came.segment.ttl = s->ttl ? s->ttl : 63;
        if (s->seen == KIT_BOTH || s->seen == KIT_SENT_ONLY)
            pending[pendings++] = sent;
        if (s->seen == KIT_BOTH || s->seen == KIT_CAME_ONLY)
            pending[pendings++] = came;
    }
    qsort(pending, pendings, sizeof *pending, by_time);
    for (size_t i = 0; i < pendings; i++)
        record(pair, &pending[i]);
}

const struct comparison *kit_pair_finish(struct kit_pair *pair, unsigned at)
{
    const struct report *const report[2] = {&pair->report[0], &pair->report[1]};

    for (unsigned side = 0; side < 2; side++)
        pair->input[side].last_time =
            clock_of(side, at * NANOS_PER_MILLI + pair->delay);
    comparison_finish(pair->comparison, report);
    return pair->comparison;
}

void kit_pair_release(struct kit_pair *pair)
{
    comparison_free(pair->comparison);
}

const struct comparison *kit_pair_run(struct kit_pair *pair,
                                      const struct kit_segment *segment,
                                      size_t count)
{
    kit_pair_play(pair, segment, count);
    return kit_pair_finish(pair, 5000);
}

const struct compare_event *kit_only_event(const struct comparison *c)
{
    assert_int_equal(c->connections, 1);
    assert_int_equal(c->connection->events, 1);
    return c->connection->event;
}
