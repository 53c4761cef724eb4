/* Nothing moves. Asked before the one who gave up at last is blamed. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_stall.h"

bool is_dead_peer(const struct facts *f)
{
    struct silence silence;

    return find_silence(f, &silence);
}

static bool is_stalled_by_hole(const struct facts *f)
{
    return has_unfilled_hole(f->server) &&
           is_long(f, hole_lasted(f, f->server));
}

bool is_network_stall(const struct facts *f)
{
    return never_acknowledged(f, f->client_retransmission) ||
           never_acknowledged(f, f->server_retransmission) ||
           is_stalled_by_hole(f) || is_request_lost(f) ||
           is_unheard_by_server(f);
}

/* The answer was said of a request that is lost on its way. */
bool is_request_network_stall(const struct facts *f)
{
    return is_request_lost(f) && is_answer_to_slowness(f);
}

bool is_zero_window_stall(const struct facts *f)
{
    return is_stalled_by_window(f, f->client_window) ||
           is_stalled_by_window(f, f->server_window);
}

/* When the sender of the request last had a reason to go on. */
static struct mark last_turn(const struct facts *f)
{
    return f->x->interim.frame > f->x->request.last.frame ? f->x->interim
                                                          : f->x->request.last;
}

/* HTTP/2: a call that streams its messages is silent as long as it likes. */
static bool has_promised_more(const struct facts *f)
{
    const struct message *request = &f->x->request;

    if (!f->x->is_h2)
        return true;
    return !f->x->is_grpc && request->framing == FRAMING_LENGTH &&
           mark_is_set(request->head) && request->body < request->expected;
}

/* HTTP/2: the server's credit is awaited, for however long by now. */
static bool is_window_used_up(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    return h2 && (mark_is_set(h2->stream[MESSAGE_REQUEST].blocking.since) ||
                  mark_is_set(h2->connection[MESSAGE_REQUEST].blocking.since));
}

/*
 * It is the turn of whoever sends the request, and nothing hinders it. What
 * came in pieces may go on after as long a pause as it had before.
 */
bool is_request_stall(const struct facts *f)
{
    nanos quiet;

    if (f->request_whole || f->response_begun || f->server_closed ||
        waits_for_continue(f) || !has_promised_more(f) ||
        has_unfilled_hole(f->client))
        return false;
    if (f->server_window && episode_lasts(f->server_window))
        return false;
    if (is_window_used_up(f))
        return false;
    quiet = facts_passed(last_turn(f), f->end);
    return f->client->acked >= f->x->request.reached && is_long(f, quiet) &&
           quiet >= 2 * f->x->request_pause;
}

/*
 * Fewer bytes than promised, then nothing, and nobody closes: a framing
 * mistake, or a handler that stopped. The same packets; a burst that ended at
 * once points to the mistake, so that comes first.
 */
bool is_short_body_open(const struct facts *f)
{
    const struct message *response = &f->x->response;

    return f->request_whole && f->response_begun && !f->response_whole &&
           !f->server_closed && !client_left_together(f) &&
           !is_client_timeout(f) && response->framing == FRAMING_LENGTH &&
           is_long(f, f->quiet) && f->server->acked >= f->server->top &&
           nanos_between(f->x->pause.time, f->x->pause_end.time) <
               f->settings->stall_threshold / 10;
}

/* It had said how long it would wait: the server was slower than that. */
static bool is_own_deadline(const struct facts *f)
{
    return f->client_closed && f->x->grpc_timeout > 0 &&
           durations_alike(f->wait, f->x->grpc_timeout);
}

bool is_server_stall(const struct facts *f)
{
    if (f->server_closed || f->response_whole || is_client_timeout(f) ||
        is_own_deadline(f) || is_client_exit(f) || left_within_usual_time(f) ||
        waits_within_usual_time(f))
        return false;
    if (may_be_a_stream(f) && (f->client_closed || f->x->is_event_stream))
        return false;
    return (f->request_whole || waits_for_continue(f)) &&
           f->client->acked >= f->x->request.reached && is_long(f, f->quiet);
}

bool is_client_abort(const struct facts *f)
{
    return f->client_closed;
}

bool is_open_ended(const struct facts *f)
{
    return f->incident->ending == CONN_STILL_OPEN && f->x &&
           f->closing.by == CLOSED_BY_NOBODY;
}
