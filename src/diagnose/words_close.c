/* What rules_close.c finds: a timeout of the server's, or nobody behind it. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/legs.h"
#include "diagnose/software.h"
#include "diagnose/words.h"

/* The longest success and the shortest failure are within 1.5 : 1. */
static bool is_narrow(const struct facts *f)
{
    const struct durations *good = &f->known->success;

    return good->samples &&
           f->known->cut.shortest <= good->longest + good->longest / 2;
}

/* What is inferred from a number of exchanges is never certain. */
static enum confidence fit_confidence(const struct facts *f)
{
    switch (timeout_fit(f)) {
    case FIT_STATED:
        return CONFIDENCE_CERTAIN;
    case FIT_VARIED:
        return f->known->cut.instants >= 3 && is_narrow(f)
                   ? CONFIDENCE_LIKELY
                   : CONFIDENCE_POSSIBLE;
    default:
        return CONFIDENCE_POSSIBLE;
    }
}

static void tell_silences(const struct facts *f, struct finding *finding)
{
    const struct durations *silence = &f->known->silence;

    if (silence->samples)
        finding_explain(finding,
                        "%" PRIu64 " answers of this server were cut like "
                        "this, each "
                        "%s after its last byte, while the time since the "
                        "request varies: a timer that every byte starts anew.",
                        silence->samples, finding_range(finding, silence));
    else
        finding_explain(finding, "It is the only such answer, but that silence "
                                 "is a common default.");
}

void tell_stream_idle_timeout(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_TRUNCATED;
    finding->confidence =
        f->known->silence.samples ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "Nothing came for %s in the middle of the answer, then the "
                    "server closed, %s after the request.",
                    finding_duration(finding, answer_silence(f)),
                    finding_duration(finding, f->wait));
    tell_silences(f, finding);
    finding_explain(finding, "A proxy does this when its upstream is silent "
                             "for the proxy's read timeout.");
    tell_unsent(f, finding);
    finding_alternative(
        finding, VERDICT_HANDLER_ABORT,
        "a program may end its streams after a silence of its "
        "own choice",
        "the error log of the proxy (nginx: 'upstream timed "
        "out'), or a capture of the connection to its upstream");
    finding_advise(finding,
                   "let the program send something more often than that (a "
                   "comment line in event streams, a heartbeat)");
    finding_advise(finding,
                   "or raise the proxy's timeout for reading: nginx "
                   "proxy_read_timeout, HAProxy timeout server, Envoy "
                   "stream_idle_timeout, the idle timeout of a load balancer");
}

static void offer_abort(const struct facts *f, struct finding *finding)
{
    if (timeout_fit(f) == FIT_STATED)
        return;
    finding_alternative(
        finding, VERDICT_HANDLER_ABORT,
        "a handler that panics or aborts, or a process that dies, after that "
        "time leaves the same packets",
        is_unnamed(f)
            ? "more requests: do all that take longer fail and all that are "
              "faster succeed? and the server's log (Go: 'http: panic serving')"
            : "more requests: do all that take longer fail and all that are "
              "faster succeed? and the server's log");
    offer_shutdown(f, finding);
}

/* The same packets as a body that was short from the start. */
static void offer_short_body(const struct facts *f, struct finding *finding)
{
    const struct message *response = &f->x->response;

    if (response->framing != FRAMING_LENGTH || is_slow_reader(f) ||
        nanos_between(response->last.time, f->end.time) <
            f->settings->stall_threshold ||
        (f->settings->idle_timeout && !pause_is_idle_timeout(f)))
        return;
    finding_alternative(
        finding, VERDICT_SHORT_BODY_KEPT_OPEN,
        "Content-Length may have promised too much, and an idle "
        "timeout closed what was left open",
        "whether the server leaves its idle connections open "
        "that long; whether the same response is always short "
        "by as much");
}

