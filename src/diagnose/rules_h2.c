/* HTTP/2: streams that were reset or wait, connections that ended. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_h2.h"
#include "diagnose/software.h"

#include <nghttp2/nghttp2.h>

static bool is_internal_error(const struct facts *f)
{
    return is_reset_by_server(f) &&
           f->x->h2->reset_code == NGHTTP2_INTERNAL_ERROR;
}

/* The server is at its limit, and says so or lets the client wait. */
bool is_stream_limit(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (!h2 || h2->limit == H2_NO_LIMIT)
        return false;
    /* RFC 9113, 5.1.2: the one code or the other */
    if (is_reset_by_server(f) && (h2->reset_code == NGHTTP2_REFUSED_STREAM ||
                                  h2->reset_code == NGHTTP2_PROTOCOL_ERROR))
        return h2->open > h2->limit && !f->response_begun;
    return waits_at_stream_limit(f);
}

/* RST_STREAM(INTERNAL_ERROR) after a constant time is a timer. */
bool is_write_timeout_reset(const struct facts *f)
{
    nanos stated = f->settings->write_timeout;

    if (!is_internal_error(f) || f->wait < f->settings->timeout_floor ||
        is_known_proxy(f))
        return false;
    if (stated && !is_statement_refuted(f))
        return durations_alike(f->wait, stated);
    /* without its header section it may be a proxy's */
    if (f->response_begun && !f->x->status)
        return false;
    return reset_timer(f) != NULL || route_with_reset_timer(f) != NULL;
}

/* Ended by the server without an error, and without a status. */
bool is_trailers_missing(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (!f->x->is_grpc || f->x->has_grpc_status || f->x->response.lost)
        return false;
    /* what answers in another protocol owes no status */
    if (mark_is_set(f->x->response.head) && !f->x->answers_grpc)
        return false;
    if (has_stream_reset(f))
        return !h2->reset_by_client &&
               (h2->reset_code == NGHTTP2_NO_ERROR || f->response_whole);
    return f->response_whole;
}

bool is_h2_abort(const struct facts *f)
{
    return is_internal_error(f);
}

/* Complete but for a request that was not wanted any more (RFC 9113, 8.1). */
static bool is_answered(const struct facts *f)
{
    return has_stream_reset(f) && f->response_whole;
}

/* It may have come behind a whole response that the capture has not got. */
static bool may_be_answered(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    return h2->reset_code == NGHTTP2_NO_ERROR && !h2->known[MESSAGE_RESPONSE];
}

/* The client leaves, or declines what the server pushed (RFC 9113, 8.4.2). */
static bool is_clients_choice(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;
    bool pushed = f->x->stream % 2 == 0;

    return h2->reset_by_client &&
           (h2->reset_code == NGHTTP2_CANCEL ||
            h2->reset_code == NGHTTP2_NO_ERROR ||
            (pushed && h2->reset_code == NGHTTP2_REFUSED_STREAM));
}

bool is_stream_reset(const struct facts *f)
{
    return has_stream_reset(f) && !is_answered(f) && !may_be_answered(f) &&
           !is_clients_choice(f);
}

/*
 * RFC 9113, 8.1.1: END_STREAM before Content-Length bytes makes the response
 * malformed; the client refuses it, whatever the server meant.
 */
bool is_short_of_length(const struct facts *f)
{
    return f->response_whole && exchange_is_short(f->x);
}

/*
 * nginx's client_body_timeout, and its like: the request does not go on. A
 * gRPC call stays open as long as it likes, and a handler that fails says
 * INTERNAL_ERROR.
 */
bool is_h2_read_timeout(const struct facts *f)
{
    if (!is_reset_by_server(f) || f->request_whole || f->response_begun ||
        f->x->is_grpc || f->x->request.messages || !is_request_known(f))
        return false;
    return (f->x->h2->reset_code == NGHTTP2_PROTOCOL_ERROR ||
            f->x->h2->reset_code == NGHTTP2_CANCEL ||
            f->x->h2->reset_code == NGHTTP2_NO_ERROR) &&
           mark_is_set(f->x->request.head) &&
           request_quiet(f) >= f->settings->timeout_floor;
}

/* A stream that was not followed may be. */
static bool none_is_open(const struct facts *f)
{
    return f->incident->http.h2.open == 0 && f->incident->http.h2.dropped == 0;
}

/*
 * Without a stream that failed by it only the server's word counts: the next
 * request would have met it. A client that leaves may say what it likes.
 */
bool is_connection_error(const struct facts *f)
{
    const struct h2_goaway *goaway = goaway_with_error(f);

    if (!goaway)
        return false;
    if (f->x)
        return !f->response_whole;
    return goaway == &f->incident->http.h2.goaway[conn_server(f->conn)] &&
           none_is_open(f);
}

/* A stream that was reset had ended before the connection did. */
bool is_goaway_lost(const struct facts *f)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    struct mark said = h2->first_goaway[conn_server(f->conn)];
    bool behind = f->client_closed && f->closing.at.frame < said.frame;

    return !has_stream_reset(f) && f->closing.by != CLOSED_BY_NOBODY &&
           goaway_of_server(f) && !f->response_whole && !behind;
}

enum {
    GRPC_UNAVAILABLE = 14
};

/* A transport that is closed down answers for the calls that it ends. */
bool is_goaway_unavailable(const struct facts *f)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    struct mark said = h2->first_goaway[conn_server(f->conn)];

    return f->x->has_grpc_status && f->x->grpc_status == GRPC_UNAVAILABLE &&
           mark_is_set(said) && said.frame >= f->x->request.start.frame &&
           said.frame <= f->x->response.end.frame;
}

bool is_connection_closed(const struct facts *f)
{
    return !has_stream_reset(f) && f->server_closed && !f->response_whole;
}

static bool has_goaway(const struct facts *f)
{
    const struct h2_facts *h2 = &f->incident->http.h2;

    return mark_is_set(h2->goaway[0].at) || mark_is_set(h2->goaway[1].at);
}

bool is_goaway_hang(const struct facts *f)
{
    nanos lasted =
        has_goaway(f) ? facts_passed(latest_goaway(f), f->end) : stuck_for(f);

    return f->incident->http.protocol == PROTOCOL_HTTP2 && none_is_open(f) &&
           f->closing.by == CLOSED_BY_NOBODY &&
           lasted >= 3 * f->settings->stall_threshold;
}

bool is_connection_window_stall(const struct facts *f)
{
    return held_up(f, true) < MESSAGES;
}

bool is_stream_window_stall(const struct facts *f)
{
    return held_up(f, false) < MESSAGES;
}
