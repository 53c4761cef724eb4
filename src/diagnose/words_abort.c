/* What rules_close.c finds: no timeout of the server's explains it. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/software.h"
#include "diagnose/words.h"
#include "infer/connection_use.h"

/* A close this soon after an answer may belong to the answer. */
#define CLOSE_OF_ANSWER (10 * NANOS_PER_MILLI)

/* Where nobody was ever answered, there may be nobody. */
static void offer_no_backend(const struct facts *f, struct finding *finding)
{
    if (f->known->answered > 0 || f->response_begun ||
        f->wait >= f->settings->timeout_floor)
        return;
    finding_alternative(finding, VERDICT_NO_BACKEND,
                        "no request to this port is answered anywhere in the "
                        "capture: perhaps something accepts the connections of "
                        "a server that is not there",
                        "more requests: whether any of them is answered");
}

void tell_server_reset(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_LIKELY;
    if (!f->closing.reset->has_ack)
        finding_explain(finding,
                        "%s after the request the server's host answered with "
                        "an RST without ACK: it knows of no such connection "
                        "any more. Perhaps the process or the host was "
                        "restarted, or a device on the way forgot the "
                        "connection.",
                        finding_duration(finding, f->wait));
    else
        finding_explain(finding,
                        "The server's side aborted the live connection (RST "
                        "with ACK) %s after the request%s: it closed with data "
                        "unread, or asked for an abortive close (SO_LINGER 0, "
                        "destroy), or the process died.",
                        finding_duration(finding, f->wait),
                        f->request_whole ? ""
                                         : " began, before it was complete");
    finding_alternative(finding, VERDICT_HANDLER_ABORT,
                        "a handler that destroys its socket, or a crash",
                        "the server's log at that time");
    offer_no_backend(f, finding);
    finding_advise(finding, "look in the server's log and its process "
                            "supervisor for a crash or restart at that time");
}

/* A response that took clearly longer was complete: it is no timeout. */
static bool is_beaten(const struct facts *f)
{
    return f->known->success.samples &&
           f->known->success.longest > f->wait + 100 * NANOS_PER_MILLI;
}

/* What a server that names no proxy does so for. */
static void tell_crash(const struct facts *f, struct finding *finding)
{
    finding_explain(finding,
                    "A panic, a crash or an explicit abort of the "
                    "handler does this; so does the end of the process, "
                    "or of the upstream behind a proxy.");
    if (f->wait >= f->settings->timeout_floor / 2 &&
        !has_no_response_timeout(f))
        finding_alternative(finding,
                            f->response_begun ? VERDICT_WRITE_TIMEOUT_TRUNCATION
                                              : VERDICT_WRITE_TIMEOUT_EOF,
                            "a write timeout of about this length",
                            "whether slower requests succeed");
}

/* A proxy may hold back what its upstream sent until it closes. */
static void tell_proxy_close(const struct facts *f, struct finding *finding)
{
    tell_proxy(f, finding);
    if (f->wait < f->settings->timeout_floor)
        return;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_alternative(
        finding, VERDICT_STREAM_IDLE_TIMEOUT,
        "the proxy's timeout for reading its upstream ends an "
        "answer like this, and what is buffered comes only then",
        "the proxy's error log (nginx: 'upstream timed out' or "
        "'prematurely closed'), or a capture of its connection to "
        "the upstream");
}

/* Closed without a byte, as if its name were not one of the server's. */
static void tell_unknown_host(const struct facts *f, struct finding *finding)
{
    const char *host = f->x->host;

    if (f->response_begun || f->wait >= f->settings->timeout_floor || !host ||
        !host[0] || server_may_know_host(f->known, host))
        return;
    finding->confidence = CONFIDENCE_POSSIBLE;
    if (!f->known->hosts)
        return;
    finding_explain(finding,
                    "No request for the host %s was answered in this capture, "
                    "one for %s was: the server may refuse the name.",
                    finding_quote(f, finding, span_of_text(host)),
                    finding_quote(f, finding, span_of_text(f->known->host)));
    finding_advise(finding, "look which names the server is set up for (nginx "
                            "server_name, and the default server)");
}

