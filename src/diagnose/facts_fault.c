#include "diagnose/facts_fault.h"

const struct http_fault *fault_of(const struct facts *f, unsigned message)
{
    return f->x ? f->x->fault[message] : NULL;
}

bool went_on(const struct facts *f)
{
    uint64_t others = f->incident->complete - f->incident->is_complete;

    return f->incident->complete && others >= f->x->number;
}

bool was_refused_by_client(const struct facts *f,
                           const struct http_fault *fault)
{
    return f->client_closed && f->closing.by_reset &&
           f->closing.reset->in_window && f->closing.reset->has_ack &&
           reset_is_in_character(f->closing.reset) &&
           f->closing.at.frame > fault->at.frame &&
           nanos_between(fault->at.time, f->closing.at.time) <=
               NANOS_PER_SECOND;
}

/* RFC 9110, 15.5 and 15.6: what is said of a request that is none. */
static bool is_refusal(uint16_t status)
{
    return status == 400 || status == 411 || status == 413 || status == 414 ||
           status == 431 || status == 501 || status == 505;
}

bool was_refused_by_server(const struct facts *f)
{
    return is_refusal(f->x->status) || (f->server_closed && !f->response_begun);
}

bool is_without_end(const struct facts *f)
{
    const struct exchange *x = f->x;
    nanos pause = nanos_between(x->pause.time, x->pause_end.time);
    struct mark until = f->closing.by == CLOSED_BY_NOBODY
                            ? f->around->capture_last
                            : f->closing.at;

    return x->response.framing == FRAMING_CLOSE && !x->says_close &&
           !x->is_event_stream && !x->tunnel && mark_is_set(x->response.head) &&
           f->request_whole && f->incident->http.minor == 1 &&
           !f->server_closed && pause < f->settings->stall_threshold &&
           x->response.last.frame <= until.frame &&
           facts_passed(x->response.last, until) >=
               f->settings->stall_threshold;
}
