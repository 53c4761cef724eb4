#include "tcp/tcp.h"

#include "base/arena.h"
#include "tcp/held.h"
#include "tcp/table.h"
#include "tcp/watch.h"

#include <assert.h>
#include <stdlib.h>

enum {
    DEFAULT_CONNECTIONS = 50000,
    DEFAULT_ENDED = 16384,
    DEFAULT_HELD_BYTES = 16 << 20,
    CONN_HELD_BYTES = 1 << 20,
    CONN_HELD_SEGMENTS = 2048,
    /* Segments of the connection that a hole may wait for its bytes. */
    HOLE_PATIENCE = 64
};

/* How long an acknowledged hole may wait: longer than any capture reorders. */
#define HOLE_WAITS (100 * NANOS_PER_MILLI)

/* After the end a connection waits for late packets before it is told. */
#define LINGER NANOS_PER_SECOND

struct tcp {
    struct tcp_sink sink;
    struct tcp_options options;
    struct table table;
    struct tcp_counts counts;
    size_t held_bytes;
};

struct tcp *tcp_new(const struct tcp_options *options,
                    const struct tcp_sink *sink)
{
    struct tcp *tcp = must_calloc(1, sizeof *tcp);

    tcp->sink = *sink;
    tcp->options = *options;
    if (!tcp->options.connections)
        tcp->options.connections = DEFAULT_CONNECTIONS;
    if (!tcp->options.held_bytes)
        tcp->options.held_bytes = DEFAULT_HELD_BYTES;
    table_init(&tcp->table);
    return tcp;
}

struct tcp_counts tcp_counts(const struct tcp *tcp)
{
    return tcp->counts;
}

const char *conn_state_name(const struct conn *conn)
{
    const struct flow *a = &conn->flow[0];
    const struct flow *b = &conn->flow[1];

    if (conn->resets && mark_is_set(conn->over))
        return "reset";
    if (mark_is_set(a->fin) && mark_is_set(b->fin))
        return "closed";
    if (mark_is_set(a->fin) || mark_is_set(b->fin))
        return "half-closed";
    if (!conn_start_seen(conn))
        return "joined";
    return a->seen && b->seen ? "open" : "opening";
}