/* A proxy between that passes the Server field on may have one. */
static void tell_no_timeout(const struct facts *f, struct finding *finding)
{
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding, "%s has no timeout for an answer of its own.",
                    name_server(f, finding));
    finding_alternative(finding,
                        f->response_begun ? VERDICT_STREAM_IDLE_TIMEOUT
                                          : VERDICT_WRITE_TIMEOUT_EOF,
                        "a proxy between may have a timeout and pass the "
                        "Server field on",
                        "whether other requests are cut after the same time");
}

/* It was seen to answer a second request on a connection. */
static bool keeps_connections(const struct facts *f)
{
    const struct connection_use *use = f->known->use;

    return f->incident->complete > 1 || (use && use->requests > use->ended);
}

/*
 * A server that ends each connection behind its first answer, and does not say
 * so: what the client asked meanwhile was acknowledged by its kernel alone.
 * tinyproxy does this (shutdown of its side, then it reads what comes away).
 */
static void offer_unannounced_close(const struct facts *f,
                                    struct finding *finding)
{
    nanos since = nanos_between(f->x->idle_since.time, f->closing.at.time);

    if (f->response_begun || f->closing.by_reset ||
        !mark_is_set(f->x->idle_since) || since >= CLOSE_OF_ANSWER ||
        (f->known->unannounced == 0 && keeps_connections(f)))
        return;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "The close came %s after the answer before it as well.",
                    finding_duration(finding, since));
    if (f->known->unannounced > 0)
        finding_explain(finding,
                        "The server closes right after its answers, "
                        "unannounced, elsewhere too (%" PRIu64 " times here).",
                        f->known->unannounced);
    finding_alternative(finding, VERDICT_IDLE_CLOSE_RACE,
                        "the server may close behind each of its answers, "
                        "whatever is asked next: its kernel acknowledges what "
                        "no program reads",
                        "whether it ever answers a second request on a "
                        "connection");
}

void tell_handler_abort(const struct facts *f, struct finding *finding)
{
    finding->symptom = symptom_of_close(f);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding, "The server closed %s after the request%s.",
                    finding_duration(finding, f->wait),
                    f->response_begun ? ", in the middle of its own response"
                                      : " without a byte of an answer");
    if (f->response_begun)
        tell_unsent(f, finding);
    if (f->wait >= f->settings->timeout_floor && has_no_response_timeout(f))
        tell_no_timeout(f, finding);
    else if (f->wait >= f->settings->timeout_floor && !is_known_proxy(f))
        tell_timeout_fit(f, finding);
    else if (is_beaten(f))
        finding_explain(finding,
                        "Slower requests to the same server succeed (%s, "
                        "#%" PRIu64 "), so it is no timeout.",
                        finding_duration(finding, f->known->success.longest),
                        mark_frame(f->known->success.longest_at));
    /* for an upstream that fails at once a proxy answers 502 */
    if (is_known_proxy(f) &&
        (f->response_begun || f->wait >= f->settings->timeout_floor))
        tell_proxy_close(f, finding);
    else
        tell_crash(f, finding);
    if (!f->response_begun && f->wait < f->settings->timeout_floor &&
        (is_unnamed(f) || is_software(f, "nginx")))
        finding_explain(finding, "A server may also close on purpose: nginx "
                                 "does with 'return 444'.");
    tell_unknown_host(f, finding);
    offer_unannounced_close(f, finding);
    offer_no_backend(f, finding);
    offer_shutdown(f, finding);
    finding_advise(finding,
                   "look in the server's log for this request%s and for killed "
                   "or restarted workers",
                   is_unnamed(f) ? " (Go: 'http: panic serving'; "
                                   "http.ErrAbortHandler leaves no trace)"
                   : f->x->is_fastcgi
                       ? " (php-fpm: 'child ... exited on signal')"
                       : "");
}
