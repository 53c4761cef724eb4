#include "tcp/accept.h"

#include "base/arena.h"
#include "tcp/out_of_order.h"
#include "tcp/stage.h"

#include <stdlib.h>

/* How far beyond a window a segment is still taken: a capture lacks some. */
enum {
    WINDOW_LEAST = 65535,
    WINDOW_UNKNOWN = 1 << 23, /* the scale is not known */
};

enum {
    TTL_STEADY = 1,   /* segments alike, before one that is not is strange */
    TTL_UNSTEADY = 4, /* of a flow; one with more has no TTL of its own */
    BYTES_TELL = 16,  /* of a segment, to know it again */
};

struct oddities *conn_oddities(struct conn *conn)
{
    if (!conn->odd)
        conn->odd = must_calloc(1, sizeof *conn->odd);
    return conn->odd;
}

/* What the side may have under way, and as much again that was not seen. */
static int64_t room_of(const struct conn *conn, unsigned side)
{
    const struct flow *flow = &conn->flow[side];
    const struct flow *peer = &conn->flow[1 - side];
    int64_t window =
        peer->widest > WINDOW_LEAST / 2 ? peer->widest : WINDOW_LEAST;

    if (!mark_is_set(flow->syn) || !mark_is_set(peer->syn))
        window = WINDOW_UNKNOWN;
    else if (flow->has_scale && peer->has_scale)
        window <<= peer->scale;
    return 2 * window;
}

/* The numbers from the oldest that may be under way to the newest. */
static bool is_near(const struct conn *conn, unsigned side, uint32_t seq)
{
    const struct flow *flow = &conn->flow[side];
    int64_t offset = (int64_t)flow_offset(flow, seq);
    int64_t top = (int64_t)flow->top;
    int64_t acked = (int64_t)flow->acked;
    int64_t room = room_of(conn, side);

    return offset + room >= (acked < top ? acked : top) &&
           offset <= (acked < top ? top : acked) + room;
}

/* RFC 9293, 3.10.7.3: in SYN-SENT only what acknowledges the SYN counts. */
static bool is_before_answer(const struct conn *conn, unsigned side)
{
    const struct flow *peer = &conn->flow[1 - side];

    return !conn->flow[side].seen && peer->seen && side != conn->client &&
           mark_is_set(peer->syn);
}

static bool is_answer(const struct conn *conn, const struct segment *segment,
                      unsigned side)
{
    const struct flow *peer = &conn->flow[1 - side];
    int32_t acked = (int32_t)(segment->ack - peer->isn);

    if (!(segment->flags & TCP_ACK))
        return !(segment->flags & TCP_RST);
    return acked >= 1 &&
           acked <= (int64_t)(peer->top - CONN_ORIGIN) + WINDOW_LEAST;
}

static bool fits(const struct conn *conn, const struct segment *segment,
                 unsigned side)
{
    const struct flow *flow = &conn->flow[side];
    const struct flow *peer = &conn->flow[1 - side];

    if (is_before_answer(conn, side))
        return is_answer(conn, segment, side);
    if (segment->flags & TCP_SYN)
        return !flow->isn_known || segment->seq == flow->isn;
    if (segment->flags & TCP_RST)
        return true; /* see tcp/resets.c */
    return (!flow->isn_known || is_near(conn, side, segment->seq)) &&
           (!(segment->flags & TCP_ACK) || !peer->isn_known ||
            is_near(conn, 1 - side, segment->ack));
}

bool answers_syn(const struct segment *segment, uint32_t seq)
{
    return (segment->flags & TCP_ACK) &&
           (segment->flags & (TCP_SYN | TCP_RST)) && segment->ack == seq + 1;
}

/*
 * The server's SYN-ACK says where its numbers begin, whatever came in its name
 * before: a socket that had the ports until then answers a SYN too (RFC 5961,
 * 4.2). Once the client has gone on from it, no other one does.
 */
static bool is_anchor(const struct conn *conn, const struct segment *segment,
                      unsigned side)
{
    const struct flow *flow = &conn->flow[side];
    const struct flow *peer = &conn->flow[1 - side];
    bool is_shaken = flow->segments > flow->syns || peer->segments > peer->syns;

    return (segment->flags & (TCP_SYN | TCP_RST)) == TCP_SYN &&
           mark_is_set(peer->syn) && answers_syn(segment, peer->isn) &&
           peer->isn_known && !(mark_is_set(flow->syn) && is_shaken);
}

/* Bytes, a gap or the end: what was told of the flow keeps its place. */
static bool was_told(const struct flow *flow)
{
    return flow->next > CONN_ORIGIN + 1 || flow->end_told;
}

