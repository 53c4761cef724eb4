#include "diagnose/doubt.h"

#include "diagnose/rules.h"

/*
 * No TCP leaves data unacknowledged for long without sending it again (RFC
 * 6298, 2): then the capture lacks the one or the other.
 */
static bool is_unacknowledged_for_no_reason(const struct facts *f)
{
    return f->closing.by != CLOSED_BY_SERVER && !f->client_retransmission &&
           f->client->acked < f->x->request.reached &&
           f->quiet >= 3 * NANOS_PER_SECOND;
}

/* A FIN's own number counts every byte that was sent before it. */
static bool is_short_of_fin(const struct flow *flow)
{
    return flow->fin_at != CONN_NO_OFFSET && flow->seen &&
           flow->fin_at > flow->top;
}

/*
 * How it ended is not in the capture: what is there follows from it. An RST
 * without ACK answers for a socket that had gone before; one that counts more
 * bytes than were seen came behind them, unless they had no room in the window.
 */
static bool is_end_unseen(const struct facts *f)
{
    const struct reset *reset = f->closing.reset;

    if (f->client_fin_unseen && f->server_closed)
        return true;
    if (f->server_fin_unseen && !is_race_with_unseen_fin(f))
        return true;
    if (!f->closing.by_reset || reset->ttl != reset->usual_ttl)
        return false;
    return (f->client_closed && !reset->has_ack) ||
           (reset->has_ack && reset->in_window &&
            reset->offset > f->conn->flow[reset->from].top);
}

static bool has_hole(const struct facts *f)
{
    for (unsigned i = 0; i < f->conn->episodes; i++) {
        if (f->conn->episode[i].kind == EPISODE_HOLE)
            return true;
    }
    return false;
}

/*
 * A frame that is missing may have opened a window, or ended the stream. Only
 * what was said of the stream itself still stands then.
 */
static bool is_window_unknown(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (h2 && mark_is_set(h2->reset) && !h2->reset_by_client)
        return false;
    /* a stream that stands still may wait for credit that was not seen */
    if (f->incident->http.h2.joined ||
        (h2 && (!h2->known[MESSAGE_REQUEST] || !h2->known[MESSAGE_RESPONSE])))
        return true;
    return has_hole(f);
}

/* The answer may be in bytes that are missing, or that h1 could not place. */
static bool may_have_answer(const struct facts *f)
{
    const struct exchange *x = f->x;

    if (is_race_with_unseen_fin(f))
        return false;
    for (unsigned i = 0; i < f->conn->episodes; i++) {
        const struct episode *episode = &f->conn->episode[i];

        if (episode->kind == EPISODE_HOLE && episode->side != f->conn->client &&
            episode->last.time > x->request.start.time)
            return true;
    }
    if (f->incident->http.in_orphan)
        return true;
    return f->server->top > x->server_top && !x->behind_another &&
           !mark_is_set(x->interim);
}

bool is_doubtful(const struct facts *f)
{
    const struct exchange *x = f->x;

    if (conn_is_one_way(f->conn))
        return !mark_is_set(f->conn->flow[f->conn->client].syn) ||
               f->server->isn_known;
    if (f->incident->ending == CONN_EVICTED &&
        f->closing.by == CLOSED_BY_NOBODY)
        return true;
    if (is_short_of_fin(f->server) || is_short_of_fin(f->client))
        return true;
    if (!x)
        return f->server->lost > 0 || f->client->lost > 0;
    if (exchange_is_doubtful(x) || x->response.broken || x->request.broken)
        return true;
    if (f->incident->orphans > 0 && f->incident->complete == 0)
        return true;
    if (is_unacknowledged_for_no_reason(f))
        return true;
    if (!f->incident->is_complete && is_end_unseen(f))
        return true;
    if (x->is_h2)
        return !f->incident->is_complete && is_window_unknown(f);
    return !f->response_begun && may_have_answer(f);
}

bool is_told_by_first_bytes(const struct facts *f)
{
    const struct http_facts *http = &f->incident->http;

    return http->told_tls_port ||
           (conn_start_seen(f->conn) && f->incident->complete == 0 &&
            ((http->first[f->conn->client] == SNIFFED_REQUEST &&
              (http->first[conn_server(f->conn)] == SNIFFED_TLS ||
               http->first[conn_server(f->conn)] == SNIFFED_H2_FRAMES)) ||
             (http->first[f->conn->client] == SNIFFED_H2_PREFACE &&
              http->first[conn_server(f->conn)] == SNIFFED_RESPONSE)));
}

bool is_told_by_close(const struct facts *f)
{
    const struct exchange *x = f->x;

    return x && x->is_h2 && f->incident->http.h2.joined && !has_hole(f) &&
           f->server_closed && !is_end_unseen(f) && !x->request.lost &&
           !x->response.lost && mark_is_set(x->request.end) &&
           !f->response_whole;
}
