#include "tcp/reassembly.h"

#include "tcp/episodes.h"
#include "tcp/out_of_order.h"

#include <stdlib.h>

enum {
    CONN_HELD_BYTES_MOST = 1 << 20,
    CONN_HELD_SEGMENTS_MOST = 2048,
    /* Segments of the connection that a hole may wait for its bytes. */
    HOLE_PATIENCE = 64
};

/* How long an acknowledged hole may wait: longer than any capture reorders. */
#define HOLE_WAITS (100 * NANOS_PER_MILLI)

/* Hands bytes on, and what the snap length cut behind them as a gap. */
static void hand_on(struct reassembly *reassembly, struct conn *conn,
                    unsigned side, struct piece *piece)
{
    struct flow *flow = &conn->flow[side];
    struct chunk *chunk = &piece->chunk;
    uint64_t done = flow->next - chunk->offset;
    uint64_t missing = piece->missing;

    /* bytes cannot be read before those in front of them came */
    if (flow->handed.frame > chunk->at.frame)
        chunk->at = flow->handed;
    flow->handed = chunk->at;
    /* what comes fills the hole: the next one has a wait of its own */
    if (mark_is_set(flow->hole_since))
        flow->hole_since = (struct mark){0};
    if (done < chunk->bytes.size) {
        chunk->bytes = span_skip(chunk->bytes, (size_t)done);
        chunk->offset = flow->next;
        flow->next += chunk->bytes.size;
        flow->bytes += chunk->bytes.size;
        reassembly->sink->data(reassembly->sink->context, conn, side, chunk);
    } else {
        missing -= done - chunk->bytes.size;
    }
    if (missing) {
        chunk->offset = flow->next;
        chunk->bytes = (struct span){NULL, (size_t)missing};
        flow->next += missing;
        flow->cut += missing;
        episodes_hole(conn, side, chunk->at, chunk->offset, missing);
        reassembly->sink->gap(reassembly->sink->context, conn, side, chunk);
    }
}

/* May bytes that acknowledge up to `ack` be handed on, by cause? */
static bool cause_was_seen(const struct conn *conn, unsigned side, uint64_t ack)
{
    const struct flow *peer = &conn->flow[1 - side];

    if (ack == CONN_NO_OFFSET || !peer->seen || ack <= peer->next)
        return true;
    return peer->fin_at != CONN_NO_OFFSET && ack == peer->fin_at + 1 &&
           peer->next == peer->fin_at;
}

/* May the first held segment leave? Behind the flow's end nothing counts. */
static bool can_leave(const struct conn *conn, unsigned side)
{
    const struct flow *flow = &conn->flow[side];

    return flow->end_told ||
           (out_of_order_first(flow)->offset <= flow->next &&
            cause_was_seen(conn, side, out_of_order_first(flow)->ack));
}

static bool hand_on_held(struct reassembly *reassembly, struct conn *conn,
                         unsigned side)
{
    struct flow *flow = &conn->flow[side];
    bool progress = false;

    while (flow->held_count && can_leave(conn, side)) {
        uint32_t before = flow->held_bytes;
        struct out_of_order *held = out_of_order_pop(flow);
        struct piece piece = {
            .chunk = {.bytes = {held->byte, held->size},
                      .at = held->at,
                      .offset = held->offset,
                      .ack = held->ack},
            .missing = held->missing
        };

        reassembly->held_bytes -= before - flow->held_bytes;
        if (!flow->end_told &&
            held->offset + held->size + held->missing > flow->next)
            hand_on(reassembly, conn, side, &piece);
        free(held);
        progress = true;
    }
    if (!flow->end_told && flow->fin_at == flow->next &&
        mark_is_set(flow->fin) && cause_was_seen(conn, side, flow->fin_acks)) {
        flow->end_told = true;
        reassembly->sink->end(reassembly->sink->context, conn, side, flow->fin);
        progress = true;
    }
    return progress;
}

/* Its own segments without bytes stood there; 0: nowhere further on. It is no
 * hole before bytes that wait: those the network may have lost. */
static uint64_t stood_at(const struct flow *flow)
{
    return flow->stands_ahead ? flow_offset(flow, flow->stands_at) : 0;
}

/*
 * How far the flow's hole reaches; 0: what comes next is not missing. That an
 * empty segment of its own stands further on is told at the end only: until
 * then the bytes before it may be sent again.
 */
static uint64_t hole_size(const struct flow *flow, bool may_be_unacked,
                          bool at_end)
{
    uint64_t end = flow->acked;

    if (at_end && !flow->held_count && stood_at(flow) > end)
        end = stood_at(flow);
    if (flow->fin_at != CONN_NO_OFFSET && end > flow->fin_at)
        end = flow->fin_at;
    if (flow->held_count &&
        (out_of_order_first(flow)->offset < end || may_be_unacked))
        end = out_of_order_first(flow)->offset;
    return end > flow->next ? end - flow->next : 0;
}

/* Bytes that were not captured came before they were acknowledged. */
static struct mark when_lost(const struct conn *conn, const struct flow *flow)
{
    if (mark_is_set(flow->hole_since))
        return flow->hole_since;
    if (flow->held_count)
        return out_of_order_first(flow)->at;
    /* nobody acknowledged them: sent, at some time behind what was seen */
    return flow->acked <= flow->next && mark_is_set(flow->last_data)
               ? flow->last_data
               : conn->last;
}

