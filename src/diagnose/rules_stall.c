/* Nothing moves. Asked before the one who gave up at last is blamed. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_stall.h"

bool is_dead_peer(const struct facts *f)
{
    struct silence silence;

    return find_silence(f, &silence);
}

/* Later bytes came, those before them never did, and nothing moves since. */
static bool has_unfilled_hole(const struct facts *f)
{
    return f->server->top > f->server->next && f->server->seen &&
           f->server->acked < f->server->top && is_long(f, f->quiet);
}

bool is_network_stall(const struct facts *f)
{
    return never_acknowledged(f, f->client_retransmission) ||
           never_acknowledged(f, f->server_retransmission) ||
           has_unfilled_hole(f);
}

bool is_zero_window_stall(const struct facts *f)
{
    return is_stalled_by_window(f, f->client_window) ||
           is_stalled_by_window(f, f->server_window);
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

bool is_server_stall(const struct facts *f)
{
    if (f->server_closed || f->response_whole || is_client_timeout(f) ||
        is_client_exit(f))
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
