#include "tcp/tcp.h"

#include "base/arena.h"
#include "tcp/accept.h"
#include "tcp/analysis.h"
#include "tcp/elsewhere.h"
#include "tcp/out_of_order.h"
#include "tcp/processes.h"
#include "tcp/reassembly.h"
#include "tcp/table.h"
#include "wire/endpoint.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CONNECTIONS_MOST = 50000,
    ENDED_KEPT = 16384,
    HELD_BYTES_MOST = 16 << 20,
};

/* After the end a connection waits for late packets before it is told. */
#define LINGER NANOS_PER_SECOND

/* Packets that belong together, an RST behind a FIN, come within this. */
#define SETTLES_WITHIN (200 * NANOS_PER_MILLI)

struct tcp {
    struct tcp_sink sink;
    struct tcp_options options;
    struct table table;
    struct tcp_counts counts;
    struct reassembly reassembly;
};

struct tcp *tcp_new(const struct tcp_options *options,
                    const struct tcp_sink *sink)
{
    struct tcp *tcp = must_calloc(1, sizeof *tcp);

    tcp->sink = *sink;
    tcp->options = *options;
    if (!tcp->options.connections)
        tcp->options.connections = CONNECTIONS_MOST;
    if (!tcp->options.held_bytes)
        tcp->options.held_bytes = HELD_BYTES_MOST;
    tcp->reassembly.sink = &tcp->sink;
    tcp->reassembly.limit = tcp->options.held_bytes;
    table_init(&tcp->table);
    return tcp;
}

struct tcp_counts tcp_counts(const struct tcp *tcp)
{
    struct tcp_counts counts = tcp->counts;

    counts.open = tcp->table.list[PLACE_OPEN].count;
    counts.held_budget = tcp->reassembly.gave_up_early;
    return counts;
}

static void tell_over(struct tcp *tcp, struct conn *conn,
                      enum conn_ending ending)
{
    if (conn->told_over)
        return;
    reassembly_settle(&tcp->reassembly, conn, true);
    stage_end(&tcp->options.watch, conn);
    elsewhere_look(&tcp->table, conn);
    conn->told_over = true;
    tcp->sink.over(tcp->sink.context, conn, ending);
    for (unsigned side = 0; side < 2; side++) {
        tcp->reassembly.held_bytes -= conn->flow[side].held_bytes;
        out_of_order_release(&conn->flow[side]);
    }
    conn_free_episodes(conn);
    conn->episodes_open = 0;
}

/* Also when the clock was set back: it will not come to that time again. */
static bool is_past(nanos then, nanos now, nanos by)
{
    nanos passed = nanos_between(then, now);

    return passed > by || passed < -by;
}

void tcp_tick(struct tcp *tcp, nanos now)
{
    const struct table *table = &tcp->table;
    struct conn *conn;

    while ((conn = table->list[PLACE_CLOSING].oldest) &&
           is_past(conn->over.time, now, LINGER)) {
        tell_over(tcp, conn, CONN_ENDED);
        table_move(&tcp->table, conn, PLACE_ENDED);
    }
    while ((conn = table->list[PLACE_ENDED].oldest) &&
           (table->list[PLACE_ENDED].count > ENDED_KEPT ||
            (tcp->options.forget &&
             is_past(conn->over.time, now, tcp->options.forget))))
        table_remove(&tcp->table, conn);
}

static bool is_due(const struct conn *conn, nanos now)
{
    return !conn->told_over && conn_is_due(conn->look_at, now) &&
           (!mark_is_set(conn->over) ||
            is_past(conn->over.time, now, SETTLES_WITHIN));
}

static nanos look(struct tcp *tcp, struct conn *conn)
{
    elsewhere_look(&tcp->table, conn);
    return tcp->sink.look(tcp->sink.context, conn);
}

void tcp_look(struct tcp *tcp, nanos now)
{
    for (unsigned place = PLACE_OPEN; place <= PLACE_CLOSING; place++) {
        for (struct conn *conn = tcp->table.list[place].oldest; conn;
             conn = conn->newer) {
            if (is_due(conn, now))
                conn->look_at = look(tcp, conn);
        }
    }
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
    conn->first = segment->at;
    for (unsigned side = 0; side < 2; side++) {
        conn->flow[side].fin_at = CONN_NO_OFFSET;
        conn->flow[side].fin_acks = CONN_NO_OFFSET;
    }
    guess_client(conn, segment);
    return conn;
}

/* The new one has the ports of the other, which is over. */
static struct conn *replace(struct tcp *tcp, struct conn *conn,
                            const struct segment *segment)
{
    struct ports ports = stage_ports_of(conn, segment->at.time);

    tell_over(tcp, conn, mark_is_set(conn->over) ? CONN_ENDED : CONN_REPLACED);
    table_remove(&tcp->table, conn);
    conn = open_conn(tcp, segment);
    conn->ports = ports;
    return conn;
}

/*
 * On the ports of a connection that is not told yet a SYN proves nothing:
 * anybody can send one. It counts once it is answered or sent again. It has its
 * number all the same, as in Wireshark.
 */
static bool must_wait(const struct conn *conn, const struct segment *segment)
{
    return !conn->told_over && segment->payload.size + segment->missing == 0;
}

/* It is sent again: whoever guesses does not. */
static bool repeats_claim(const struct conn *conn,
                          const struct segment *segment)
{
    const struct claim *claim = conn->odd ? conn->odd->claim : NULL;

    return claim && claim->segment.seq == segment->seq &&
           endpoint_same(&claim->segment.source, &segment->source);
}