/* It is a proxy, which itself ended what was under way behind it. */
static bool gave_up_behind(const struct facts *f)
{
    const struct leg *leg = leg_behind(f);

    return leg && leg->how == LEG_LEFT && mark_is_set(leg->first);
}

/* One sample leaves open which clock it was, and a proxy has one of silence. */
static void offer_silence(const struct facts *f, struct finding *finding)
{
    nanos silence = answer_silence(f);

    if ((timeout_fit(f) != FIT_ALONE && !gave_up_behind(f)) ||
        is_slow_reader(f) || f->x->response.framing == FRAMING_LENGTH ||
        silence < f->settings->timeout_floor)
        return;
    finding_alternative(finding, VERDICT_STREAM_IDLE_TIMEOUT,
                        "the answer had paused before the close, for as long "
                        "as many proxies let an answer pause before they cut "
                        "it",
                        "another such cut: is the silence before it the same, "
                        "or the time since the request?");
}

static void advise_write_timeout(const struct facts *f, struct finding *finding)
{
    const char *setting = response_setting(f);

    if (!is_unnamed(f)) {
        finding_advise(finding,
                       "raise the server's response or worker timeout "
                       "above its slowest answers (%s)",
                       setting ? setting : "its own, or its framework's");
        finding_advise(finding, "look in its log for a worker that was killed "
                                "or timed out at that moment");
        return;
    }
    if (timeout_fit(f) == FIT_CONSTANT || timeout_fit(f) == FIT_ROUTE)
        finding_advise(finding,
                       "look which timer of the server's is set to that time "
                       "(Node server.timeout, uWSGI harakiri, php-fpm "
                       "request_terminate_timeout), and raise it above the "
                       "slowest answers");
    finding_advise(finding,
                   "raise http.Server.WriteTimeout above the slowest handler, "
                   "or set it per handler with http.NewResponseController(w)."
                   "SetWriteDeadline; other servers: their response or send "
                   "timeout");
    finding_advise(
        finding, "wrap slow handlers in http.TimeoutHandler with less than "
                 "WriteTimeout: the client then gets a 503 instead of an EOF");
    finding_advise(finding,
                   "to see it in the server's log, measure each handler's time "
                   "and check the error that Flush returns: Write returns none "
                   "while the answer still fits its buffer");
}

static void tell_how_it_comes(const struct facts *f, struct finding *finding)
{
    if (timeout_fit(f) == FIT_CONSTANT)
        finding_explain(finding,
                        is_unnamed(f)
                            ? "A timer that fires by itself does this: Node's "
                              "server.timeout, uWSGI's harakiri; a Go server "
                              "with a WriteTimeout only if its handler takes "
                              "that long each time."
                            : "A timer that fires by itself does this.");
    else if (is_unnamed(f))
        finding_explain(finding,
                        "A Go server does this when the handler takes longer "
                        "than http.Server.WriteTimeout: the small answer waits "
                        "in a %d-byte buffer, Write reports no error, and the "
                        "server closes when the handler returns.",
                        WRITE_BUFFER);
    else
        finding_explain(finding,
                        "A server does this when a timeout of its own, "
                        "for responses or for its workers, is over "
                        "before the answer is there.");
}

/* RFC 8446, 5.3: the number of a record that was not sent is used up. */
static void tell_bad_record(const struct facts *f, struct finding *finding)
{
    struct mark fin = f->client->fin;
    bool left = mark_is_set(fin) && (!mark_is_set(f->server->fin) ||
                                     fin.frame < f->server->fin.frame);

    finding_explain(finding,
                    "The client took that for a damaged record (alert "
                    "bad_record_mac, #%" PRIu64 ") and %s.",
                    mark_frame(f->client->shut),
                    left ? finding_say(finding,
                                       "closed the TCP connection first (FIN, "
                                       "#%" PRIu64 ")",
                                       mark_frame(fin))
                         : "gave the connection up");
    finding_explain(finding,
                    "That need not mean damage on the way: where the write of "
                    "a TLS record fails, as after a write timeout, its number "
                    "is used up, and the record after it no longer fits.");
}

