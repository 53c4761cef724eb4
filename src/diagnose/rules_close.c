/* The request was complete, and the server ended it before the answer was. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/software.h"

/* A forwarder finds out so soon that nobody is behind it. */
#define AT_ONCE (100 * NANOS_PER_MILLI)

static bool is_server_close(const struct facts *f)
{
    return f->request_whole && !f->response_whole && f->server_closed;
}

/*
 * A timer that is known ends those that are late, on a busy machine several in
 * one instant; a master that looks once a second always does.
 */
static bool is_timed(const struct facts *f, const struct cluster *cluster)
{
    const struct durations *cut = &f->known->cut;

    if (server_slack(f->known) > 0 && !cluster->idle && !cluster->refused &&
        cut->instants >= 2 && f->wait >= cut->shortest)
        return true;
    return endings_are_timed(f->known->endings, f->closing.at, cluster, cut);
}

bool is_server_shutdown(const struct facts *f)
{
    struct cluster cluster;

    if (!is_server_close(f) || !is_in_shutdown(f, &cluster) ||
        is_timed(f, &cluster))
        return false;
    /* where nobody ever answered a refusal tells nothing of a process */
    return cluster.busy + cluster.idle >= 2 || f->known->answered > 0;
}

/* Up to 50 ms or 2 % above it, and 0.3 s below: see verdicts(7). */
static bool is_timer(nanos silence, nanos timer)
{
    return silence >= timer - 300 * NANOS_PER_MILLI &&
           (silence <= timer || durations_alike(silence, timer));
}

/* nginx proxy_read_timeout and AWS ALB; HAProxy's examples. */
static bool is_published(nanos silence)
{
    return is_timer(silence, 60 * NANOS_PER_SECOND) ||
           is_timer(silence, 50 * NANOS_PER_SECOND);
}

bool is_stream_idle_timeout(const struct facts *f)
{
    const struct durations *known = &f->known->silence;
    nanos gap;
    nanos silence;

    if (!is_server_close(f) || !f->response_begun || f->closing.by_reset ||
        !f->covers || is_slow_reader(f))
        return false;
    silence = answer_silence(f);
    gap = nanos_between(f->x->pause.time, f->x->pause_end.time);
    /* a silence that the answer's own rhythm has times nothing */
    if (silence <= gap + gap / 10)
        return false;
    /* others are past the floor: it may be a little below */
    if (known->samples)
        return is_timer(silence, known->longest) ||
               durations_alike(silence, known->longest);
    /* one alone: the other clock must say something else */
    return f->x->response.framing != FRAMING_LENGTH && is_published(silence) &&
           !durations_alike(silence, f->wait);
}

/*
 * A proxy has timers of silence; whatever else it cuts late, and not always
 * after the same time, is what the leg behind it did. What has no such timeout
 * at all is not said to have one; for an answer that does not come a proxy
 * between would have said 504.
 */
static bool may_be_write_timeout(const struct facts *f)
{
    switch (timeout_fit(f)) {
    case FIT_REFUTED:
        return false;
    case FIT_STATED:
        return true;
    case FIT_CONSTANT:
        return !has_no_response_timeout(f);
    default:
        return !is_known_proxy(f) && !has_no_response_timeout(f);
    }
}

bool is_write_timeout_eof(const struct facts *f)
{
    return is_server_close(f) && !f->closing.by_reset && !f->response_begun &&
           f->covers && f->wait >= f->settings->timeout_floor &&
           may_be_write_timeout(f);
}

bool is_short_body_closed(const struct facts *f)
{
    return is_server_close(f) && f->response_begun && !f->closing.by_reset &&
           f->x->response.framing == FRAMING_LENGTH &&
           nanos_between(f->x->response.last.time, f->end.time) >=
               f->settings->stall_threshold &&
           !is_slow_reader(f) && pause_is_idle_timeout(f);
}

bool is_write_timeout_truncation(const struct facts *f)
{
    return is_server_close(f) && f->response_begun && !f->closing.by_reset &&
           f->covers && f->wait >= f->settings->timeout_floor &&
           (is_slow_reader(f) || may_be_write_timeout(f));
}

/* Who waits before it closes has a program behind it, or waits for one. */
bool is_no_backend(const struct facts *f)
{
    return is_server_close(f) && !f->response_begun && f->wait < AT_ONCE &&
           f->known->failed >= 3 && f->known->answered == 0 &&
           f->known->not_closed == 0 && f->known->cut.samples == 0;
}

bool is_server_reset(const struct facts *f)
{
    return f->server_closed && f->closing.by_reset && !f->response_whole;
}

/* Whatever is left when the server closes with a FIN. */
bool is_handler_abort(const struct facts *f)
{
    return f->server_closed && !f->response_whole;
}