/* The hole is given up only as far as the next waiting bytes need it: what
 * they cause may still be missing behind them. */
static uint64_t needed_by_peer(const struct flow *flow, const struct flow *peer,
                               uint64_t size)
{
    uint64_t ack =
        peer->held_count && out_of_order_first(peer)->offset <= peer->next
            ? out_of_order_first(peer)->ack
            : CONN_NO_OFFSET;

    if (ack == CONN_NO_OFFSET || ack <= flow->next || ack - flow->next >= size)
        return size;
    return ack - flow->next;
}

static void give_up_hole(struct reassembly *reassembly, struct conn *conn,
                         unsigned side, uint64_t size)
{
    struct flow *flow = &conn->flow[side];
    struct chunk chunk = {
        .bytes = {NULL, (size_t)size},
        .at = when_lost(conn, flow),
        .offset = flow->next,
        .ack = CONN_NO_OFFSET,
    };

    flow->next += size;
    if (flow->top < flow->next)
        flow->top = flow->next;
    flow->hole_since = (struct mark){0};
    flow->hole_end = flow->next;
    episodes_hole(conn, side, chunk.at, chunk.offset, size);
    reassembly->sink->gap(reassembly->sink->context, conn, side, &chunk);
}

/* Has the capture had its chance to bring what the peer acknowledged? */
static bool hole_waited(struct conn *conn, struct flow *flow)
{
    if (!mark_is_set(flow->hole_since)) {
        flow->hole_since = conn->last;
        flow->hole_patience = 0;
        return false;
    }
    return ++flow->hole_patience > HOLE_PATIENCE ||
           nanos_between(flow->hole_since.time, conn->last.time) > HOLE_WAITS;
}

static bool over_budget(const struct reassembly *reassembly,
                        const struct flow *flow)
{
    return flow->held_bytes > CONN_HELD_BYTES_MOST ||
           flow->held_count > CONN_HELD_SEGMENTS_MOST ||
           reassembly->held_bytes > reassembly->limit;
}

/* Gives up what has waited long enough. True: something can move on. */
static bool give_up(struct reassembly *reassembly, struct conn *conn,
                    bool at_end)
{
    bool given_up = false;

    for (unsigned side = 0; side < 2; side++) {
        struct flow *flow = &conn->flow[side];
        bool one_way = !conn->flow[1 - side].seen;
        bool too_much = flow->held_count && over_budget(reassembly, flow);
        uint64_t size = hole_size(flow, too_much || one_way, at_end);

        if (size == 0) {
            flow->hole_since = (struct mark){0};
            continue;
        }
        if (!at_end && !too_much && !hole_waited(conn, flow))
            continue;
        if (too_much)
            reassembly->gave_up_early++;
        give_up_hole(reassembly, conn, side,
                     needed_by_peer(flow, &conn->flow[1 - side], size));
        given_up = true;
    }
    return given_up;
}

/* What waits for a cause that will not come any more goes on without it. */
static bool forgo_cause(struct conn *conn, const struct reassembly *reassembly,
                        bool at_end)
{
    for (unsigned side = 0; side < 2; side++) {
        struct flow *flow = &conn->flow[side];
        bool stuck =
            flow->held_count && out_of_order_first(flow)->offset <= flow->next;

        if (stuck && (at_end || over_budget(reassembly, flow)) &&
            out_of_order_first(flow)->ack != CONN_NO_OFFSET) {
            out_of_order_first(flow)->ack = CONN_NO_OFFSET;
            return true;
        }
        if (at_end && !flow->end_told && flow->fin_at == flow->next &&
            mark_is_set(flow->fin) && flow->fin_acks != CONN_NO_OFFSET &&
            !cause_was_seen(conn, side, flow->fin_acks)) {
            flow->fin_acks = CONN_NO_OFFSET;
            return true;
        }
    }
    return false;
}

static bool is_settled(const struct flow *flow)
{
    return !flow->held_count && flow->acked <= flow->next &&
           stood_at(flow) <= flow->next &&
           (flow->end_told || !mark_is_set(flow->fin));
}

void reassembly_settle(struct reassembly *reassembly, struct conn *conn,
                       bool at_end)
{
    bool progress = true;

    if (is_settled(&conn->flow[0]) && is_settled(&conn->flow[1]))
        return;
    while (progress) {
        progress = hand_on_held(reassembly, conn, 0);
        progress |= hand_on_held(reassembly, conn, 1);
        if (!progress)
            progress = give_up(reassembly, conn, at_end);
        if (!progress)
            progress = forgo_cause(conn, reassembly, at_end);
    }
}

void reassembly_take(struct reassembly *reassembly, struct conn *conn,
                     const struct seen *seen)
{
    struct flow *flow = &conn->flow[seen->side];
    struct piece piece = {
        .chunk = {.bytes = seen->segment->payload,
                  .at = seen->at,
                  .offset = seen->offset,
                  .ack = seen->ack},
        .missing = seen->segment->missing
    };
    uint32_t before = flow->held_bytes;

    if (seen->end <= flow->next)
        return;
    if (mark_is_set(conn->over) && conn->resets)
        conn->data_after_reset = true;
    if (flow->end_told)
        return;
    if (seen->offset <= flow->next && !flow->held_count &&
        cause_was_seen(conn, seen->side, seen->ack)) {
        hand_on(reassembly, conn, seen->side, &piece);
        return;
    }
    out_of_order_insert(flow, &piece);
    reassembly->held_bytes += flow->held_bytes - before;
}
