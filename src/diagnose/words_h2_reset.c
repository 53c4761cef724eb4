/* What rules_h2.c finds of streams that were reset, and of their limit. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_h2.h"
#include "diagnose/h2_code.h"
#include "diagnose/software.h"
#include "diagnose/words.h"

#include <nghttp2/nghttp2.h>

void tell_stream_limit(const struct facts *f, struct finding *finding)
{
    const struct exchange_h2 *h2 = f->x->h2;
    bool refused = has_stream_reset(f);

    finding->symptom = refused ? SYMPTOM_RESET : SYMPTOM_HANG;
    finding->confidence = refused ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The server allows %u streams at once (SETTINGS_MAX_"
                    "CONCURRENT_STREAMS) and %u were open%s.",
                    h2->limit, h2->open, refused ? ", with this one" : "");
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

static bool is_stated(const struct facts *f)
{
    return f->settings->write_timeout && !is_statement_refuted(f);
}

void tell_write_timeout_reset(const struct facts *f, struct finding *finding)
{
    const struct route *route = route_with_reset_timer(f);
    const struct durations *resets =
        route ? &route->limits.reset : &f->known->reset;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence =
        resets->instants >= 3 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "The server reset the stream with INTERNAL_ERROR %s after "
                    "the request and kept the connection.",
                    finding_duration(finding, f->wait));
    if (resets->instants >= 2)
        finding_explain(finding,
                        "%" PRIu64 " streams%s were reset this way, all %s "
                        "after their requests: %s timer%s, as Go's http.Server."
                        "WriteTimeout is under HTTP/2.",
                        resets->samples, route ? " of this route" : "",
                        finding_range(finding, resets),
                        resets->instants >= 3 ? "a" : "perhaps a",
                        route ? " of that route" : "");
    else
        finding_explain(finding,
                        "It is the only such stream. Go's http.Server."
                        "WriteTimeout does this, and so does a handler "
                        "that panics.");
    if (is_stated(f)) {
        finding->confidence = CONFIDENCE_CERTAIN;
        finding_explain(finding,
                        "It agrees with the write timeout of %s that was "
                        "stated.",
                        finding_duration(finding, f->settings->write_timeout));
    } else {
        finding_alternative(
            finding, VERDICT_HANDLER_ABORT,
            "a handler that panics at that time sends the same",
            "more streams: a timer strikes after the same time each time");
    }
    finding_advise(finding,
                   "raise WriteTimeout, or set it to 0 where responses stream "
                   "(gRPC) and bound the handlers otherwise");
}

/* Late, and always after the same time: a timer, whosever it is. */
static void tell_reset_timer(const struct facts *f, struct finding *finding)
{
    const struct durations *resets = &f->known->reset;

    if (durations_constant(resets, 2) && f->wait >= f->settings->timeout_floor)
        finding_explain(finding,
                        "%" PRIu64
                        " streams were reset this way, all %s after their "
                        "requests: a timer.",
                        resets->samples, finding_range(finding, resets));
}

void tell_h2_abort(const struct facts *f, struct finding *finding)
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
    if (is_known_proxy(f)) {
        tell_proxy(f, finding);
        tell_reset_timer(f, finding);
    } else {
        finding_advise(finding, "look in the server's log for this request%s",
                       is_unnamed(f) ? " (Go: 'http2: panic serving'; "
                                       "http.ErrAbortHandler leaves no trace)"
                                     : "");
    }
}

/* A server ends so what outlasts the time it grants behind its GOAWAY. */
static void tell_call_unanswered(const struct facts *f, struct finding *finding)
{
    struct mark said = f->incident->http.h2.first_goaway[conn_server(f->conn)];
    bool announced = mark_is_set(said) && said.frame < f->x->h2->reset.frame;

    finding->symptom = SYMPTOM_RESET;
    finding_explain(finding,
                    "The server ended the call (RST_STREAM, NO_ERROR) %s after "
                    "the request, without an answer and without the "
                    "grpc-status that belongs to its end.",
                    finding_duration(finding, f->wait));
    if (!announced) {
        finding_advise(finding, "look into the server's log: who ended the "
                                "call, if not its handler");
        return;
    }
    finding_explain(finding,
                    "It had said GOAWAY %s before (#%" PRIu64
                    "): so ends a call that outlasts the grace of a server "
                    "that stops, or that ends connections of some age.",
                    finding_duration(finding,
                                     facts_passed(said, f->x->h2->reset)),
                    mark_frame(said));
    finding_advise(finding, "give calls more time than they need behind the "
                            "GOAWAY (grpc-go: MaxConnectionAgeGrace, grpc-js: "
                            "grpc.max_connection_age_grace_ms), or give them a "
                            "deadline below that");
}

void tell_trailers_missing(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_TRUNCATED;
    finding->severity = SEVERITY_ERROR;
    finding->confidence = CONFIDENCE_CERTAIN;
    if (!f->response_begun) {
        tell_call_unanswered(f, finding);
        return;
    }
    finding_explain(finding,
                    "The gRPC response ended (%s) after %" PRIu64
                    " bytes of messages without the trailer section that "
                    "carries grpc-status.",
                    has_stream_reset(f) ? "RST_STREAM, NO_ERROR" : "END_STREAM",
                    f->x->response.body);
    finding_advise(finding, "look at what stands between the two: a proxy that "
                            "does not pass trailers on, or a server that is no "
                            "gRPC server");
}

void tell_stream_reset(const struct facts *f, struct finding *finding)
{
    const struct exchange_h2 *h2 = f->x->h2;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_explain(
        finding, "The %s reset the stream with %s (%u) %s after the request.",
        h2->reset_by_client ? "client" : "server", h2_code_name(h2->reset_code),
        h2->reset_code, finding_duration(finding, f->wait));
    if (h2->reset_code == NGHTTP2_REFUSED_STREAM && !h2->reset_by_client)
        finding_explain(
            finding, "That says that it was not processed and may be sent "
                     "again (RFC 9113, 8.7). A proxy may say so of a request "
                     "that it had forwarded: before one that is not "
                     "idempotent is sent again, look at the connection to its "
                     "upstream.");
    if (!is_request_known(f) && is_reset_by_server(f) &&
        h2->reset_code == NGHTTP2_PROTOCOL_ERROR)
        finding_alternative(finding, VERDICT_MALFORMED_REQUEST,
                            "the request's body may not fit its "
                            "content-length, which the capture does not tell",
                            "a capture from the connection's beginning");
    if (may_be_read_timeout(f)) {
        finding->confidence = CONFIDENCE_LIKELY;
        finding_alternative(finding, VERDICT_READ_TIMEOUT,
                            "the request was not complete; what it was the "
                            "capture does not tell",
                            "a capture from the connection's beginning");
    }
    finding_advise(finding, "look into the log of the side that sent it");
}

void tell_short_of_length(const struct facts *f, struct finding *finding)
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
                        "its own, or, of a proxy, of its upstream.",
                        finding_duration(finding, pause));
    finding_alternative(finding, VERDICT_MALFORMED_RESPONSE,
                        "content-length itself may be wrong",
                        "whether it is always short by as much");
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
                            "connection to its upstream and in its log");
}

void tell_h2_read_timeout(const struct facts *f, struct finding *finding)
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
