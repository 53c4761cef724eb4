#include "compare/trace.h"

#include "base/arena.h"
#include "base/reader.h"
#include "wire/endpoint.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ROOM_FIRST = 1024
};

static_assert(sizeof(struct trace_segment) == 64,
              "as many bytes for a segment as the manual says");

void trace_init(struct trace *trace, uint64_t seed)
{
    *trace = (struct trace){.seed = seed,
                            .slots = ROOM_FIRST,
                            .full_since = NANOS_NEVER};
    trace->slot = must_realloc(NULL, trace->slots, sizeof *trace->slot);
    memset(trace->slot, 0xff, trace->slots * sizeof *trace->slot);
}

void trace_release(struct trace *trace)
{
    free(trace->segment);
    free(trace->connection);
    free(trace->slot);
}

/* The same for both directions. */
static uint64_t hash_ports(const struct trace *trace,
                           const struct endpoint *one,
                           const struct endpoint *other)
{
    uint64_t a = endpoint_hash(one, trace->seed);
    uint64_t b = endpoint_hash(other, trace->seed);

    return a < b ? hash_mix(a, b) : hash_mix(b, a);
}

static bool has_ports(const struct trace_connection *connection,
                      const struct segment *segment)
{
    const struct endpoint *e = connection->endpoint;

    return (endpoint_same(&e[0], &segment->source) &&
            endpoint_same(&e[1], &segment->destination)) ||
           (endpoint_same(&e[1], &segment->source) &&
            endpoint_same(&e[0], &segment->destination));
}

static uint32_t *find_slot(const struct trace *trace,
                           const struct segment *segment)
{
    uint32_t mask = trace->slots - 1;
    uint32_t at =
        (uint32_t)hash_ports(trace, &segment->source, &segment->destination) &
        mask;

    while (trace->slot[at] != TRACE_NONE &&
           !has_ports(&trace->connection[trace->slot[at]], segment))
        at = (at + 1) & mask;
    return &trace->slot[at];
}

static void grow_slots(struct trace *trace)
{
    uint32_t *old = trace->slot;
    uint32_t olds = trace->slots;

    trace->slots *= 2;
    trace->slot = must_realloc(NULL, trace->slots, sizeof *trace->slot);
    memset(trace->slot, 0xff, trace->slots * sizeof *trace->slot);
    for (uint32_t i = 0; i < olds; i++) {
        const struct trace_connection *c;
        uint32_t at;

        if (old[i] == TRACE_NONE)
            continue;
        c = &trace->connection[old[i]];
        at = (uint32_t)hash_ports(trace, &c->endpoint[0], &c->endpoint[1]);
        while (trace->slot[at & (trace->slots - 1)] != TRACE_NONE)
            at++;
        trace->slot[at & (trace->slots - 1)] = old[i];
    }
    free(old);
}

static uint32_t add_connection(struct trace *trace, uint64_t stream,
                               const struct segment *segment)
{
    uint32_t *slot;
    uint32_t at = trace->connections;

    if (at == TRACE_CONNECTIONS_KEPT)
        return TRACE_NONE;
    if (trace->used * 2 >= trace->slots)
        grow_slots(trace);
    if (at == trace->connection_room) {
        trace->connection_room = at ? at * 2 : ROOM_FIRST;
        trace->connection =
            must_realloc(trace->connection, trace->connection_room,
                         sizeof *trace->connection);
    }
    slot = find_slot(trace, segment);
    trace->used += *slot == TRACE_NONE;
    trace->connections++;
    trace->connection[at] = (struct trace_connection){
        .endpoint = {segment->source, segment->destination},
        .stream = stream,
        .first = TRACE_NONE,
        .last = TRACE_NONE,
        .before = *slot
    };
    *slot = at;
    return at;
}

