#include "diagnose/facts.h"

#include "diagnose/rules.h"

/* By frame, since a clock may be set back; what never came is frame 0. */
static struct mark later(struct mark a, struct mark b)
{
    return b.frame > a.frame ? b : a;
}

bool episode_lasts(const struct episode *episode)
{
    return !mark_is_set(episode->ended);
}

/*
 * Bytes that are not acknowledged are sent again after a time that doubles
 * (RFC 6298, 5.5). When they were not, it is their acknowledgement that the
 * capture lacks: the episode lasted to the last repetition, for all we know.
 */
static bool ended_unseen(const struct episode *episode)
{
    nanos repeated = nanos_between(episode->first.time, episode->last.time);

    return episode->kind == EPISODE_RETRANSMISSION && !episode_lasts(episode) &&
           nanos_between(episode->last.time, episode->ended.time) >
               2 * repeated + NANOS_PER_SECOND;
}

nanos episode_lasted(const struct facts *f, const struct episode *episode)
{
    struct mark until = episode_lasts(episode)  ? f->end
                        : ended_unseen(episode) ? episode->last
                                                : episode->ended;

    if (until.time > f->end.time && mark_is_set(f->end))
        until = f->end;
    return nanos_between(episode->first.time, until.time);
}

nanos episode_held(const struct facts *f, const struct episode *episode)
{
    nanos before = nanos_between(episode->first.time, f->asked.time);

    return episode_lasted(f, episode) - (before > 0 ? before : 0);
}

bool is_silent_since(const struct flow *flow, struct mark since)
{
    return !flow->seen || flow->last_any.time <= since.time;
}

/*
 * Bytes that were sent again explain an exchange only when they are its own:
 * on a connection that goes on there are those of the ones before and behind.
 */
bool episode_is_of_exchange(const struct facts *f,
                            const struct episode *episode)
{
    bool by_client = episode->side == f->conn->client;
    const struct message *message;

    if (!f->x || episode->kind != EPISODE_RETRANSMISSION || f->x->is_h2)
        return true;
    message = by_client ? &f->x->request : &f->x->response;
    if (!by_client && !f->response_begun)
        return f->left || !f->incident->is_complete;
    return episode->offset + episode->size > message->begin &&
           (!mark_is_set(message->end) || episode->offset < message->reached);
}

/* The longest episode of a kind that touches the time being judged. */
static const struct episode *
longest_episode(const struct facts *f, enum episode_kind kind, unsigned side)
{
    const struct episode *longest = NULL;

    for (unsigned i = 0; i < f->conn->episodes; i++) {
        const struct episode *episode = &f->conn->episode[i];

        if (episode->kind != kind || episode->side != side ||
            !episode_is_of_exchange(f, episode) ||
            episode->first.time > f->end.time ||
            (!episode_lasts(episode) && episode->ended.time < f->asked.time))
            continue;
        if (!longest || episode_lasted(f, episode) > episode_lasted(f, longest))
            longest = episode;
    }
    return longest;
}

static void find_episodes(struct facts *f)
{
    unsigned client = f->conn->client;
    unsigned server = conn_server(f->conn);

    f->client_window = longest_episode(f, EPISODE_ZERO_WINDOW, client);
    f->server_window = longest_episode(f, EPISODE_ZERO_WINDOW, server);
    f->client_retransmission =
        longest_episode(f, EPISODE_RETRANSMISSION, client);
    f->server_retransmission =
        longest_episode(f, EPISODE_RETRANSMISSION, server);
    f->client_probes = longest_episode(f, EPISODE_KEEPALIVE, client);
    f->server_probes = longest_episode(f, EPISODE_KEEPALIVE, server);
}

static void find_forgotten(struct facts *f)
{
    for (unsigned i = 0; f->conn->lost && i < 2u * EPISODE_HOLE; i++) {
        enum episode_kind kind = (enum episode_kind)(i / 2);
        const struct episodes_lost *lost = &f->conn->lost->of[kind][i % 2];
        const struct episode *kept = longest_episode(f, kind, i % 2);

        if (lost->until > f->asked.time && lost->longest > f->forgotten &&
            (!kept || episode_lasted(f, kept) < lost->longest))
            f->forgotten = lost->longest;
    }
}