/* Begins the side anew, and forgets who had refused the connection. */
static void anchor(struct conn *conn, unsigned side, uint32_t seq)
{
    struct flow *flow = &conn->flow[side];

    conn->resets = 0;
    conn->refused = false;
    conn->over = (struct mark){0};
    conn->data_after_reset = false;
    if (!flow->seen || was_told(flow) || flow->isn == seq)
        return;
    out_of_order_release(flow);
    *flow = (struct flow){.fin_at = CONN_NO_OFFSET, .fin_acks = CONN_NO_OFFSET};
}

static bool is_within(uint32_t a, uint32_t b, int64_t room)
{
    int64_t apart = (int32_t)(a - b);

    return apart <= room && -apart <= room;
}

/* Does it go on where the ignored one stopped? The same again does not. */
static bool goes_on(const struct conn *conn, const struct segment *segment,
                    unsigned side)
{
    const struct ignored *last = conn->odd ? &conn->odd->last : NULL;
    int64_t room = room_of(conn, side);

    if (!last || !last->is_set ||
        (segment->flags & last->flags & TCP_ACK) != TCP_ACK)
        return false;
    if (last->side != side)
        return is_within(segment->ack, last->end, room) &&
               is_within(segment->seq, last->ack, room);
    return (segment->seq != last->seq || segment->ack != last->ack) &&
           is_within(segment->seq, last->end, room) &&
           is_within(segment->ack, last->ack, room);
}

/* Bytes that wait at numbers which were not the sender's: they are lost. */
static void drop_held(struct conn *conn, unsigned side)
{
    struct flow *flow = &conn->flow[side];
    struct contradicted *odd;

    if (!flow->held_count)
        return;
    odd = &conn_oddities(conn)->contradicted[side];
    if (!mark_is_set(odd->first))
        odd->first = out_of_order_first(flow)->at;
    out_of_order_release(flow);
}

static void begin_flow(struct conn *conn, unsigned side, uint32_t seq)
{
    struct flow *flow = &conn->flow[side];

    drop_held(conn, side);
    *flow = (struct flow){.isn = seq - 1,
                          .isn_known = true,
                          .seen = flow->seen,
                          .top = CONN_ORIGIN + 1,
                          .next = CONN_ORIGIN + 1,
                          .acked = CONN_ORIGIN + 1,
                          .fin_at = CONN_NO_OFFSET,
                          .fin_acks = CONN_NO_OFFSET};
}

/* The flow goes on at that number, with a hole before it. */
static void move_flow(struct conn *conn, unsigned side, uint32_t seq)
{
    struct flow *flow = &conn->flow[side];
    uint64_t top = flow->acked > flow->top ? flow->acked : flow->top;

    if (!flow->isn_known || is_near(conn, side, seq) ||
        flow_offset(flow, seq) >= top)
        return;
    flow->stands_ahead = false;
    if (was_told(flow) || mark_is_set(flow->syn))
        flow->isn = seq - (uint32_t)(top + 1 - CONN_ORIGIN);
    else
        begin_flow(conn, side, seq);
}

static void ignore(struct conn *conn, const struct segment *segment,
                   unsigned side)
{
    struct oddities *odd = conn_oddities(conn);
    uint32_t size = (uint32_t)segment->payload.size + segment->missing;

    odd->ignored++;
    odd->last = (struct ignored){.is_set = true,
                                 .side = (uint8_t)side,
                                 .flags = segment->flags,
                                 .seq = segment->seq,
                                 .end = segment->seq + size,
                                 .ack = segment->ack};
}

void contradict(struct conn *conn, unsigned side, struct mark at, uint8_t ttl)
{
    struct contradicted *odd = &conn_oddities(conn)->contradicted[side];

    if (!mark_is_set(odd->first))
        odd->first = at;
    odd->ttl = ttl;
    odd->is_latest = true;
}

/*
 * A TTL that its sender's segments did not have so far. Two in a row say that
 * the path is another one now.
 */
static void take_strange_ttl(struct conn *conn, const struct segment *segment,
                             unsigned side)
{
    struct flow *flow = &conn->flow[side];
    struct contradicted *odd =
        conn->odd ? &conn->odd->contradicted[side] : NULL;

    if (flow->ttl_alike < TTL_STEADY || (odd && odd->strange > TTL_UNSTEADY) ||
        (odd && odd->is_latest && odd->ttl == segment->ttl)) {
        flow->ttl = segment->ttl;
        flow->ttl_alike = 0;
        if (odd && odd->is_latest)
            odd->first = (struct mark){0};
    } else {
        odd = &conn_oddities(conn)->contradicted[side];
        if (segment->payload.size + segment->missing ||
            (segment->flags & TCP_FIN))
            contradict(conn, side, segment->at, segment->ttl);
        odd->ttl = segment->ttl;
        odd->is_latest = true;
        if (++odd->strange > TTL_UNSTEADY)
            odd->first = (struct mark){0};
    }
}

