/* The request was complete, and the server closed before the response was. */
#include "diagnose/rules.h"

/*
 * Go net/http writes through a buffer of 4096 bytes (server.go,
 * newBufioWriterSize): what never filled it was never sent.
 */
enum {
    WRITE_BUFFER = 4096
};

enum symptom symptom_of_close(const struct facts *f)
{
    if (f->closing.by_reset)
        return SYMPTOM_RESET;
    return f->response_begun ? SYMPTOM_TRUNCATED : SYMPTOM_EMPTY_REPLY;
}

const char *name_server(const struct facts *f, struct finding *finding)
{
    if (!f->known->software[0])
        return "The server";
    return finding_say(finding, "The server (%s)",
                       finding_quote(f, finding,
                                     span_of_text(f->known->software)));
}

static bool is_server_close(const struct facts *f)
{
    return f->request_whole && !f->response_whole && f->server_closed;
}

/* What speaks against one write timeout. */
static void tell_refuted(const struct facts *f, struct finding *finding)
{
    const struct durations *good = &f->known->success;
    const struct durations *bad = &f->known->cut;

    if (f->settings->write_timeout)
        finding_explain(finding,
                        "It came before the write timeout of %s that was "
                        "stated, so that was not the cause.",
                        finding_duration(finding, f->settings->write_timeout));
    else
        finding_explain(finding,
                        "No single timeout explains it: a response of the "
                        "same server was complete after %s (#%" PRIu64
                        "), and one was cut after %s (#%" PRIu64 ").",
                        finding_duration(finding, good->longest),
                        mark_frame(good->longest_at),
                        finding_duration(finding, bad->shortest),
                        mark_frame(bad->shortest_at));
}

void tell_timeout_fit(const struct facts *f, struct finding *finding)
{
    const struct durations *good = &f->known->success;
    const struct durations *bad = &f->known->cut;
    const char *longest = finding_duration(finding, good->longest);
    const char *shortest = finding_duration(finding, bad->shortest);

    switch (timeout_fit(f)) {
    case FIT_STATED:
        finding_explain(finding,
                        "It agrees with the write timeout of %s that "
                        "was stated.",
                        finding_duration(finding, f->settings->write_timeout));
        return;
    case FIT_REFUTED:
        tell_refuted(f, finding);
        return;
    case FIT_VARIED:
    case FIT_BRACKET:
        if (good->samples)
            finding_explain(finding,
                            "WriteTimeout lies between %s (longest success, "
                            "#%" PRIu64 ") and %s (shortest failure, #%" PRIu64
                            ").",
                            longest, mark_frame(good->longest_at), shortest,
                            mark_frame(bad->shortest_at));
        else
            finding_explain(
                finding,
                "%" PRIu64 " responses were cut so, the soonest "
                "after %s, at delays that vary: no plain timer, but "
                "a deadline noticed only when the handler ends.",
                bad->samples, shortest);
        return;
    case FIT_CONSTANT:
        finding_explain(finding,
                        "%" PRIu64
                        " responses were cut so, all after %s to %s: "
                        "a timer, or handlers that take equally long.",
                        bad->samples, shortest,
                        finding_duration(finding, bad->longest));
        return;
    case FIT_ALONE:
        finding_explain(finding, "It is the only such exchange with this "
                                 "server, so nothing refutes a timeout and "
                                 "nothing confirms one.");
        return;
    }
}

static enum confidence fit_confidence(const struct facts *f)
{
    switch (timeout_fit(f)) {
    case FIT_STATED:
        return CONFIDENCE_CERTAIN;
    case FIT_VARIED:
        return f->known->success.samples ? CONFIDENCE_CERTAIN
                                         : CONFIDENCE_LIKELY;
    case FIT_BRACKET:
        return CONFIDENCE_LIKELY;
    default:
        return CONFIDENCE_POSSIBLE;
    }
}

static void offer_abort(struct finding *finding)
{
    finding_alternative(
        finding, VERDICT_HANDLER_ABORT,
        "a handler that panics or aborts, or a process that dies, after that "
        "time leaves the same packets",
        "more requests: do all that take longer fail and all that are faster "
        "succeed? and the server's log (Go: 'http: panic serving')");
}

static bool is_slow_reader(const struct facts *f)
{
    return f->client_window &&
           note_lasted(f, f->client_window) >= f->settings->stall_threshold / 2;
}

/*
 * A body that was cut short and then left alone until an idle timeout: known
 * as such only when that timeout is known.
 */
static bool pause_is_idle_timeout(const struct facts *f)
{
    nanos stated = f->settings->idle_timeout;
    nanos pause = nanos_between(f->x->response.last.time, f->end.time);

    if (stated)
        return durations_alike(pause, stated);
    return f->known->idle.samples && durations_constant(&f->known->idle, 1) &&
           durations_alike(pause, f->known->idle.shortest);
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

/* Go's net/http sends no Server field of its own. */
static bool may_be_go(const struct facts *f)
{
    return f->known->software[0] == '\0';
}

static void advise_write_timeout(const struct facts *f, struct finding *finding)
{
    if (!may_be_go(f)) {
        finding_advise(finding,
                       "raise the server's response or worker timeout "
                       "above its slowest answers (gunicorn --timeout, "
                       "nginx send_timeout, a framework's own)");
        finding_advise(finding, "look in its log for a worker that was killed "
                                "or timed out at that moment");
        return;
    }
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
                   "and check the error of Flush; Write returns none while the "
                   "answer fits the buffer");
}