/* An idle time before the first request counts from the handshake. */
static nanos idle_before(const struct facts *f)
{
    const struct exchange *x = f->x;

    if (mark_is_set(x->idle_since))
        return nanos_between(x->idle_since.time, x->request.start.time);
    if (conn_start_seen(f->conn) && f->incident->complete == 0)
        return nanos_between(mark_is_set(f->client->last_syn)
                                 ? f->client->last_syn.time
                                 : f->server->last_syn.time,
                             x->request.start.time);
    return -1;
}

/*
 * What came behind the client's close did not happen for it. Of the bytes that
 * came before, the last is known where the close fell into a pause.
 */
static void forget_what_came_late(struct facts *f)
{
    const struct exchange *x = f->x;
    uint64_t closed = f->closing.at.frame;

    f->left = exchange_was_left(f->conn, x);
    if (!f->left)
        return;
    f->response_whole = false;
    if (closed < x->response.start.frame) {
        f->response_begun = false;
        f->progress = x->request.last;
    } else if (x->pause.frame < closed && closed < x->pause_end.frame) {
        f->progress = x->pause;
    } else {
        f->progress = f->closing.at;
    }
}

static void find_exchange(struct facts *f)
{
    const struct exchange *x = f->x;
    uint64_t reached = x->request.reached;

    f->request_cut = exchange_is_snapped(f->conn, x);
    if (f->request_cut)
        reached = f->client->top;
    f->request_whole = mark_is_set(x->request.end) || f->request_cut;
    f->response_begun = mark_is_set(x->response.start);
    f->response_whole = exchange_is_answered(x);
    f->asked = exchange_asked(x);
    f->progress = later(x->request.last, x->response.last);
    /* what waits behind a hole has come, too */
    if (!x->is_h2 && f->server->top > f->server->next && f->server->seen)
        f->progress = later(f->progress, f->server->last_data);
    forget_what_came_late(f);
    f->idle = idle_before(f);
    f->covers = f->server_closed && f->closing.acks != CONN_NO_OFFSET &&
                f->closing.acks >= reached;
}

/*
 * A FIN takes a number as a byte does. Where the last number that a side's
 * peer acknowledged is the only one missing, it was its FIN.
 */
static bool is_fin_unseen(const struct facts *f, unsigned side)
{
    const struct flow *flow = &f->conn->flow[side];

    if (flow->lost == flow->cut || mark_is_set(flow->fin))
        return false;
    for (unsigned i = 0; i < f->conn->episodes; i++) {
        const struct episode *episode = &f->conn->episode[i];

        if (episode->kind == EPISODE_HOLE && episode->side == side)
            return (episode->count > 1 && flow->acked >= flow->top) ||
                   (episode->size == 1 && episode->offset + 1 == flow->top);
    }
    return false;
}

/* All of the answer was sent, and what was sent again of it never arrived. */
static bool is_undelivered(const struct facts *f)
{
    const struct exchange *x = f->x;
    unsigned server = conn_server(f->conn);

    if (!x || !f->incident->is_complete || mark_is_set(x->settled) ||
        f->server->acked >= x->response.reached)
        return false;
    for (unsigned i = 0; i < f->conn->episodes; i++) {
        const struct episode *episode = &f->conn->episode[i];

        if (episode->kind == EPISODE_RETRANSMISSION &&
            episode->side == server && episode_lasts(episode))
            return true;
    }
    return false;
}

/*
 * A request that was sent behind the close had failed when it was sent; that it
 * had is told to its client by the RST, if one came.
 */
static struct mark end_of(const struct facts *f)
{
    /* what a server's host says again and again, it has said, whatever the
       recording of the connection lacks behind that */
    if (f->closing.by == CLOSED_BY_NOBODY)
        return is_accept_queue_overflow(f) ? f->conn->last
                                           : f->around->capture_last;
    if (f->closing.at.frame >= f->asked.frame)
        return f->closing.at;
    for (unsigned i = 0; i < f->conn->resets; i++) {
        const struct reset *reset = &f->conn->reset[i];

        if (reset->from == conn_server(f->conn) &&
            reset->at.frame > f->asked.frame)
            return reset->at;
    }
    return f->asked;
}