static void hold_fin(struct conn *conn, const struct segment *segment,
                     unsigned side)
{
    struct contradicted *odd = &conn->odd->contradicted[side];

    odd->fin = segment->at;
    odd->fin_at = flow_offset(&conn->flow[side], segment->seq) +
                  segment->payload.size + segment->missing;
    odd->fin_acks = segment->flags & TCP_ACK
                        ? flow_offset(&conn->flow[1 - side], segment->ack)
                        : CONN_NO_OFFSET;
}

void accept_fin(struct conn *conn, const struct seen *ack)
{
    struct contradicted *odd = &conn->odd->contradicted[1 - ack->side];
    struct flow *flow = &conn->flow[1 - ack->side];

    if (!mark_is_set(odd->fin) || ack->ack != odd->fin_at + 1 ||
        mark_is_set(flow->fin))
        return;
    flow->fin = odd->fin;
    flow->fin_at = odd->fin_at;
    flow->fin_acks = odd->fin_acks;
    flow->fins = 1;
    if (odd->first.frame == odd->fin.frame)
        odd->first = (struct mark){0};
}

/* False: it is a FIN or an ACK that its sender may not have sent. */
static bool take_ttl(struct conn *conn, const struct segment *segment,
                     unsigned side)
{
    struct flow *flow = &conn->flow[side];

    if (segment->flags & TCP_RST)
        return true;
    if (segment->ttl != flow->ttl) {
        take_strange_ttl(conn, segment, side);
        if (flow->ttl != segment->ttl && (segment->flags & TCP_FIN))
            hold_fin(conn, segment, side);
        return flow->ttl == segment->ttl ||
               (!(segment->flags & TCP_FIN) &&
                segment->payload.size + segment->missing > 0);
    }
    if (conn->odd)
        conn->odd->contradicted[side].is_latest = false;
    if (flow->ttl_alike < UINT8_MAX && !(segment->flags & TCP_SYN))
        flow->ttl_alike++;
    return true;
}

/* It was sent, and its receiver dropped it (RFC 9293, 3.1). */
static bool is_damaged(const struct conn *conn, const struct segment *segment,
                       unsigned side)
{
    return segment->sum == SUM_BAD && !(segment->flags & TCP_SYN) &&
           conn->flow[side].sum_good;
}

void accept_bytes(struct conn *conn, const struct seen *seen)
{
    struct flow *flow = &conn->flow[seen->side];
    const struct span *payload = &seen->segment->payload;
    uint64_t word[2];
    uint64_t digest;

    if (payload->size < BYTES_TELL)
        return;
    memcpy(word, payload->at, sizeof word);
    digest = (word[0] * UINT64_C(0x9e3779b97f4a7c15)) ^ word[1];
    if (seen->offset == flow->recent && digest != flow->recent_bytes)
        contradict(conn, seen->side, seen->at, seen->segment->ttl);
    flow->recent = seen->offset;
    flow->recent_bytes = digest;
}

/* Closer to what was sent last than the smallest of windows. */
static inline bool is_close(const struct flow *flow, uint32_t seq)
{
    uint32_t top = flow->isn + (uint32_t)(flow->top - CONN_ORIGIN);

    return seq - top + WINDOW_LEAST <= 2u * WINDOW_LEAST;
}

/* As nearly every segment: nothing speaks against it. */
static inline bool is_plain(const struct conn *conn,
                            const struct segment *segment, unsigned side)
{
    const struct flow *flow = &conn->flow[side];
    const struct flow *peer = &conn->flow[1 - side];

    return !conn->odd && flow->seen && peer->seen &&
           segment->ttl == flow->ttl &&
           (segment->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) ==
               TCP_ACK &&
           is_close(flow, segment->seq) && is_close(peer, segment->ack);
}

bool accept_segment(struct conn *conn, const struct segment *segment,
                    unsigned side)
{
    if (is_plain(conn, segment, side)) {
        if (conn->flow[side].ttl_alike < TTL_STEADY)
            conn->flow[side].ttl_alike++;
        return true;
    }
    if (is_damaged(conn, segment, side)) {
        conn_oddities(conn)->ignored++;
        return false;
    }
    if (is_anchor(conn, segment, side)) {
        anchor(conn, side, segment->seq);
    } else if (fits(conn, segment, side)) {
        if (conn->odd && conn->odd->last.side == side)
            conn->odd->last.is_set = false;
    } else if ((segment->flags & (TCP_SYN | TCP_RST)) ||
               !goes_on(conn, segment, side)) {
        ignore(conn, segment, side);
        if (is_before_answer(conn, side))
            stage_note_stray(conn, segment);
        return false;
    } else {
        conn->odd->last.is_set = false;
        move_flow(conn, side, segment->seq);
        move_flow(conn, 1 - side, segment->ack);
    }
    if (segment->sum == SUM_GOOD && (segment->flags & TCP_SYN))
        conn->flow[side].sum_good = true;
    return take_ttl(conn, segment, side);
}
