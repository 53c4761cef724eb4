/* Streams that were reset, and the limit on their number. */
#include "diagnose/rules.h"

#include <nghttp2/nghttp2.h>

const char *h2_code_name(uint32_t code)
{
    return nghttp2_http2_strerror(code);
}

static bool is_reset(const struct facts *f)
{
    return f->x->h2 && mark_is_set(f->x->h2->reset);
}

static bool is_reset_by_server(const struct facts *f)
{
    return is_reset(f) && !f->x->h2->reset_by_client;
}

static bool is_internal_error(const struct facts *f)
{
    return is_reset_by_server(f) &&
           f->x->h2->reset_code == NGHTTP2_INTERNAL_ERROR;
}

/* The server is at its limit, and says so or lets the client wait. */
static bool is_stream_limit(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (!h2 || h2->limit == H2_NO_LIMIT)
        return false;
    /* RFC 9113, 5.1.2: the one code or the other */
    if (is_reset_by_server(f) && (h2->reset_code == NGHTTP2_REFUSED_STREAM ||
                                  h2->reset_code == NGHTTP2_PROTOCOL_ERROR))
        return h2->open > h2->limit && !f->response_begun;
    return !is_reset(f) && h2->open >= h2->limit && !f->response_begun &&
           f->quiet >= f->settings->stall_threshold;
}

static bool before_limit(const struct facts *f)
{
    struct mark limited = f->x->h2->limited;

    return mark_is_set(limited) && f->x->request.start.frame < limited.frame;
}

static void tell_stream_limit(const struct facts *f, struct finding *finding)
{
    const struct exchange_h2 *h2 = f->x->h2;
    bool refused = is_reset(f);

    finding->symptom = refused ? SYMPTOM_RESET : SYMPTOM_HANG;
    finding->confidence = refused ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The server allows %u streams at once (SETTINGS_MAX_"
                    "CONCURRENT_STREAMS) and %u were open.",
                    h2->limit, h2->open);
    if (refused)
        finding_explain(finding,
                        "It refused this one (%s): it was not processed, and a "
                        "retry is safe.%s",
                        h2_code_name(h2->reset_code),
                        before_limit(f)
                            ? " The client had sent it before the "
                              "server's SETTINGS came with the limit."
                            : "");
    else
        finding_explain(finding, "Further requests wait inside the client, "
                                 "where no packet shows them.");
    if (refused && before_limit(f))
        finding_advise(finding,
                       "let the client send again what was refused, or "
                       "wait for the server's SETTINGS before it sends "
                       "many");
    else
        finding_advise(finding, "find out why the open streams do not end, the "
                                "oldest first (--exchanges lists them)");
    finding_advise(finding, "raise the server's limit, or let the client open "
                            "another connection");
}

/* What answers as one of these is often a proxy, and its timers are those of
 * the leg behind it. */
static bool is_proxy(const struct facts *f)
{
    static const char *const name[] = {"nginx", "openresty", "envoy",  "Apache",
                                       "ATS",   "Caddy",     "haproxy"};

    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        if (strcasestr(f->known->software, name[i]))
            return true;
    }
    return false;
}

/* RST_STREAM(INTERNAL_ERROR) after a constant time is a timer. */
static bool is_write_timeout_reset(const struct facts *f)
{
    const struct durations *resets = &f->known->reset;
    nanos stated = f->settings->write_timeout;

    if (!is_internal_error(f) || f->wait < f->settings->timeout_floor ||
        is_proxy(f))
        return false;
    if (stated)
        return durations_alike(f->wait, stated);
    /* without its header section it may be a proxy's */
    if (f->response_begun && !f->x->status)
        return false;
    return durations_constant(resets, 1) &&
           durations_alike(f->wait, resets->shortest);
}

static void tell_write_timeout_reset(const struct facts *f,
                                     struct finding *finding)
{
    const struct durations *resets = &f->known->reset;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence = resets->samples >= 2 || f->settings->write_timeout
                              ? CONFIDENCE_CERTAIN
                              : CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "The server reset the stream with INTERNAL_ERROR %s after "
                    "the request and kept the connection.",
                    finding_duration(finding, f->wait));
    if (resets->samples >= 2)
        finding_explain(finding,
                        "%" PRIu64 " streams were reset so, all %s after "
                        "their requests: a timer, as Go's http.Server."
                        "WriteTimeout is under HTTP/2.",
                        resets->samples, finding_range(finding, resets));
    else
        finding_explain(finding,
                        "It is the only such stream: Go's http.Server."
                        "WriteTimeout does this, and so does a handler "
                        "that panics.");
    finding_alternative(
        finding, VERDICT_HANDLER_ABORT,
        "a handler that panics at that time sends the same",
        "more streams: a timer strikes after the same time each "
        "time");
    finding_advise(finding,
                   "raise WriteTimeout, or set it to 0 where responses stream "
                   "(gRPC) and bound the handlers otherwise");
}