/* A clock that was set back makes no time negative. */
nanos facts_passed(struct mark from, struct mark until)
{
    nanos passed = nanos_between(from.time, until.time);

    return passed > 0 ? passed : 0;
}

/* A request that was lost on its way is the server's when it has arrived. */
static void wait_for_request(struct facts *f)
{
    const struct episode *episode = f->client_retransmission;

    if (!f->x || !f->request_whole || f->response_begun || !episode ||
        episode->needless || !mark_is_set(episode->ended) ||
        !episode_is_of_exchange(f, episode))
        return;
    f->progress = later(f->progress, episode->ended);
    f->quiet = facts_passed(f->progress, f->end);
}

struct facts facts_of(const struct diagnose_settings *settings,
                      const struct incident *incident,
                      const struct circumstances *around)
{
    const struct conn *conn = &incident->conn;
    struct facts f = {
        .settings = settings,
        .incident = incident,
        .around = around,
        .known = around->server,
        .conn = conn,
        .x = incident->exchange,
        .client = &conn->flow[conn->client],
        .server = &conn->flow[conn_server(conn)],
        .closing = conn_closing(conn),
        .asked = conn->first,
        .progress = conn->last,
        .idle = -1,
    };

    /* a stream that was reset has ended, whatever becomes of the connection;
       one whose connection had ended has no more to say by its RST_STREAM */
    if (f.x) {
        const struct h2_facts *h2 = &incident->http.h2;

        f.closing = stream_closing(conn, h2, f.x);
        f.stream_reset = was_ended_by_reset(conn, h2, f.x);
    }
    f.server_closed = f.closing.by == CLOSED_BY_SERVER;
    f.client_closed = f.closing.by == CLOSED_BY_CLIENT;
    if (f.x)
        find_exchange(&f);
    f.end = end_of(&f);
    f.undelivered = !f.left && is_undelivered(&f);
    f.client_fin_unseen = is_fin_unseen(&f, conn->client);
    f.server_fin_unseen = is_fin_unseen(&f, conn_server(conn));
    if (f.x && incident->is_complete && !f.undelivered && !f.left &&
        !f.x->tunnel)
        f.end = later(f.x->response.end, f.x->settled);
    if (f.x && exchange_is_whole_by_length(f.x) && !f.stream_reset)
        f.end = f.x->response.last;
    f.wait = facts_passed(f.asked, f.end);
    f.quiet = facts_passed(f.progress, f.end);
    find_episodes(&f);
    wait_for_request(&f);
    find_forgotten(&f);
    return f;
}

bool is_statement_refuted(const struct facts *f)
{
    nanos stated = f->settings->write_timeout;

    return stated && durations_outlast(&f->known->success, stated);
}

const struct route *route_with_limit(const struct facts *f)
{
    const struct route *route =
        f->x ? routes_find(f->known->routes, f->x) : NULL;

    return route && route_limits_bound_cut(&route->limits) &&
                   f->wait >= route->limits.cut.shortest
               ? route
               : NULL;
}

enum timeout_fit timeout_fit(const struct facts *f)
{
    const struct durations *good = &f->known->success;
    const struct durations *bad = &f->known->cut;
    nanos stated = f->settings->write_timeout;

    if (stated && !is_statement_refuted(f))
        return f->wait >= stated || durations_alike(f->wait, stated)
                   ? FIT_STATED
                   : FIT_REFUTED;
    /* or it is one that is no part of the figures: others agree on a timeout */
    if (server_refutes_timeout(f->known) ||
        (f->known->odd && f->wait < bad->shortest))
        return route_with_limit(f) ? FIT_ROUTE : FIT_REFUTED;
    /* a timer is one whatever it lets through */
    if (durations_constant(bad, 2))
        return FIT_CONSTANT;
    if (bad->instants >= 2)
        return FIT_VARIED;
    return good->samples ? FIT_BRACKET : FIT_ALONE;
}
