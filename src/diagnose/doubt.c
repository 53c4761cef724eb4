/* Why an exchange is not judged: what each row of rules.def asks. */
#include "diagnose/doubt.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_stall.h"
#include "diagnose/rules.h"

#include <assert.h>

/* A row's predicates are asked of any incident, with an exchange or without. */
#define DOUBT(reason, predicate, signature)                                    \
    static bool predicate(const struct facts *f);
#include "diagnose/rules.def"

const struct doubt_row doubt_list[] = {
#define DOUBT(reason, predicate, signature)                                    \
    {DOUBT_##reason, predicate, signature},
#include "diagnose/rules.def"
};

static_assert(sizeof doubt_list / sizeof *doubt_list == DOUBT_ROWS,
              "every doubt is counted");

static bool is_one_way(const struct facts *f)
{
    return conn_is_one_way(f->conn);
}

static bool is_given_up(const struct facts *f)
{
    return f->incident->ending == CONN_EVICTED &&
           f->closing.by == CLOSED_BY_NOBODY;
}

/* A FIN's own number counts every byte that was sent before it. */
static bool is_fin_ahead(const struct flow *flow)
{
    return flow->fin_at != CONN_NO_OFFSET && flow->seen &&
           flow->fin_at > flow->top;
}

static bool is_short_of_fin(const struct facts *f)
{
    return is_fin_ahead(f->server) || is_fin_ahead(f->client);
}

/* The first bytes of a side are missing: of what protocol the rest is. */
static bool is_beginning_lost(const struct facts *f)
{
    for (unsigned i = 0; f->x && i < f->conn->episodes; i++) {
        const struct episode *episode = &f->conn->episode[i];

        if (episode->kind == EPISODE_HOLE && episode->size > 1 &&
            episode->offset == CONN_ORIGIN + 1 && conn_start_seen(f->conn) &&
            !f->incident->complete && !f->response_begun)
            return true;
    }
    return false;
}

static bool is_connection_incomplete(const struct facts *f)
{
    return !f->x && (f->server->lost > 0 || f->client->lost > 0);
}

static bool is_exchange_incomplete(const struct facts *f)
{
    return f->x &&
           ((f->x->request.lost && !f->request_cut) || f->x->response.lost);
}

static bool is_answer_alone(const struct facts *f)
{
    return f->x && f->x->stream == 0;
}

/* Unless what is wrong with them is just what is told. */
static bool is_broken(const struct facts *f)
{
    const struct exchange *x = f->x;

    if (!x || is_response_malformed(f) || is_request_malformed(f))
        return false;
    /* behind bytes that were none, an answer is not known for one */
    return x->response.broken || x->request.broken ||
           (!x->is_h2 && !f->incident->is_complete &&
            !mark_is_set(x->response.start) &&
            (f->incident->http.broken > 0 ||
             began_with(f, conn_server(f->conn)) == SNIFFED_OTHER));
}

static bool is_behind_orphan(const struct facts *f)
{
    return f->x && f->incident->orphans > 0 && f->incident->complete == 0;
}

/*
 * How long it may take until bytes are sent again that were not yet, or that
 * were for `meanwhile`: a timeout that doubles (RFC 6298, 5.5), up to two
 * minutes.
 */
static nanos resend_after(const struct facts *f, nanos meanwhile)
{
    nanos longest = 130 * NANOS_PER_SECOND;
    nanos first = f->client_closed ? NANOS_PER_SECOND : 2 * NANOS_PER_SECOND;

    if (meanwhile >= longest / 3)
        return longest;
    return 3 * meanwhile + first;
}

/* In a window of zero there are probes instead. */
static bool is_shut(const struct flow *reader)
{
    return reader->has_window && reader->window == 0;
}

/*
 * No TCP leaves data unacknowledged for long without sending it again (RFC
 * 6298, 2): when nobody does, the recording of the connection has ended, or
 * lacks packets of one kind.
 */
static bool is_left_alone(const struct facts *f, const struct flow *flow,
                          const struct flow *peer, const struct episode *resent)
{
    struct mark since = flow->unacked_since;
    nanos meanwhile = 0;

    if (flow->acked >= flow->top || !mark_is_set(since) || is_shut(peer))
        return false;
    if (resent && episode_lasts(resent)) {
        meanwhile = facts_passed(resent->first, resent->last);
        since = resent->last;
    }
    /* it has been given up: who is silent is silent */
    if (meanwhile >= 100 * NANOS_PER_SECOND)
        return false;
    return facts_passed(since, f->end) >= resend_after(f, meanwhile);
}

static bool is_unacknowledged_for_no_reason(const struct facts *f)
{
    if (!f->x || f->incident->is_complete || f->closing.by == CLOSED_BY_SERVER)
        return false;
    if (is_left_alone(f, f->client, f->server, f->client_retransmission))
        return true;
    /* near the client, what is lost again and again is never seen */
    return f->closing.by == CLOSED_BY_NOBODY &&
           is_left_alone(f, f->server, f->client, f->server_retransmission);
}

/*
 * Both sides sent data, and neither a segment without any: who reads must
 * acknowledge (RFC 9293, 3.8.6.3). Such packets were filtered out. Of a side
 * that was sent all that it had room for they would say whether it read on.
 */
static bool is_filtered(const struct facts *f)
{
    if (f->client->filled || f->server->filled)
        return true;
    return !f->client->acks && !f->server->acks &&
           mark_is_set(f->client->first_data) &&
           mark_is_set(f->server->first_data) && !f->conn->resets;
}

/* A live socket was aborted that had read more than the capture has. */
static bool has_acked_unseen(const struct conn *conn, const struct reset *reset)
{
    const struct flow *flow = &conn->flow[1 - reset->from];

    return flow_offset(flow, reset->acks) > flow->top + 1; /* 1: a FIN */
}

/*
 * How it ended is not in the capture: what is there follows from it. An RST
 * without ACK answers for a socket that had gone before; one that counts more
 * bytes than were seen, of its own or of the other's, came behind them, unless
 * they had no room in the window.
 */
static bool is_end_unseen(const struct facts *f)
{
    const struct reset *reset = f->closing.reset;

    if (f->client_fin_unseen && f->server_closed)
        return true;
    if (f->server_fin_unseen && !is_race_with_unseen_fin(f))
        return true;
    if (may_have_closed_unseen(f))
        return true;
    if (!f->closing.by_reset || reset->ttl != reset->usual_ttl)
        return false;
    return (f->client_closed && !reset->has_ack) ||
           (reset->has_ack && reset->in_window &&
            (reset->offset > f->conn->flow[reset->from].top ||
             has_acked_unseen(f->conn, reset)));
}

static bool is_ending_unseen(const struct facts *f)
{
    return f->x && (!f->incident->is_complete || f->x->tunnel) &&
           is_end_unseen(f);
}

/* What the client had when it closed is not in the order in which it came. */
static bool is_answer_behind_close(const struct facts *f)
{
    const struct message *response = f->x ? &f->x->response : NULL;

    if (!response || f->x->is_h2 || f->x->tunnel || !f->client_closed ||
        (f->incident->is_complete && !f->left) ||
        !mark_is_set(response->start) || f->closing.acks == CONN_NO_OFFSET ||
        response->last.frame <= f->closing.at.frame || is_response_malformed(f))
        return false;
    return f->closing.at.frame < response->start.frame
               ? f->closing.acks > response->begin
               : f->closing.acks >= response->reached;
}

/*
 * A FIN is sent again until it is acknowledged (RFC 9293, 3.10.7.4): one that
 * is not, and of which its client knows nothing later, is not the server's, or
 * the recording lacks what followed.
 */
static bool is_fin_left_alone(const struct facts *f)
{
    const struct flow *server = f->server;

    return f->x && f->server_closed && !f->closing.by_reset &&
           mark_is_set(server->fin) && !mark_is_set(server->fin_acked) &&
           server->fins == 1 && f->client->last_any.frame > server->fin.frame &&
           facts_passed(server->fin, f->client->last_any) >= resend_after(f, 0);
}

/*
 * Others of its sender's packets are unlike it, or have other bytes in its
 * place: which of them came is not known, nor what rests on them.
 */
static bool is_contradicted(const struct facts *f)
{
    return f->conn->odd && (mark_is_set(f->conn->odd->contradicted[0].first) ||
                            mark_is_set(f->conn->odd->contradicted[1].first));
}

/*
 * The server closed behind bytes that never came: whether they were the rest of
 * the answer is not known. A network that lost them for long is told.
 */
static bool is_closed_behind_hole(const struct facts *f)
{
    return f->x && f->server_closed && !f->response_whole && !f->stream_reset &&
           has_unfilled_hole(f->server) && !is_network_stall(f);
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
 * An unfinished stream rests on all that came before it; one that the server
 * reset only on what was said of the stream itself.
 */
static bool rests_on_connection(const struct facts *f)
{
    return f->x && f->x->is_h2 && !f->incident->is_complete &&
           !(f->stream_reset && !f->x->h2->reset_by_client);
}

/* A stream that stands still may wait for credit that was not seen. */
static bool is_h2_joined_midway(const struct facts *f)
{
    const struct exchange_h2 *h2;

    if (!rests_on_connection(f))
        return false;
    h2 = f->x->h2;
    return f->incident->http.h2.joined ||
           (h2 &&
            (!h2->known[MESSAGE_REQUEST] || !h2->known[MESSAGE_RESPONSE]));
}

static bool is_h2_frame_missing(const struct facts *f)
{
    return rests_on_connection(f) && has_hole(f);
}

/* The answer may be in bytes that are missing, or that h1 could not place. */
static bool may_have_answer(const struct facts *f)
{
    const struct exchange *x = f->x;

    if (!x || x->is_h2 || mark_is_set(x->response.start) ||
        is_race_with_unseen_fin(f))
        return false;
    for (unsigned i = 0; i < f->conn->episodes; i++) {
        const struct episode *episode = &f->conn->episode[i];

        if (episode->kind == EPISODE_HOLE && episode->side != f->conn->client &&
            episode->last.time > x->request.start.time)
            return true;
    }
    if (f->incident->http.in_orphan || x->behind_endless)
        return true;
    return f->server->top - f->server->aside > x->server_top &&
           (!x->behind_another || f->server->lost > 0) &&
           !mark_is_set(x->interim);
}

static bool is_unanswered_syn(const struct facts *f)
{
    return conn_is_one_way(f->conn) &&
           mark_is_set(f->conn->flow[f->conn->client].syn) &&
           !f->server->isn_known;
}

bool doubt_holds(const struct doubt_row *row, const struct facts *f)
{
    return !is_unanswered_syn(f) && row->holds(f);
}

/* What is missing of such a flow is what was cut off its packets. */
static bool is_cut_only(const struct flow *flow)
{
    return flow->lost == flow->cut;
}

enum doubt reason_of(const struct doubt_row *row, const struct facts *f)
{
    if (row->reason == DOUBT_BYTES_LOST && (f->client->cut || f->server->cut) &&
        is_cut_only(f->client) && is_cut_only(f->server))
        return DOUBT_SNAPLEN;
    return row->reason;
}

enum doubt doubt_of(const struct facts *f)
{
    for (size_t i = 0; i < DOUBT_ROWS; i++) {
        if (doubt_holds(&doubt_list[i], f))
            return reason_of(&doubt_list[i], f);
    }
    return DOUBT_NONE;
}

const char *doubt_name(enum doubt doubt)
{
    static const char *const name[] = {
        [DOUBT_NONE] = "none",
        [DOUBT_BYTES_LOST] = "bytes-lost",
        [DOUBT_ONE_DIRECTION] = "one-direction",
        [DOUBT_JOINED_MIDWAY] = "joined-midway",
        [DOUBT_NOT_HTTP] = "not-http",
        [DOUBT_BUDGET] = "budget",
        [DOUBT_SNAPLEN] = "snaplen",
    };

    return name[doubt];
}

bool is_told_by_first_bytes(const struct facts *f)
{
    const struct http_facts *http = &f->incident->http;

    if (is_contradicted(f))
        return false;
    return http->told_tls_port ||
           (conn_start_seen(f->conn) && f->incident->complete == 0 &&
            (is_told_by_banner(f) ||
             (http->first[f->conn->client] == SNIFFED_REQUEST &&
              (http->first[conn_server(f->conn)] == SNIFFED_TLS ||
               http->first[conn_server(f->conn)] == SNIFFED_H2_FRAMES)) ||
             ((http->first[f->conn->client] == SNIFFED_H2_PREFACE ||
               http->first[f->conn->client] == SNIFFED_TLS) &&
              http->first[conn_server(f->conn)] == SNIFFED_RESPONSE)));
}

bool is_told_by_close(const struct facts *f)
{
    const struct exchange *x = f->x;

    return x && x->is_h2 && f->incident->http.h2.joined && !has_hole(f) &&
           !is_contradicted(f) && f->server_closed && !is_end_unseen(f) &&
           !x->request.lost && !x->response.lost &&
           mark_is_set(x->request.end) && !f->response_whole;
}

bool is_told_by_reset(const struct facts *f)
{
    const struct exchange *x = f->x;

    return x && f->stream_reset && !x->h2->reset_by_client &&
           !is_contradicted(f) && !f->response_whole && !x->request.lost &&
           (!f->response_begun || x->status);
}