static void tell_proxy_abort(const struct facts *f, struct finding *finding)
{
    const struct durations *resets = &f->known->reset;

    finding_explain(
        finding,
        "It calls itself %s: as a proxy it does so when its upstream "
        "ends a response too soon, or says nothing for its read "
        "timeout. The leg behind it tells which.",
        finding_quote(f, finding, span_of_text(f->known->software)));
    if (durations_constant(resets, 2) && f->wait >= f->settings->timeout_floor)
        finding_explain(finding,
                        "%" PRIu64 " streams were reset so, all %s after their "
                        "requests: a timer.",
                        resets->samples, finding_range(finding, resets));
    finding_advise(finding,
                   "look at the leg from the proxy to its upstream, and "
                   "in the proxy's error log; compare its read timeout "
                   "(nginx proxy_read_timeout) with the upstream's "
                   "pauses");
}

static void tell_abort(const struct facts *f, struct finding *finding)
{
    const struct durations *resets = &f->known->reset;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The server reset the stream with INTERNAL_ERROR %s after "
                    "the request%s: its handler panicked or gave up, or the "
                    "upstream behind it did.",
                    finding_duration(finding, f->wait),
                    f->response_begun ? ", in the middle of its own response"
                                      : "");
    if (resets->samples >= 2 && !durations_constant(resets, 2))
        finding_explain(finding,
                        "Such resets come after %s: no one timer explains them "
                        "all.",
                        finding_range(finding, resets));
    if (is_proxy(f))
        tell_proxy_abort(f, finding);
    else
        finding_advise(finding,
                       "look in the server's log for this request (Go: 'http2: "
                       "panic serving'; http.ErrAbortHandler leaves no trace)");
}

/* Ended by the server without an error, and without a status. */
static bool is_trailers_missing(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (!f->x->is_grpc || f->x->has_grpc_status || f->x->response.lost)
        return false;
    if (is_reset(f))
        return !h2->reset_by_client &&
               (h2->reset_code == NGHTTP2_NO_ERROR || f->response_whole);
    return f->response_whole;
}

static void tell_trailers_missing(const struct facts *f,
                                  struct finding *finding)
{
    finding->symptom = SYMPTOM_TRUNCATED;
    finding->severity = SEVERITY_ERROR;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_explain(finding,
                    "The gRPC response ended (%s) after %" PRIu64
                    " bytes of messages without the trailer section that "
                    "carries grpc-status.",
                    is_reset(f) ? "RST_STREAM, NO_ERROR" : "END_STREAM",
                    f->x->response.body);
    finding_advise(finding, "look at what stands between the two: a proxy that "
                            "does not pass trailers on, or a server that is no "
                            "gRPC server");
}

static bool is_abort(const struct facts *f)
{
    return is_internal_error(f);
}

