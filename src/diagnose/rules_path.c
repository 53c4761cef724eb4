/* Reused connections, and what lies between the two ends. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"

enum {
    STATUS_REQUEST_TIMEOUT = 408
};

/* Below this a path is not taken to have forgotten a flow. */
#define PATH_FORGETS (60 * NANOS_PER_SECOND)

/*
 * The server closed before it had seen the request: its FIN acknowledges
 * nothing of it. On a connection that was never used the same happens to one
 * that was opened ahead of need.
 */
bool is_idle_close_race(const struct facts *f)
{
    return mark_is_set(f->server->fin) && !f->response_begun &&
           f->server->fin_acks != CONN_NO_OFFSET &&
           f->server->fin_acks <= f->x->request.begin && f->server_closed;
}

/*
 * The same, and the server had said 408 to a connection on which nothing was
 * asked (RFC 9110, 15.5.9): its client takes that for the answer.
 */
bool is_race_with_408(const struct facts *f)
{
    return f->x->status == STATUS_REQUEST_TIMEOUT && f->response_whole &&
           f->request_whole && f->server_closed && f->idle >= 0 &&
           mark_is_set(f->server->fin) &&
           f->server->fin_acks != CONN_NO_OFFSET &&
           f->server->fin_acks <= f->x->request.begin;
}

/* RFC 9112, 9.6: behind such an answer a server reads no request any more. */
bool is_close_ignored(const struct facts *f)
{
    return mark_is_set(f->incident->said_close) && !f->response_begun &&
           (f->server_closed || mark_is_set(f->server->fin));
}

static bool reset_without_ack(const struct facts *f)
{
    return f->server_closed && f->closing.by_reset &&
           !f->closing.reset->has_ack;
}

/* The request went into silence, or met a host that knows of no connection. */
bool is_idle_path_drop(const struct facts *f)
{
    bool silent = f->client_retransmission &&
                  episode_lasts(f->client_retransmission) &&
                  f->client_retransmission->count >= 2 &&
                  is_silent_since(f->server, f->x->request.start);
    bool told = f->server_closed && f->closing.by_reset &&
                !mark_is_set(f->server->fin) &&
                (reset_without_ack(f) ||
                 f->closing.reset->ttl != f->closing.reset->usual_ttl);

    return f->idle >= PATH_FORGETS && !f->response_begun &&
           !mark_is_set(f->server->fin) && (silent || told);
}

/* A FIN before it would explain another socket, hence another TTL. */
static bool is_behind_fin(const struct flow *flow, const struct reset *reset)
{
    return mark_is_set(flow->fin) && flow->fin.frame < reset->at.frame;
}

/*
 * An RST whose TTL is not that of its alleged sender; or one in the name of
 * each side in one instant: no host answers an RST.
 */
bool is_middlebox_reset(const struct facts *f)
{
    const struct reset *reset = f->closing.reset;

    return f->closing.by_reset && !is_behind_fin(f->client, reset) &&
           !is_behind_fin(f->server, reset) &&
           (!reset_is_in_character(reset) || is_reset_to_both(f));
}
