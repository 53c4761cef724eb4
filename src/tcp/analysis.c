#include "tcp/analysis.h"

#include "tcp/accept.h"
#include "tcp/episodes.h"
#include "tcp/out_of_order.h"
#include "tcp/resets.h"

/* Data that fills a hole this soon was reordered, not sent again. Wireshark's
 * packet-tcp.c takes the same 3 ms where it knows no round-trip time. */
#define REORDERED_WITHIN (3 * NANOS_PER_MILLI)

/* And no path holds a segment back for so long while others pass. */
#define HOLE_OF_REORDER (100 * NANOS_PER_MILLI)

static void analyse_window(struct conn *conn, const struct seen *seen)
{
    const struct segment *segment = seen->segment;
    struct flow *flow = &conn->flow[seen->side];
    struct episode *episode;

    if (!(segment->flags & TCP_ACK) ||
        (segment->flags & (TCP_SYN | TCP_RST | TCP_FIN)))
        return;
    if (segment->window == 0) {
        episode = episodes_open(conn, EPISODE_ZERO_WINDOW, seen->side);
        if (!episode)
            episode =
                episodes_add(conn, EPISODE_ZERO_WINDOW, seen->side, seen->at);
        episode->last = seen->at;
    } else if (flow->window == 0 && flow->has_window) {
        episode = episodes_open(conn, EPISODE_ZERO_WINDOW, seen->side);
        if (episode)
            episodes_end(conn, episode, seen->at);
    }
    flow->window = segment->window;
    flow->has_window = true;
    if (segment->window > flow->widest)
        flow->widest = segment->window;
}

/*
 * A keep-alive probe repeats the byte before the next one, or sends nothing
 * from there (RFC 9293, 3.8.4); a zero-window probe is one byte into a window
 * of zero (3.8.6.1).
 */
static bool is_probe(const struct conn *conn, const struct seen *seen)
{
    const struct flow *flow = &conn->flow[seen->side];
    const struct flow *peer = &conn->flow[1 - seen->side];
    uint64_t size = seen->end - seen->offset;

    if (size > 1 || !flow->seen ||
        (seen->segment->flags & (TCP_SYN | TCP_FIN | TCP_RST)))
        return false;
    if (peer->has_window && peer->window == 0)
        return (size == 1 && seen->offset <= flow->top) ||
               seen->offset + 1 == flow->acked;
    return seen->offset + 1 == flow->top && flow->acked >= flow->top &&
           flow->top > CONN_ORIGIN && !mark_is_set(flow->fin);
}

static void analyse_probe(struct conn *conn, const struct seen *seen)
{
    const struct flow *peer = &conn->flow[1 - seen->side];
    struct episode *episode;

    if (peer->has_window && peer->window == 0) {
        episode = episodes_open(conn, EPISODE_ZERO_WINDOW, 1 - seen->side);
        if (episode) {
            if (episode->count++ == 0)
                episode->second = seen->at;
            episode->last = seen->at;
        }
        return;
    }
    episode = episodes_open(conn, EPISODE_KEEPALIVE, seen->side);
    if (!episode)
        episode = episodes_add(conn, EPISODE_KEEPALIVE, seen->side, seen->at);
    episode->count++;
    episode->last = seen->at;
    conn->flow[seen->side].probing = true;
}

/* An empty segment that is no probe itself answers the peer's probe. */
static void analyse_probe_answer(struct conn *conn, const struct seen *seen)
{
    struct flow *peer = &conn->flow[1 - seen->side];
    struct episode *episode;

    if (!peer->probing)
        return;
    peer->probing = false;
    episode = episodes_open(conn, EPISODE_KEEPALIVE, 1 - seen->side);
    if (episode && episode->answered < UINT16_MAX)
        episode->answered++;
}

/* Bytes flow again: the idle time is over, and with it its probes. */
static void end_keepalive(struct conn *conn, struct mark at)
{
    for (unsigned side = 0; conn->episodes_open && side < 2; side++) {
        struct episode *episode = episodes_open(conn, EPISODE_KEEPALIVE, side);

        if (episode)
            episodes_end(conn, episode, at);
        conn->flow[side].probing = false;
    }
}

static void analyse_ack(struct conn *conn, struct seen *seen)
{
    struct flow *peer = &conn->flow[1 - seen->side];
    struct episode *episode;

    if (seen->ack == CONN_NO_OFFSET || seen->ack <= peer->acked)
        return;
    if (conn->odd)
        accept_fin(conn, seen);
    /* a reset may carry any number: it proves nothing about unseen bytes */
    if ((seen->segment->flags & TCP_RST) && seen->ack > peer->top + 1)
        return;
    peer->acked = seen->ack;
    if (peer->fin_at != CONN_NO_OFFSET && seen->ack > peer->fin_at &&
        !mark_is_set(peer->fin_acked))
        peer->fin_acked = seen->at;
    if (peer->acked >= peer->top) {
        peer->unacked_since = (struct mark){0};
        peer->acked_all = seen->at;
        seen->acked_all = true;
    } else {
        peer->unacked_since = seen->at;
        peer->unacked_by_ack = true;
    }
    episode = episodes_open(conn, EPISODE_RETRANSMISSION, 1 - seen->side);
    if (episode && peer->acked >= episode->offset + episode->size)
        episodes_end(conn, episode, seen->at);
}