/* A SYN that begins another connection than the one that has its ports. */
static bool begins_anew(const struct trace *trace,
                        const struct trace_connection *connection,
                        const struct segment *segment)
{
    const struct trace_segment *first = &trace->segment[connection->first];

    return (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
           !((first->flags & TCP_SYN) && first->seq == segment->seq);
}

static uint32_t connection_of(struct trace *trace, uint64_t stream,
                              const struct segment *segment)
{
    uint32_t newest = *find_slot(trace, segment);
    struct trace_connection *c;

    if (newest == TRACE_NONE)
        return add_connection(trace, stream, segment);
    c = &trace->connection[newest];
    if (stream == TRACE_NO_STREAM)
        return begins_anew(trace, c, segment)
                   ? add_connection(trace, stream, segment)
                   : newest;
    if (c->stream == stream)
        return newest;
    if (c->before != TRACE_NONE &&
        trace->connection[c->before].stream == stream)
        return c->before;
    if (c->stream != TRACE_NO_STREAM)
        return add_connection(trace, stream, segment);
    c->stream = stream; /* its SYN had to wait for an answer */
    return newest;
}

static uint32_t digest(const struct trace *trace, struct span bytes)
{
    struct reader r = reader_on(bytes);
    uint64_t sum = trace->seed ^ bytes.size;

    while (r.rest.size >= 8)
        sum = hash_mix(sum, read_be64(&r));
    while (r.rest.size)
        sum = hash_mix(sum, read_u8(&r));
    return (uint32_t)sum ^ (uint32_t)(sum >> 32);
}

static struct trace_segment record(const struct trace *trace,
                                   const struct segment *s)
{
    bool is_whole = s->missing == 0;

    return (struct trace_segment){
        .time = s->at.time,
        .frame = s->at.frame,
        .head = digest(trace, span_head(s->payload, TRACE_HEAD)),
        .whole = is_whole ? digest(trace, s->payload) : 0,
        .seq = s->seq,
        .ack = s->ack,
        .length = (uint32_t)s->payload.size + s->missing,
        .timestamp = s->timestamp,
        .echo = s->timestamp_echo,
        .peer = TRACE_NONE,
        .next = TRACE_NONE,
        .window = s->window,
        .ip_id = s->ip_id,
        .mss = s->mss,
        .flags = s->flags,
        .ttl = s->ttl,
        .scale = s->scale,
        .has_timestamp = s->has_timestamp,
        .has_mss = s->has_mss,
        .has_scale = s->has_scale,
        .has_head = is_whole || s->payload.size >= TRACE_HEAD,
        .has_whole = is_whole,
    };
}

static bool has_room(struct trace *trace)
{
    if (trace->segments < trace->segment_room)
        return true;
    if (trace->segment_room == TRACE_SEGMENTS_MOST)
        return false;
    trace->segment_room =
        trace->segment_room ? trace->segment_room * 2 : ROOM_FIRST;
    trace->segment = must_realloc(trace->segment, trace->segment_room,
                                  sizeof *trace->segment);
    return true;
}

void trace_take(struct trace *trace, uint64_t stream, enum opener opener,
                const struct segment *segment)
{
    uint32_t at = TRACE_NONE;
    struct trace_connection *c;
    struct trace_segment *s;

    if (trace->left_out == 0 && has_room(trace))
        at = connection_of(trace, stream, segment);
    if (at == TRACE_NONE) {
        if (trace->left_out++ == 0)
            trace->full_since = segment->at.time;
        return;
    }
    c = &trace->connection[at];
    s = &trace->segment[trace->segments];
    *s = record(trace, segment);
    s->from = !endpoint_same(&c->endpoint[0], &segment->source);
    if (opener != OPENER_UNKNOWN)
        c->client = opener == OPENER_SOURCE ? s->from : !s->from;
    if (c->last == TRACE_NONE)
        c->first = trace->segments;
    else
        trace->segment[c->last].next = trace->segments;
    c->last = trace->segments++;
    c->segments++;
}

const struct trace_segment *trace_find(const struct trace *trace,
                                       uint64_t frame)
{
    uint32_t low = 0;
    uint32_t high = trace->segments;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (trace->segment[middle].frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == trace->segments || trace->segment[low].frame != frame)
        return NULL;
    return &trace->segment[low];
}
