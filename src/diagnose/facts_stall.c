#include "diagnose/facts_stall.h"

bool is_long(const struct facts *f, nanos lasted)
{
    return lasted >= f->settings->stall_threshold;
}

bool never_acknowledged(const struct facts *f, const struct episode *episode)
{
    return episode && episode_lasts(episode) && episode->count >= 2 &&
           is_long(f, episode_lasted(f, episode));
}

bool has_unfilled_hole(const struct flow *flow)
{
    return flow->seen && !flow->end_told && flow->top > flow->next &&
           flow->acked <= flow->next;
}

nanos hole_lasted(const struct facts *f, const struct flow *flow)
{
    /* it was open by then, whenever what came before was acknowledged */
    return facts_passed(flow->last_data, f->end);
}

bool is_request_lost(const struct facts *f)
{
    if (f->request_whole)
        return false;
    return never_acknowledged(f, f->client_retransmission) ||
           (!f->x->is_h2 && has_unfilled_hole(f->client) &&
            is_long(f, hole_lasted(f, f->client)));
}

/* Again and again, with the growing time that a sender waits (RFC 6298, 5.5),
 * and not only when it began. */
static bool is_resent(const struct facts *f, unsigned count, struct mark since,
                      nanos last, nanos lasted)
{
    return !f->x->is_h2 && count >= 2 && is_long(f, lasted) &&
           nanos_between(since.time, last) >= lasted / 3;
}

bool is_unheard_by_server(const struct facts *f)
{
    return f->response_begun && !f->response_whole &&
           f->closing.by != CLOSED_BY_SERVER &&
           f->server->resent_at <= f->end.time &&
           is_resent(f, f->server->resent, f->progress, f->server->resent_at,
                     f->quiet);
}

bool was_unheard_by_server(const struct facts *f)
{
    return f->response_begun &&
           is_resent(f, f->x->pause_resent, f->x->pause, f->x->pause_resent_at,
                     facts_passed(f->x->pause, f->x->pause_end));
}

static bool never_answered(const struct episode *episode)
{
    return episode && episode->answered < episode->count &&
           episode->count - episode->answered >= 2;
}

/* Sent again and again, or probed, and not a packet came back. */
bool find_silence(const struct facts *f, struct silence *silence)
{
    const struct episode *retransmission[2] = {f->client_retransmission,
                                               f->server_retransmission};
    const struct episode *probes[2] = {f->client_probes, f->server_probes};
    const struct flow *other[2] = {f->server, f->client};

    for (unsigned i = 0; i < 2; i++) {
        silence->waits = i ? FROM_SERVER : FROM_CLIENT;
        silence->silent = other[i];
        silence->episode = retransmission[i];
        if (never_acknowledged(f, retransmission[i]) &&
            is_silent_since(other[i], retransmission[i]->first))
            return true;
        silence->episode = probes[i];
        if (never_answered(probes[i]) &&
            other[i]->last_any.time <= probes[i]->last.time &&
            is_silent_since(other[i], probes[i]->first))
            return true;
    }
    return false;
}

bool is_stalled_by_window(const struct facts *f, const struct episode *episode)
{
    return episode && episode->count >= 1 &&
           is_long(f, episode_held(f, episode));
}

bool find_client_timeout(const struct facts *f, struct durations *gave_up)
{
    const struct endpoint *client = &f->conn->endpoint[f->conn->client];

    *gave_up = f->known->client_gave_up;
    if (!f->client_closed)
        return false;
    if (!durations_end_together(gave_up) && durations_constant(gave_up, 2) &&
        durations_alike(f->wait, gave_up->shortest))
        return true;
    return f->known->endings &&
           endings_client_timeout(f->known->endings, client, f->wait, gave_up);
}

bool is_client_timeout(const struct facts *f)
{
    struct durations gave_up;

    return find_client_timeout(f, &gave_up);
}

bool left_within_usual_time(const struct facts *f)
{
    const struct server_log *log = f->known->log;
    size_t answers = 0;
    size_t longer = 0;

    if (!f->client_closed || f->response_begun || !log)
        return false;
    for (size_t i = 0; i < log->count; i++) {
        const struct log_entry *entry = server_log_at(log, i);

        answers += entry->kind == LOG_ANSWERED;
        longer += entry->kind == LOG_ANSWERED && entry->took > f->wait;
    }
    return answers >= 3 && 2 * longer > answers;
}

/* Half of the answers on its route took as long; 0: too few are known. */
static nanos usual_time(const struct facts *f)
{
    const struct routes *routes = f->known->routes;
    const struct route *route = routes ? routes_find(routes, f->x) : NULL;

    return route && route->latency.end.samples >= 2
               ? sketch_quantile(&route->latency.end, 50)
               : 0;
}

bool waits_within_usual_time(const struct facts *f)
{
    return f->x && f->closing.by == CLOSED_BY_NOBODY && !f->response_begun &&
           facts_passed(f->asked, f->end) < usual_time(f);
}

/*
 * A body of unknown length may be silent because there is nothing to say:
 * events to come, a watch. Then the silence is told, nobody is accused.
 */
bool may_be_a_stream(const struct facts *f)
{
    return f->response_begun && f->x->response.framing != FRAMING_LENGTH;
}

bool waits_for_continue(const struct facts *f)
{
    return !f->request_whole && f->x->expects_continue &&
           mark_is_set(f->x->request.head) && f->x->request.body == 0 &&
           !mark_is_set(f->x->interim) && !f->response_begun;
}

const struct episode *loss_of(const struct facts *f)
{
    const struct episode *episodes[2] = {f->client_retransmission,
                                         f->server_retransmission};

    for (unsigned i = 0; i < 2; i++) {
        if (episodes[i] &&
            episode_held(f, episodes[i]) >= f->settings->stall_threshold)
            return episodes[i];
    }
    return NULL;
}

bool may_go_on_unseen(const struct facts *f)
{
    return f->incident->ending == CONN_STILL_OPEN && !f->stream_reset &&
           !mark_is_set(f->conn->over) &&
           facts_passed(f->conn->last, f->around->capture_last) >=
               f->settings->stall_threshold;
}
