#include "compare/passage.h"

#include "base/arena.h"

/* 64 bits for a number near `near`. */
static int64_t widen(int64_t near, uint32_t number)
{
    return near + (int32_t)(number - (uint32_t)near);
}

struct widening {
    unsigned from; /* of this trace's endpoints, who sends */
    uint32_t shift;
    uint32_t ack_shift;
    int64_t near;
    bool begun;
};

static void add_item(struct passage *passage, struct widening *w,
                     enum passage_end at, uint32_t segment)
{
    const struct trace_segment *s = &passage->trace[at]->segment[segment];
    uint32_t seq = s->seq - w->shift;
    struct passage_item *item = &passage->item[passage->items++];

    if (!w->begun)
        w->near = w->near ? w->near : (INT64_C(1) << 32) + seq;
    w->begun = true;
    *item = (struct passage_item){.start = widen(w->near, seq),
                                  .ack = s->ack - w->ack_shift,
                                  .segment = segment,
                                  .at = at,
                                  .controls =
                                      s->flags & (TCP_SYN | TCP_FIN | TCP_RST)};
    /* the data of an RST is no part of the stream (RFC 9293, 3.5.3) */
    item->end = item->start + (s->flags & TCP_RST ? 0 : trace_span(s));
    item->missing = (uint32_t)(item->end - item->start);
    if (item->missing)
        w->near = item->start;
}

static void take_ack(struct passage *passage, const struct widening *w,
                     enum passage_end at, const struct trace_segment *s)
{
    int64_t ack = widen(w->near, s->ack - w->shift);
    size_t count = passage->acks;

    if (s->flags & TCP_RST)
        return;
    if (at == CAME)
        passage->last_said = s->time;
    if (!w->begun || !(s->flags & TCP_ACK))
        return;
    if (at == CAME && (count == 0 || ack > passage->ack[count - 1].acked))
        passage->ack[passage->acks++] = (struct passage_ack){s->time, ack};
    if (ack > passage->acked)
        passage->acked = ack;
}

/* Gives where the numbers of this end begin. */
static int64_t add_end(struct passage *passage, enum passage_end at,
                       uint32_t first, struct widening w)
{
    const struct trace *trace = passage->trace[at];
    int64_t begin = w.near;

    for (uint32_t i = first; i != TRACE_NONE; i = trace->segment[i].next) {
        if (trace->segment[i].from == w.from)
            add_item(passage, &w, at, i);
        else
            take_ack(passage, &w, at, &trace->segment[i]);
        if (!begin)
            begin = w.near;
    }
    return begin;
}

void passage_open(struct passage *passage, struct trace trace[2],
                  const struct match *match, unsigned from, enum way way)
{
    const struct trace_connection *c[2];
    int64_t near = 0;

    *passage =
        (struct passage){.way = way, .ack_shift = match->shift[1 - from]};
    if (way == WAY_DOWN)
        passage->ack_shift = 0u - passage->ack_shift;
    for (unsigned i = 0; i < 2; i++) {
        passage->trace[i] = &trace[way == WAY_UP ? i : 1 - i];
        c[i] = &trace[i].connection[match->connection[i]];
    }
    passage->item = must_calloc((size_t)c[0]->segments + c[1]->segments + 1,
                                sizeof *passage->item);
    passage->ack = must_calloc((size_t)c[0]->segments + c[1]->segments + 1,
                               sizeof *passage->ack);
    passage->last_said = NANOS_NEVER;
    for (unsigned i = 0; i < 2; i++) {
        struct widening w = {
            .from = i ? from ^ match->turned : from,
            .shift = i ? match->shift[from] : 0,
            .ack_shift = i ? match->shift[1 - from] : 0,
            .near = near,
        };
        enum passage_end at = (i == 0) == (way == WAY_UP) ? SENT : CAME;

        near = add_end(passage, at, c[i]->first, w);
    }
    passage_sort(passage);
}
