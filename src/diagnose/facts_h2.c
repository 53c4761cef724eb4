#include "diagnose/facts_h2.h"

#include "diagnose/facts_ends.h"

#include <nghttp2/nghttp2.h>

bool has_stream_reset(const struct facts *f)
{
    return f->stream_reset;
}

bool is_reset_by_server(const struct facts *f)
{
    return has_stream_reset(f) && !f->x->h2->reset_by_client;
}

/* Could its header section be read? */
bool is_request_known(const struct facts *f)
{
    return f->x->method && f->x->method[0];
}

bool may_be_read_timeout(const struct facts *f)
{
    return !is_request_known(f) && is_reset_by_server(f) && !f->request_whole &&
           request_quiet(f) >= f->settings->timeout_floor;
}

bool before_limit(const struct facts *f)
{
    struct mark limited = f->x->h2->limited;

    return mark_is_set(limited) && f->x->request.start.frame < limited.frame;
}

static bool blames_sender(uint32_t code)
{
    return code == NGHTTP2_PROTOCOL_ERROR ||
           code == NGHTTP2_COMPRESSION_ERROR ||
           code == NGHTTP2_FRAME_SIZE_ERROR ||
           code == NGHTTP2_FLOW_CONTROL_ERROR;
}

const struct h2_goaway *refusing_goaway(const struct h2_facts *h2,
                                        const struct conn *conn,
                                        const struct exchange *x)
{
    const struct h2_goaway *goaway = &h2->goaway[conn->client];

    if (!x->is_h2 || !mark_is_set(goaway->at) || !blames_sender(goaway->code) ||
        goaway->at.frame < x->response.end.frame ||
        mark_is_set(h2->goaway[conn_server(conn)].at))
        return NULL;
    return nanos_between(x->response.end.time, goaway->at.time) <=
                   NANOS_PER_SECOND
               ? goaway
               : NULL;
}

bool is_refusing_reset(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    return h2 && mark_is_set(h2->reset) && h2->reset_by_client &&
           h2->reset_code != NGHTTP2_NO_ERROR &&
           h2->reset_code != NGHTTP2_CANCEL &&
           h2->reset_code != NGHTTP2_STREAM_CLOSED &&
           h2->reset_code != NGHTTP2_REFUSED_STREAM;
}

bool is_refused_whole(const struct facts *f)
{
    if (!f->x->is_h2 || !f->response_whole)
        return false;
    return is_refusing_reset(f) ||
           (f->incident->is_complete &&
            refusing_goaway(&f->incident->http.h2, f->conn, f->x) != NULL);
}

bool waits_at_stream_limit(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    return h2 && h2->limit != H2_NO_LIMIT && h2->open >= h2->limit &&
           !has_stream_reset(f) && !f->response_begun &&
           f->quiet >= f->settings->stall_threshold;
}

const struct h2_goaway *goaway_of_server(const struct facts *f)
{
    const struct h2_goaway *goaway =
        &f->incident->http.h2.goaway[conn_server(f->conn)];

    return mark_is_set(goaway->at) ? goaway : NULL;
}

static bool has_closed_before(const struct facts *f, unsigned side,
                              struct mark at)
{
    const struct flow *flow = &f->conn->flow[side];

    for (unsigned i = 0; i < f->conn->resets; i++) {
        const struct reset *reset = &f->conn->reset[i];

        if (reset->from == side && reset->in_window &&
            reset->at.frame < at.frame)
            return true;
    }
    return mark_is_set(flow->fin) && flow->fin.frame < at.frame;
}

/* The side had closed by then, or had said that it would not do this stream:
 * what the other one says of it comes after. */
static bool had_ended_before(const struct facts *f, unsigned side,
                             struct mark at)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    const struct h2_goaway *goaway = &h2->goaway[side];
    bool excludes = f->x && mark_is_set(goaway->at) &&
                    goaway->at.frame < at.frame && side != f->conn->client &&
                    f->x->stream > goaway->last_stream;

    return excludes || has_closed_before(f, side, at);
}

const struct h2_goaway *goaway_with_error(const struct facts *f)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    const struct h2_goaway *first = NULL;

    for (unsigned side = 0; side < 2; side++) {
        const struct h2_goaway *goaway = &h2->goaway[side];

        if (mark_is_set(goaway->at) && goaway->code &&
            !had_ended_before(f, 1 - side, goaway->at) &&
            (!first || goaway->at.frame < first->at.frame))
            first = goaway;
    }
    return first;
}

struct mark latest_goaway(const struct facts *f)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    struct mark a = h2->goaway[0].at;
    struct mark b = h2->goaway[1].at;

    if (!mark_is_set(a))
        return b;
    return mark_is_set(b) && b.time > a.time ? b : a;
}

nanos stuck_for(const struct facts *f)
{
    const struct episode *window[2] = {f->client_window, f->server_window};
    nanos longest = 0;

    for (unsigned i = 0; i < 2; i++) {
        if (window[i] && episode_lasts(window[i]) && window[i]->count >= 2 &&
            episode_lasted(f, window[i]) > longest)
            longest = episode_lasted(f, window[i]);
    }
    return longest;
}

/* Is the message such that its sender could still want to send? */
static bool wants_to_send(const struct facts *f, unsigned message)
{
    if (message == MESSAGE_REQUEST)
        return mark_is_set(f->x->request.head);
    return f->response_begun;
}

/* How much of a time blocked fell into the exchange's own. */
static nanos share(const struct facts *f, struct mark from, struct mark until)
{
    nanos start = from.time > f->asked.time ? from.time : f->asked.time;

    return mark_is_set(from) ? nanos_between(start, until.time) : 0;
}

/* A connection's window may have been used up before the stream began. */
static bool is_blocked(const struct facts *f, const struct h2_window *window)
{
    nanos threshold = f->settings->stall_threshold;

    return share(f, window->blocking.since, f->end) >= threshold ||
           share(f, window->blocking.from, window->blocking.until) >= threshold;
}

/* The message that the window of its stream, or of the connection, holds up;
 * MESSAGES when there is none. */
unsigned held_up(const struct facts *f, bool by_connection)
{
    const struct exchange_h2 *h2 = f->x->h2;

    for (unsigned message = MESSAGES; h2 && message-- > 0;) {
        const struct h2_window *window =
            by_connection ? &h2->connection[message] : &h2->stream[message];

        if (h2->known[message] && wants_to_send(f, message) &&
            is_blocked(f, window))
            return message;
    }
    return MESSAGES;
}

bool ended_while_blocked(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;
    uint64_t end = f->x->response.end.frame;

    return h2 && end &&
           (h2->stream[MESSAGE_RESPONSE].blocking.until.frame == end ||
            h2->connection[MESSAGE_RESPONSE].blocking.until.frame == end);
}

const struct durations *reset_timer(const struct facts *f)
{
    const struct durations *resets = &f->known->reset;

    /* a timer of the stream's lets nothing take longer */
    return !durations_outlast(&f->known->success, f->wait) &&
                   durations_constant(resets, 1) &&
                   durations_alike(f->wait, resets->shortest)
               ? resets
               : NULL;
}

const struct route *route_with_reset_timer(const struct facts *f)
{
    const struct route *route =
        reset_timer(f) ? NULL : routes_find(f->known->routes, f->x);

    return route && route_limits_reset(&route->limits) &&
                   durations_alike(f->wait, route->limits.reset.shortest)
               ? route
               : NULL;
}