void tell_write_timeout_eof(const struct facts *f, struct finding *finding)
{
    bool shut = mark_is_set(f->server->shut) &&
                f->server->shut.frame == f->closing.at.frame;

    finding->symptom = SYMPTOM_EMPTY_REPLY;
    finding->confidence = fit_confidence(f);
    finding_explain(finding,
                    "%s received the whole request, sent not one byte of an "
                    "answer for %s and then closed%s.",
                    name_server(f, finding), finding_duration(finding, f->wait),
                    shut                  ? ""
                    : f->closing.by_reset ? " with an RST"
                                          : " with a clean FIN");
    if (shut)
        finding_explain(finding,
                        "All that it sent is TLS's close_notify (#%" PRIu64
                        ").",
                        mark_frame(f->server->shut));
    if (shut && is_bad_record_to_client(f))
        tell_bad_record(f, finding);
    tell_how_it_comes(f, finding);
    tell_timeout_fit(f, finding);
    offer_abort(f, finding);
    advise_write_timeout(f, finding);
}

void tell_short_body_closed(const struct facts *f, struct finding *finding)
{
    const struct message *response = &f->x->response;

    finding->symptom = SYMPTOM_TRUNCATED;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "Content-Length promised %" PRIu64 " bytes, %" PRIu64
                    " came, and the server left the connection open until its "
                    "idle timeout closed it %s later.",
                    response->expected, response->body,
                    finding_duration(finding, nanos_between(response->last.time,
                                                            f->end.time)));
    finding_alternative(finding, VERDICT_WRITE_TIMEOUT_TRUNCATION,
                        "a handler that pauses past its write timeout is cut "
                        "the same way",
                        "whether the same response is always short by as much");
    finding_advise(finding,
                   "compute Content-Length from the bytes that are "
                   "sent (after compression and encoding), or leave it "
                   "to the framework");
}

void tell_write_timeout_truncation(const struct facts *f,
                                   struct finding *finding)
{
    nanos pause = nanos_between(f->x->response.last.time, f->end.time);

    finding->symptom = SYMPTOM_TRUNCATED;
    finding->confidence = fit_confidence(f);
    if (is_slow_reader(f)) {
        finding_explain(
            finding,
            "The client did not read (TCP window 0 for %s), so the "
            "server's writes blocked until, it seems, its write "
            "timeout ended the response. The FIN came %s after the request, "
            "behind what was still buffered: that is only an upper "
            "bound for the timeout.",
            finding_duration(finding, episode_lasted(f, f->client_window)),
            finding_duration(finding, f->wait));
        finding_advise(finding, "look at the client first: it stopped reading");
    } else {
        finding_explain(finding,
                        "The server closed %s after the request, %s after the "
                        "last byte, in the middle of its own response. A write "
                        "timeout does this: it runs from the request on, "
                        "whether or not data flows.",
                        finding_duration(finding, f->wait),
                        finding_duration(finding, pause));
        tell_timeout_fit(f, finding);
    }
    tell_unsent(f, finding);
    offer_abort(f, finding);
    offer_short_body(f, finding);
    offer_silence(f, finding);
    advise_write_timeout(f, finding);
}

void tell_no_backend(const struct facts *f, struct finding *finding)
{
    finding->symptom = symptom_of_close(f);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(
        finding,
        "Each of the %" PRIu64 " requests to this port met the same: the "
        "connection was accepted and closed at once, and not a byte came back. "
        "Perhaps something accepts connections (a published container port, "
        "a sidecar, a load balancer) and finds nobody behind it.",
        f->known->failed);
    finding_alternative(
        finding, VERDICT_HANDLER_ABORT,
        "a server that aborts every request looks the same",
        "a connection to the program itself, past the forwarder");
    finding_advise(finding,
                   "check what the forwarder sends to: is the program up, and "
                   "does it listen on an address that the forwarder reaches "
                   "(127.0.0.1 inside a container is not)");
}