/* Hands bytes on, and what the snap length cut behind them as a gap. */
static void hand_on(struct tcp *tcp, struct conn *conn, unsigned side,
                    const struct piece *piece)
{
    struct flow *flow = &conn->flow[side];
    struct chunk chunk = piece->chunk;
    uint64_t done = flow->next - chunk.offset;
    uint64_t missing = piece->missing;

    /* bytes cannot be read before those in front of them came */
    if (flow->handed.time > chunk.at.time && mark_is_set(flow->handed))
        chunk.at = flow->handed;
    flow->handed = chunk.at;
    if (done < chunk.bytes.size) {
        chunk.bytes = span_skip(chunk.bytes, (size_t)done);
        chunk.offset = flow->next;
        flow->next += chunk.bytes.size;
        flow->bytes += chunk.bytes.size;
        tcp->sink.data(tcp->sink.context, conn, side, &chunk);
    } else {
        missing -= done - chunk.bytes.size;
    }
    if (missing) {
        chunk.offset = flow->next;
        chunk.bytes = (struct span){NULL, (size_t)missing};
        flow->next += missing;
        watch_hole(conn, side, chunk.at, chunk.offset, missing);
        tcp->sink.gap(tcp->sink.context, conn, side, &chunk);
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

static bool hand_on_held(struct tcp *tcp, struct conn *conn, unsigned side)
{
    struct flow *flow = &conn->flow[side];
    bool progress = false;

    while (flow->held && flow->held->offset <= flow->next &&
           cause_was_seen(conn, side, flow->held->ack)) {
        uint32_t before = flow->held_bytes;
        struct held *held = held_pop(flow);
        struct piece piece = {
            .chunk = {.bytes = {held->byte, held->size},
                      .at = held->at,
                      .offset = held->offset,
                      .ack = held->ack},
            .missing = held->missing
        };

        tcp->held_bytes -= before - flow->held_bytes;
        if (held->offset + held->size + held->missing > flow->next)
            hand_on(tcp, conn, side, &piece);
        free(held);
        progress = true;
    }
    if (!flow->end_told && flow->fin_at == flow->next &&
        mark_is_set(flow->fin) && cause_was_seen(conn, side, flow->fin_acks)) {
        flow->end_told = true;
        tcp->sink.end(tcp->sink.context, conn, side, flow->fin);
        progress = true;
    }
    return progress;
}

/* How far the flow's hole reaches; 0: what comes next is not missing. */
static uint64_t hole_size(const struct flow *flow, bool may_be_unacked)
{
    uint64_t end = flow->acked;

    if (flow->fin_at != CONN_NO_OFFSET && end > flow->fin_at)
        end = flow->fin_at;
    if (flow->held && (flow->held->offset < end || may_be_unacked))
        end = flow->held->offset;
    return end > flow->next ? end - flow->next : 0;
}

static void give_up_hole(struct tcp *tcp, struct conn *conn, unsigned side,
                         uint64_t size)
{
    struct flow *flow = &conn->flow[side];
    struct chunk chunk = {
        .bytes = {NULL, (size_t)size},
        .at = flow->held ? flow->held->at : conn->last,
        .offset = flow->next,
        .ack = CONN_NO_OFFSET,
    };

    flow->next += size;
    if (flow->top < flow->next)
        flow->top = flow->next;
    flow->hole_since = (struct mark){0};
    watch_hole(conn, side, chunk.at, chunk.offset, size);
    tcp->sink.gap(tcp->sink.context, conn, side, &chunk);
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

static bool over_budget(const struct tcp *tcp, const struct flow *flow)
{
    return flow->held_bytes > CONN_HELD_BYTES ||
           flow->held_count > CONN_HELD_SEGMENTS ||
           tcp->held_bytes > tcp->options.held_bytes;
}

/* Gives up what has waited long enough. True: something can move on. */
static bool give_up(struct tcp *tcp, struct conn *conn, bool at_end)
{
    bool given_up = false;

    for (unsigned side = 0; side < 2; side++) {
        struct flow *flow = &conn->flow[side];
        bool one_way = !conn->flow[1 - side].seen;
        bool too_much = flow->held && over_budget(tcp, flow);
        uint64_t size = hole_size(flow, too_much || one_way);

        if (size == 0) {
            flow->hole_since = (struct mark){0};
            continue;
        }
        if (!at_end && !too_much && !hole_waited(conn, flow))
            continue;
        if (too_much)
            tcp->counts.held_budget++;
        give_up_hole(tcp, conn, side, size);
        given_up = true;
    }
    return given_up;
}

/* What waits for a cause that will not come any more goes on without it. */
static bool forgo_cause(struct conn *conn, const struct tcp *tcp, bool at_end)
{
    for (unsigned side = 0; side < 2; side++) {
        struct flow *flow = &conn->flow[side];
        bool stuck = flow->held && flow->held->offset <= flow->next;

        if (stuck && (at_end || over_budget(tcp, flow)) &&
            flow->held->ack != CONN_NO_OFFSET) {
            flow->held->ack = CONN_NO_OFFSET;
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
    return !flow->held && flow->acked <= flow->next &&
           (flow->end_told || !mark_is_set(flow->fin));
}

static void settle(struct tcp *tcp, struct conn *conn, bool at_end)
{
    bool progress = true;

    if (is_settled(&conn->flow[0]) && is_settled(&conn->flow[1]))
        return;
    while (progress) {
        progress = hand_on_held(tcp, conn, 0);
        progress |= hand_on_held(tcp, conn, 1);
        if (!progress)
            progress = give_up(tcp, conn, at_end);
        if (!progress)
            progress = forgo_cause(conn, tcp, at_end);
    }
}

static void tell_over(struct tcp *tcp, struct conn *conn,
                      enum conn_ending ending)
{
    if (conn->told_over)
        return;
    settle(tcp, conn, true);
    conn->told_over = true;
    tcp->sink.over(tcp->sink.context, conn, ending);
    for (unsigned side = 0; side < 2; side++) {
        tcp->held_bytes -= conn->flow[side].held_bytes;
        held_release(&conn->flow[side]);
    }
    free(conn->note);
    conn->note = NULL;
    conn->notes = 0;
    conn->notes_open = 0;
}

static void tell_those_over(struct tcp *tcp, nanos now)
{
    struct conn *conn;

    while ((conn = tcp->table.list[PLACE_CLOSING].oldest) &&
           nanos_between(conn->over.time, now) > LINGER) {
        tell_over(tcp, conn, CONN_ENDED);
        table_move(&tcp->table, conn, PLACE_ENDED);
    }
    while (tcp->table.list[PLACE_ENDED].count > DEFAULT_ENDED)
        table_remove(&tcp->table, tcp->table.list[PLACE_ENDED].oldest);
}

static void make_place(struct tcp *tcp)
{
    while (tcp->table.list[PLACE_OPEN].count >= tcp->options.connections) {
        struct conn *conn = tcp->table.list[PLACE_OPEN].oldest;

        tcp->counts.evicted++;
        tell_over(tcp, conn, CONN_EVICTED);
        table_remove(&tcp->table, conn);
    }
    while (tcp->table.list[PLACE_CLOSING].count >= tcp->options.connections) {
        struct conn *conn = tcp->table.list[PLACE_CLOSING].oldest;

        tell_over(tcp, conn, CONN_ENDED);
        table_move(&tcp->table, conn, PLACE_ENDED);
    }
}

/*
 * A new SYN on known ports opens a new connection, unless it repeats the one
 * that opened this. Wireshark's packet-tcp.c decides alike.
 */
static bool is_reuse(const struct conn *conn, const struct segment *segment,
                     unsigned side)
{
    const struct flow *flow = &conn->flow[side];

    if ((segment->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN || !flow->isn_known)
        return false;
    return segment->seq != flow->isn;
}

/* Without a SYN the lower port is taken for the server's until HTTP says. */
static void guess_client(struct conn *conn, const struct segment *segment)
{
    bool syn = segment->flags & TCP_SYN;
    bool ack = segment->flags & TCP_ACK;

    conn->client_known = syn;
    if (syn)
        conn->client = ack ? 1 : 0;
    else
        conn->client = segment->source.port < segment->destination.port;
}

static struct conn *open_conn(struct tcp *tcp, const struct segment *segment)
{
    struct conn *conn;

    make_place(tcp);
    conn = table_add(&tcp->table, segment);
    conn->id = tcp->counts.connections++;
    conn->first = segment_mark(segment);
    for (unsigned side = 0; side < 2; side++) {
        conn->flow[side].fin_at = CONN_NO_OFFSET;
        conn->flow[side].fin_acks = CONN_NO_OFFSET;
    }
    guess_client(conn, segment);
    return conn;
}

static struct conn *conn_for(struct tcp *tcp, const struct segment *segment,
                             unsigned *side)
{
    struct conn *conn = table_find(&tcp->table, segment, side);

    if (conn && is_reuse(conn, segment, *side)) {
        tell_over(tcp, conn,
                  mark_is_set(conn->over) ? CONN_ENDED : CONN_REPLACED);
        table_remove(&tcp->table, conn);
        conn = NULL;
    }
    if (!conn) {
        *side = 0;
        conn = open_conn(tcp, segment);
    }
    return conn;
}

static void take_payload(struct tcp *tcp, struct conn *conn,
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
    if (seen->offset <= flow->next && !flow->held &&
        cause_was_seen(conn, seen->side, seen->ack)) {
        hand_on(tcp, conn, seen->side, &piece);
        return;
    }
    held_insert(flow, &piece);
    tcp->held_bytes += flow->held_bytes - before;
}

void tcp_take(struct tcp *tcp, const struct segment *segment)
{
    unsigned side = 0;
    struct conn *conn;
    struct seen seen;

    tell_those_over(tcp, segment->time);
    conn = conn_for(tcp, segment, &side);
    if (conn->told_over)
        return;
    seen = watch_segment(conn, segment, side);
    if (seen.end > seen.offset && !(segment->flags & TCP_RST))
        take_payload(tcp, conn, &seen);
    settle(tcp, conn, false);
    if (seen.acked_all)
        tcp->sink.acked(tcp->sink.context, conn, 1 - side);
    if (!mark_is_set(conn->over) && mark_is_set(conn->flow[0].fin) &&
        mark_is_set(conn->flow[1].fin))
        conn->over = seen.at;
    if (!mark_is_set(conn->over))
        table_move(&tcp->table, conn, PLACE_OPEN);
    else if (conn->place == PLACE_OPEN)
        table_move(&tcp->table, conn, PLACE_CLOSING);
}

void tcp_finish(struct tcp *tcp)
{
    for (unsigned place = 0; place < PLACE_COUNT; place++) {
        struct conn *conn = tcp->table.list[place].oldest;

        for (; conn; conn = conn->newer)
            tell_over(tcp, conn,
                      mark_is_set(conn->over) ? CONN_ENDED : CONN_STILL_OPEN);
    }
}

void tcp_free(struct tcp *tcp)
{
    for (unsigned place = 0; place < PLACE_COUNT; place++) {
        struct conn *conn = tcp->table.list[place].oldest;

        for (; conn; conn = conn->newer) {
            held_release(&conn->flow[0]);
            held_release(&conn->flow[1]);
        }
    }
    table_release(&tcp->table);
    free(tcp);
}