static void wait_for_answer(struct tcp *tcp, struct conn *conn,
                            const struct segment *segment)
{
    struct oddities *odd = conn_oddities(conn);

    if (!odd->claim)
        odd->claim = must_calloc(1, sizeof *odd->claim);
    *odd->claim =
        (struct claim){.segment = *segment,
                       .ports = stage_ports_of(conn, segment->at.time),
                       .id = tcp->counts.connections++};
    odd->claim->segment.payload = (struct span){NULL, 0};
    tcp->counts.unanswered++;
}

/* The claim was made by the other end, and this answers it. */
static bool answers_claim(const struct conn *conn,
                          const struct segment *segment)
{
    const struct claim *claim = conn->odd ? conn->odd->claim : NULL;

    return claim && answers_syn(segment, claim->segment.seq) &&
           endpoint_same(&claim->segment.source, &segment->destination);
}

/* A connection of its own for the SYN that waited. */
static struct conn *open_claimed(struct tcp *tcp, struct conn *conn)
{
    struct claim claim = *conn->odd->claim;
    struct seen seen;

    conn = replace(tcp, conn, &claim.segment);
    tcp->counts.connections--;
    tcp->counts.unanswered--;
    conn->id = claim.id;
    conn->challenged = claim.challenged;
    conn->ports = claim.ports;
    (void)accept_segment(conn, &claim.segment, 0);
    analyse_segment(conn, &claim.segment, 0, &seen);
    stage_follow(&tcp->options.watch, conn, &claim.segment);
    return conn;
}

/* It keeps the number that it had. */
static struct conn *open_quoted(struct tcp *tcp, struct conn *quoted,
                                const struct segment *segment)
{
    uint64_t id = quoted->id;
    struct conn *conn;

    table_remove(&tcp->table, quoted);
    conn = open_conn(tcp, segment);
    tcp->counts.connections--;
    conn->id = id;
    return conn;
}

void tcp_take_quoted(struct tcp *tcp, const struct segment *segment)
{
    unsigned side = 0;
    struct conn *conn = table_find(&tcp->table, segment, &side);

    tcp_tick(tcp, segment->at.time);
    if (conn)
        return;
    conn = table_add(&tcp->table, segment);
    conn->id = tcp->counts.connections++;
    conn->first = segment->at;
    conn->over = conn->first;
    conn->told_over = true;
    conn->quoted = true;
    table_move(&tcp->table, conn, PLACE_ENDED);
}

/* The connection that the segment belongs to; NULL: to none, for now. */
static struct conn *conn_for(struct tcp *tcp, const struct segment *segment,
                             unsigned *side)
{
    struct conn *conn = table_find(&tcp->table, segment, side);

    if (conn && conn->quoted) {
        *side = 0;
        return open_quoted(tcp, conn, segment);
    }
    if (conn && is_reuse(conn, segment, *side)) {
        if (repeats_claim(conn, segment)) {
            *side = 0;
            return open_claimed(tcp, conn);
        }
        if (must_wait(conn, segment)) {
            wait_for_answer(tcp, conn, segment);
            return NULL;
        }
        *side = 0;
        return replace(tcp, conn, segment);
    }
    if (conn && answers_claim(conn, segment)) {
        *side = 1;
        return open_claimed(tcp, conn);
    }
    if (conn && conn->odd && conn->odd->claim)
        stage_follow_claim(conn, segment);
    if (!conn) {
        *side = 0;
        conn = open_conn(tcp, segment);
    }
    return conn;
}

static void close_conn(struct tcp *tcp, struct conn *conn)
{
    conn->look_at = 0;
    table_move(&tcp->table, conn, PLACE_CLOSING);
}

const struct conn *tcp_take(struct tcp *tcp, const struct segment *segment)
{
    unsigned side = 0;
    struct conn *conn;
    struct seen seen;
    uint32_t held;

    tcp_tick(tcp, segment->at.time);
    conn = conn_for(tcp, segment, &side);
    if (!conn || conn->told_over)
        return NULL;
    if (segment->process)
        conn_take_process(conn, segment, side);
    held = conn->flow[side].held_bytes;
    if (conn->odd && stage_is_challenged(conn, segment, side))
        return conn;
    if (!accept_segment(conn, segment, side))
        return conn;
    tcp->reassembly.held_bytes -= held - conn->flow[side].held_bytes;
    analyse_segment(conn, segment, side, &seen);
    if (seen.end > seen.offset && !(segment->flags & TCP_RST))
        reassembly_take(&tcp->reassembly, conn, &seen);
    reassembly_settle(&tcp->reassembly, conn, false);
    if (seen.acked_all)
        tcp->sink.acked(tcp->sink.context, conn, 1 - side);
    if (!mark_is_set(conn->over) && mark_is_set(conn->flow[0].fin) &&
        mark_is_set(conn->flow[1].fin))
        conn->over = seen.at;
    if (!stage_is_settled(conn))
        stage_follow(&tcp->options.watch, conn, segment);
    if (!mark_is_set(conn->over))
        table_move(&tcp->table, conn, PLACE_OPEN);
    else if (conn->place == PLACE_OPEN)
        close_conn(tcp, conn);
    return conn;
}

void tcp_finish(struct tcp *tcp)
{
    /* what failed comes before what goes on: that may explain it */
    static const enum place order[] = {PLACE_ENDED, PLACE_CLOSING, PLACE_OPEN};

    for (unsigned i = 0; i < PLACE_COUNT; i++) {
        struct conn *conn = tcp->table.list[order[i]].oldest;

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
            out_of_order_release(&conn->flow[0]);
            out_of_order_release(&conn->flow[1]);
        }
    }
    table_release(&tcp->table);
    free(tcp);
}