static void analyse_retransmission(struct conn *conn, const struct seen *seen,
                                   bool fills)
{
    struct flow *flow = &conn->flow[seen->side];
    struct episode *episode =
        episodes_open(conn, EPISODE_RETRANSMISSION, seen->side);
    struct mark since = flow->unacked_since;
    uint64_t end;

    if (seen->end <= flow->acked) {
        episodes_needless(conn, seen->side, seen->at, seen->offset,
                          seen->end - seen->offset);
        return;
    }
    if (episode && episode->needless) {
        episodes_end(conn, episode, seen->at);
        episode = NULL;
    }
    if (!episode) {
        episode = episodes_add(conn, EPISODE_RETRANSMISSION, seen->side,
                               mark_is_set(since) ? since : seen->at);
        episode->second = seen->at;
        episode->fills = fills;
        episode->after_ack = mark_is_set(since) && flow->unacked_by_ack;
        episode->offset = seen->offset;
        episode->size = seen->end - seen->offset;
    }
    end = episode->offset + episode->size;
    if (seen->offset < episode->offset)
        episode->offset = seen->offset;
    episode->size = (seen->end > end ? seen->end : end) - episode->offset;
    episode->count++;
    episode->last = seen->at;
}

/* More than a probe goes only into an open window: that it opened was lost. */
static void end_zero_window(struct conn *conn, const struct seen *seen)
{
    struct flow *peer = &conn->flow[1 - seen->side];
    struct episode *episode;

    if (!peer->has_window || peer->window || seen->end - seen->offset <= 1)
        return;
    peer->has_window = false;
    episode = episodes_open(conn, EPISODE_ZERO_WINDOW, 1 - seen->side);
    if (episode)
        episodes_end(conn, episode, seen->at);
}

/* What fills the flow's first hole is late, not sent again. */
static bool is_reordered(const struct flow *flow, struct mark at)
{
    return nanos_between(flow->last_data.time, at.time) <= REORDERED_WITHIN &&
           nanos_between(out_of_order_first(flow)->at.time, at.time) <=
               HOLE_OF_REORDER;
}

/* RFC 7323, 2.2: windows are scaled if both sides said by how much. */
static bool is_filled(const struct flow *flow, const struct flow *reader)
{
    bool scaled = flow->has_scale && reader->has_scale;

    return reader->has_window &&
           flow->top >= flow->acked + ((uint64_t)reader->window
                                       << (scaled ? reader->scale : 0));
}

static void analyse_data(struct conn *conn, const struct seen *seen)
{
    struct flow *flow = &conn->flow[seen->side];
    struct flow *peer = &conn->flow[1 - seen->side];
    uint64_t size = seen->end - seen->offset;

    accept_bytes(conn, seen);
    if (size > flow->largest)
        flow->largest = size > UINT16_MAX ? UINT16_MAX : (uint16_t)size;
    if (seen->end <= flow->top) {
        bool fills = seen->offset >= flow->next && flow->held_count &&
                     seen->offset < out_of_order_first(flow)->offset;

        if (!fills || !is_reordered(flow, seen->at))
            analyse_retransmission(conn, seen, fills);
        if (fills)
            flow->last_data = seen->at;
        return;
    }
    end_zero_window(conn, seen);
    if (seen->end > flow->fin_at)
        contradict(conn, seen->side, flow->fin, seen->segment->ttl);
    flow->top = seen->end;
    flow->resent_before = flow->resent;
    flow->resent = 0;
    flow->last_data = seen->at;
    if (!peer->acks)
        peer->filled = is_filled(flow, peer);
    if (conn->spoke != seen->side + 1) {
        conn->spoke = (uint8_t)(seen->side + 1);
        if (conn->turns < UINT8_MAX)
            conn->turns++;
    }
    if (!mark_is_set(flow->first_data))
        flow->first_data = seen->at;
    if (!mark_is_set(flow->unacked_since) && flow->acked < flow->top) {
        flow->unacked_since = seen->at;
        flow->unacked_by_ack = false;
    }
}

/* An ACK that was recorded before the FIN it acknowledges: what was given up
 * last for a byte is the FIN itself. */
static void give_back_fin(struct flow *flow, const struct seen *seen)
{
    if (flow->next != seen->end + 1 || flow->hole_end != flow->next)
        return;
    flow->next = seen->end;
    if (flow->top == seen->end + 1)
        flow->top = seen->end;
}

