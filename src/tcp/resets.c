#include "tcp/resets.h"

/* Could the endpoint's socket have sent it, by its sequence number? */
static bool reset_is_in_window(const struct conn *conn, const struct seen *seen)
{
    const struct flow *flow = &conn->flow[seen->side];
    const struct flow *peer = &conn->flow[1 - seen->side];
    uint64_t window = peer->window;

    if (!flow->isn_known)
        return true;
    if (flow->has_scale && peer->has_scale)
        window <<= peer->scale;
    if (window < 65535)
        window = 65535;
    return seen->offset + 2 >= flow->acked &&
           seen->offset <=
               (flow->top > flow->acked ? flow->top : flow->acked) + window + 1;
}

/*
 * Did the endpoint's own socket send it, whatever its number? Then it
 * acknowledges all that came, and has the option that this socket's segments
 * have (RFC 7323, 3.2): one made for a socket that is not there has neither.
 */
static bool reset_is_of_socket(const struct conn *conn, const struct seen *seen)
{
    const struct segment *segment = seen->segment;
    const struct flow *flow = &conn->flow[seen->side];
    const struct flow *peer = &conn->flow[1 - seen->side];

    bool acks_all = seen->ack == peer->top || (peer->fin_at != CONN_NO_OFFSET &&
                                               seen->ack == peer->fin_at + 1);

    return flow->seen && peer->seen && acks_all && flow->has_timestamp &&
           segment->has_timestamp && segment->ttl == flow->ttl;
}

/* The first ones stay, and the first of each side. */
static void keep_reset(struct conn *conn, const struct reset *reset)
{
    unsigned at = conn->resets;

    if (at == CONN_RESETS_KEPT) {
        for (unsigned i = 0; i < conn->resets; i++) {
            if (conn->reset[i].from == reset->from)
                return;
        }
        at--;
    }
    conn->reset[at] = *reset;
    conn->resets = (uint8_t)(at + 1);
}

void resets_take(struct conn *conn, const struct seen *seen)
{
    const struct segment *segment = seen->segment;
    const struct flow *flow = &conn->flow[seen->side];
    const struct flow *peer = &conn->flow[1 - seen->side];
    struct reset reset = {
        .at = seen->at,
        .offset = seen->offset,
        .acks = segment->ack,
        .acked = peer->acked,
        .from = (uint8_t)seen->side,
        .ttl = segment->ttl,
        .usual_ttl = flow->ttl,
        .has_ack = segment->flags & TCP_ACK,
        .in_window = reset_is_in_window(conn, seen),
    };

    if (reset.in_window || reset_is_of_socket(conn, seen))
        keep_reset(conn, &reset);
    else
        conn->stray_resets++;
    if (!flow->seen && mark_is_set(peer->syn) && seen->side != conn->client)
        conn->refused = true;
    if (!mark_is_set(conn->over) && reset.in_window)
        conn->over = seen->at;
}

/* Is it news from whoever is said to have sent the reset? */
static bool is_news(const struct reset *reset, const struct seen *seen)
{
    return seen->end > reset->offset ||
           (seen->ack != CONN_NO_OFFSET && seen->ack > reset->acked);
}

/*
 * New bytes, or an ACK of what its sender sent behind the reset, from whoever
 * is said to have got it.
 */
static bool is_unmoved(const struct conn *conn, const struct reset *reset,
                       const struct seen *seen)
{
    return reset->outlived &&
           (seen->end > conn->flow[seen->side].top ||
            (seen->ack != CONN_NO_OFFSET && seen->ack > reset->offset));
}

static bool is_outlived(const struct conn *conn, struct reset *reset,
                        const struct seen *seen)
{
    if (reset->from != seen->side)
        return is_unmoved(conn, reset, seen);
    if (!reset->in_window)
        return true;
    reset->outlived |= is_news(reset, seen);
    return false;
}

void resets_outlive(struct conn *conn, const struct seen *seen)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < conn->resets; i++) {
        struct reset reset = conn->reset[i];

        if (is_outlived(conn, &reset, seen)) {
            conn->stray_resets++;
            if (conn->over.frame == reset.at.frame)
                conn->over = (struct mark){0};
        } else {
            conn->reset[kept++] = reset;
        }
    }
    conn->resets = (uint8_t)kept;
}