static bool is_write_timeout_eof(const struct facts *f)
{
    return is_server_close(f) && !f->closing.by_reset && !f->response_begun &&
           f->covers && f->wait >= f->settings->timeout_floor &&
           timeout_fit(f) != FIT_REFUTED;
}

static void tell_how_it_comes(const struct facts *f, struct finding *finding)
{
    if (may_be_go(f))
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

static void tell_write_timeout_eof(const struct facts *f,
                                   struct finding *finding)
{
    finding->symptom = SYMPTOM_EMPTY_REPLY;
    finding->confidence = fit_confidence(f);
    finding_explain(finding,
                    "%s read the whole request, sent not one byte for %s and "
                    "then closed with a clean FIN.",
                    f->known->software[0] ? name_server(f, finding)
                                          : "The server",
                    finding_duration(finding, f->wait));
    tell_how_it_comes(f, finding);
    tell_timeout_fit(f, finding);
    offer_abort(finding);
    advise_write_timeout(f, finding);
}

static bool is_short_body_closed(const struct facts *f)
{
    return is_server_close(f) && f->response_begun && !f->closing.by_reset &&
           f->x->response.framing == FRAMING_LENGTH &&
           nanos_between(f->x->response.last.time, f->end.time) >=
               f->settings->stall_threshold &&
           !is_slow_reader(f) && pause_is_idle_timeout(f);
}

static void tell_short_body_closed(const struct facts *f,
                                   struct finding *finding)
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

static bool is_write_timeout_truncation(const struct facts *f)
{
    return is_server_close(f) && f->response_begun && !f->closing.by_reset &&
           f->covers && f->wait >= f->settings->timeout_floor &&
           (is_slow_reader(f) || timeout_fit(f) != FIT_REFUTED);
}

void tell_unsent(const struct facts *f, struct finding *finding)
{
    const struct message *response = &f->x->response;

    if (!mark_is_set(response->head))
        finding_explain(finding,
                        "%" PRIu64 " bytes came, not even the end of the "
                        "response's header section.",
                        response->bytes);
    else if (response->framing == FRAMING_LENGTH)
        finding_explain(finding,
                        "Of %" PRIu64 " promised body bytes %" PRIu64
                        " came; %" PRIu64 " were never sent.",
                        response->expected, response->body,
                        response->expected - response->body);
    else
        finding_explain(finding,
                        "%" PRIu64
                        " body bytes came, the last chunk never did.",
                        response->body);
    if (response->bytes >= WRITE_BUFFER && response->bytes % WRITE_BUFFER == 0)
        finding_explain(finding,
                        "What came (%" PRIu64 " bytes with the header) is a "
                        "multiple of %d: the cut falls on the edge of Go's "
                        "write buffer, the rest was still in it.",
                        response->bytes, WRITE_BUFFER);
}

static void tell_write_timeout_truncation(const struct facts *f,
                                          struct finding *finding)
{
    nanos pause = nanos_between(f->x->response.last.time, f->end.time);

    finding->symptom = SYMPTOM_TRUNCATED;
    finding->confidence = fit_confidence(f);
    if (is_slow_reader(f)) {
        if (finding->confidence < CONFIDENCE_LIKELY)
            finding->confidence = CONFIDENCE_LIKELY;
        finding_explain(finding,
                        "The client did not read (TCP window 0 for %s), so the "
                        "server's writes blocked until its write timeout ended "
                        "the response. The FIN came %s after the request, "
                        "behind what was still buffered: that is only an upper "
                        "bound for the timeout.",
                        finding_duration(finding,
                                         note_lasted(f, f->client_window)),
                        finding_duration(finding, f->wait));
        finding_advise(finding, "look at the client first: it stopped reading");
    } else {
        finding_explain(finding,
                        "The server closed %s after the request, %s after the "
                        "last byte, in the middle of its own response: a write "
                        "timeout runs from the request on, whether or not data "
                        "flows.",
                        finding_duration(finding, f->wait),
                        finding_duration(finding, pause));
        tell_timeout_fit(f, finding);
    }
    tell_unsent(f, finding);
    offer_abort(finding);
    offer_short_body(f, finding);
    advise_write_timeout(f, finding);
}

static bool is_no_backend(const struct facts *f)
{
    return is_server_close(f) && !f->response_begun && f->known->failed >= 3 &&
           f->known->answered == 0 && f->known->cut.samples == 0;
}

static void tell_no_backend(const struct facts *f, struct finding *finding)
{
    finding->symptom = symptom_of_close(f);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(
        finding,
        "Every one of %" PRIu64 " requests to this port was "
        "accepted and closed at once, and never a byte came back: "
        "something accepts connections (a published container port, "
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

const struct rule close_rule[] = {
    {VERDICT_NO_BACKEND,           is_no_backend, tell_no_backend},
    {VERDICT_SHORT_BODY_KEPT_OPEN,             is_short_body_closed,
     tell_short_body_closed},
    {VERDICT_WRITE_TIMEOUT_EOF, is_write_timeout_eof, tell_write_timeout_eof},
    {VERDICT_WRITE_TIMEOUT_TRUNCATION,       is_write_timeout_truncation,
     tell_write_timeout_truncation},
    {0   },
};