static void analyse_fin(struct conn *conn, const struct seen *seen)
{
    struct flow *flow = &conn->flow[seen->side];

    if (flow->fins < UINT16_MAX)
        flow->fins++;
    if (mark_is_set(flow->fin))
        return;
    give_back_fin(flow, seen);
    flow->fin = seen->at;
    flow->fin_at = seen->end;
    flow->fin_acks = seen->ack;
}

static void set_isn(struct flow *flow, uint32_t isn)
{
    flow->isn_known = true;
    flow->isn = isn;
    flow->top = CONN_ORIGIN + 1;
    flow->next = CONN_ORIGIN + 1;
    flow->acked = CONN_ORIGIN + 1;
}

/* Of an idle connection: it probes with a byte that it sent before. */
static bool is_lone_byte(const struct segment *segment)
{
    return segment->payload.size + segment->missing == 1;
}

/*
 * The first segment of a flow says where its numbers begin; before it is
 * seen, the other side's first ACK does: what it covers came before the
 * capture.
 */
static void start_flows(struct conn *conn, const struct segment *segment,
                        unsigned side)
{
    struct flow *flow = &conn->flow[side];
    struct flow *peer = &conn->flow[1 - side];
    bool is_syn = segment->flags & TCP_SYN;

    if (segment->flags & TCP_RST)
        return;
    if (!flow->seen) {
        flow->seen = true;
        /* an ACK's guess holds once bytes were counted by it */
        if (!flow->isn_known || (is_syn && flow->next == CONN_ORIGIN + 1))
            set_isn(flow, is_syn || is_lone_byte(segment) ? segment->seq
                                                          : segment->seq - 1);
    }
    if ((segment->flags & TCP_ACK) && !peer->isn_known)
        set_isn(peer, segment->ack - 1);
}

static void analyse_syn(struct conn *conn, const struct seen *seen)
{
    const struct segment *segment = seen->segment;
    struct flow *flow = &conn->flow[seen->side];

    /* recorded behind its own refusal */
    if (conn->resets && !conn->flow[1 - seen->side].seen &&
        !(segment->flags & TCP_ACK)) {
        conn->client = (uint8_t)seen->side;
        conn->refused = conn->reset[0].from != seen->side &&
                        conn->reset[0].has_ack &&
                        conn->reset[0].acks == segment->seq + 1;
    }
    if (!mark_is_set(flow->syn))
        flow->syn = seen->at;
    flow->last_syn = seen->at;
    if (flow->syns < UINT16_MAX)
        flow->syns++;
    flow->has_scale = segment->has_scale;
    flow->scale = segment->scale;
    if (segment->has_mss)
        flow->mss = segment->mss;
}

static void place_segment(const struct conn *conn,
                          const struct segment *segment, unsigned side,
                          struct seen *seen)
{
    const struct flow *flow = &conn->flow[side];
    const struct flow *peer = &conn->flow[1 - side];

    seen->segment = segment;
    seen->at = segment->at;
    seen->side = side;
    seen->offset = flow_offset(flow, segment->seq);
    if (segment->flags & TCP_SYN)
        seen->offset++;
    seen->end = seen->offset + segment->payload.size + segment->missing;
    seen->ack = CONN_NO_OFFSET;
    if ((segment->flags & TCP_ACK) && peer->isn_known)
        seen->ack = flow_offset(peer, segment->ack);
    seen->acked_all = false;
    seen->is_probe = false;
}

void analyse_segment(struct conn *conn, const struct segment *segment,
                     unsigned side, struct seen *seen)
{
    struct flow *flow = &conn->flow[side];

    start_flows(conn, segment, side);
    place_segment(conn, segment, side, seen);
    conn->last = seen->at;
    analyse_ack(conn, seen);
    if (segment->flags & TCP_RST) {
        resets_take(conn, seen);
        return;
    }
    flow->segments++;
    if (conn->episodes_open)
        episodes_end_needless(conn, 1 - side, seen->at);
    if (conn->resets)
        resets_outlive(conn, seen);
    if (segment->flags & TCP_SYN)
        analyse_syn(conn, seen);
    flow->has_timestamp |= segment->has_timestamp;
    flow->last_any = seen->at;
    seen->is_probe = is_probe(conn, seen);
    if (seen->is_probe)
        analyse_probe(conn, seen);
    if (!seen->is_probe && seen->end == seen->offset) {
        flow->acks |= !(segment->flags & (TCP_SYN | TCP_FIN));
        flow->filled &= !flow->acks;
        if (seen->offset > flow->top && !(segment->flags & TCP_SYN)) {
            flow->stands_at = segment->seq;
            flow->stands_ahead = true;
        }
        analyse_probe_answer(conn, seen);
    } else if (!seen->is_probe || seen->end > flow->top) {
        if (conn->episodes_open)
            end_keepalive(conn, seen->at);
        analyse_data(conn, seen);
    }
    analyse_window(conn, seen);
    if (segment->flags & TCP_FIN)
        analyse_fin(conn, seen);
}