/* Complete but for a request that was not wanted any more (RFC 9113, 8.1). */
static bool is_answered(const struct facts *f)
{
    return is_reset(f) && f->response_whole;
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

static bool is_stream_reset(const struct facts *f)
{
    return is_reset(f) && !is_answered(f) && !may_be_answered(f) &&
           !is_clients_choice(f);
}

/* Could its header section be read? */
static bool is_request_known(const struct facts *f)
{
    return f->x->method && f->x->method[0];
}

static bool may_be_read_timeout(const struct facts *f)
{
    return !is_request_known(f) && is_reset_by_server(f) && !f->request_whole &&
           request_quiet(f) >= f->settings->timeout_floor;
}

static void tell_stream_reset(const struct facts *f, struct finding *finding)
{
    const struct exchange_h2 *h2 = f->x->h2;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_explain(
        finding, "The %s reset the stream with %s (%u) %s after the request.",
        h2->reset_by_client ? "client" : "server", h2_code_name(h2->reset_code),
        h2->reset_code, finding_duration(finding, f->wait));
    if (h2->reset_code == NGHTTP2_REFUSED_STREAM)
        finding_explain(
            finding, "That says that it was not processed and may be sent "
                     "again (RFC 9113, 8.7). A proxy may say so of a request "
                     "that it had forwarded: before one that is not "
                     "idempotent is sent again, look at the leg behind it.");
    if (may_be_read_timeout(f)) {
        finding->confidence = CONFIDENCE_LIKELY;
        finding_alternative(finding, VERDICT_READ_TIMEOUT,
                            "the request was not complete; what it was the "
                            "capture does not tell",
                            "a capture from the connection's beginning");
    }
    finding_advise(finding, "look into the log of the side that sent it");
}

/*
 * RFC 9113, 8.1.1: END_STREAM before Content-Length bytes makes the response
 * malformed; the client refuses it, whatever the server meant.
 */
static bool is_short_of_length(const struct facts *f)
{
    return f->response_whole && exchange_is_short(f->x);
}

static void tell_short_of_length(const struct facts *f, struct finding *finding)
{
    nanos pause = nanos_between(f->x->pause.time, f->x->pause_end.time);

    finding->symptom = SYMPTOM_TRUNCATED;
    finding->severity = SEVERITY_ERROR;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(
        finding,
        "The server ended the stream (END_STREAM) after %" PRIu64
        " of the %" PRIu64
        " body bytes that content-length promised: the response is "
        "malformed, and clients refuse it (curl: PROTOCOL_ERROR, Go: "
        "unexpected EOF).",
        f->x->response.body, f->x->response.expected);
    if (pause >= f->settings->timeout_floor &&
        f->x->pause_end.frame == f->x->response.end.frame)
        finding_explain(finding,
                        "Before that it had sent nothing for %s: a timeout of "
                        "its own, or, of a proxy, of the leg behind it.",
                        finding_duration(finding, pause));
    if (f->x->windows_lost)
        finding_alternative(
            finding, VERDICT_H2_STREAM_WINDOW_STALL,
            "a window that was used up holds a response so; the "
            "capture lacks what would show it",
            "a capture from the connection's beginning");
    finding_advise(finding,
                   "compare content-length with what the handler "
                   "writes, and look for a handler that returns early");
    finding_advise(finding, "if it is a proxy (HAProxy does this when 'timeout "
                            "server' or 'timeout client' strikes), look at the "
                            "leg behind it and in its log");
}

/*
 * nginx's client_body_timeout, and its like: the request does not go on. A
 * gRPC call stays open as long as it likes, and a handler that fails says
 * INTERNAL_ERROR.
 */
static bool is_read_timeout(const struct facts *f)
{
    if (!is_reset_by_server(f) || f->request_whole || f->response_begun ||
        f->x->request.messages || !is_request_known(f))
        return false;
    return (f->x->h2->reset_code == NGHTTP2_PROTOCOL_ERROR ||
            f->x->h2->reset_code == NGHTTP2_CANCEL ||
            f->x->h2->reset_code == NGHTTP2_NO_ERROR) &&
           mark_is_set(f->x->request.head) &&
           request_quiet(f) >= f->settings->timeout_floor;
}

static void tell_read_timeout(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The request was not complete (%" PRIu64
                    " body bytes, no END_STREAM) when the server reset the "
                    "stream with %s, %s after the last byte of it that came.",
                    f->x->request.body, h2_code_name(f->x->h2->reset_code),
                    finding_duration(finding, request_quiet(f)));
    finding_alternative(finding, VERDICT_HANDLER_ABORT,
                        "a program may reset an incomplete request for reasons "
                        "of its own",
                        "the server's log, or whether the delay is constant");
    advise_slow_request(finding);
    finding_advise(finding, "if it is rightly slow, raise the server's timeout "
                            "for reading (nginx client_body_timeout)");
}

const struct rule h2_reset_rule[] = {
    {VERDICT_READ_TIMEOUT,          is_read_timeout, tell_read_timeout},
    {VERDICT_HANDLER_ABORT,            is_short_of_length, tell_short_of_length},
    {VERDICT_H2_STREAM_LIMIT,         is_stream_limit, tell_stream_limit},
    {VERDICT_GRPC_TRAILERS_MISSING,         is_trailers_missing, tell_trailers_missing},
    {VERDICT_WRITE_TIMEOUT_RESET,       is_write_timeout_reset,
     tell_write_timeout_reset},
    {VERDICT_HANDLER_ABORT,            is_abort, tell_abort},
    {VERDICT_H2_STREAM_RESET, is_stream_reset, tell_stream_reset},
    {0       },
};
