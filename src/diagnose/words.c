#include "diagnose/words.h"

#include "diagnose/facts_tls.h"

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

/* What speaks against one write timeout. */
static void tell_refuted(const struct facts *f, struct finding *finding)
{
    const struct durations *good = &f->known->success;
    const struct durations *bad = &f->known->cut;

    if (f->settings->write_timeout && !is_statement_refuted(f))
        finding_explain(finding,
                        "It came before the write timeout of %s that was "
                        "stated, so that was not the cause.",
                        finding_duration(finding, f->settings->write_timeout));
    else if (f->known->odd)
        finding_explain(finding,
                        "No timeout explains it, though one may explain "
                        "others that were cut: a response of the same server "
                        "was complete after %s (#%" PRIu64 ").",
                        finding_duration(finding, good->longest),
                        mark_frame(good->longest_at));
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

/* A statement that the wire refutes is not used. */
static void tell_statement_refuted(const struct facts *f,
                                   struct finding *finding)
{
    const struct durations *good = &f->known->success;

    if (is_statement_refuted(f))
        finding_explain(finding,
                        "The write timeout of %s that was stated is refuted: "
                        "an answer of this server was whole after %s "
                        "(#%" PRIu64 ").",
                        finding_duration(finding, f->settings->write_timeout),
                        finding_duration(finding, good->longest),
                        mark_frame(good->longest_at));
}

/* Cuts that no timeout explains, beside many that one does. */
static void tell_odd(const struct facts *f, struct finding *finding)
{
    if (f->known->odd)
        finding_explain(finding,
                        "%" PRIu64 " other cut%s came too soon for it, and "
                        "%s another cause.",
                        f->known->odd, f->known->odd == 1 ? "" : "s",
                        f->known->odd == 1 ? "has" : "have");
}

static void tell_slack(const struct facts *f, struct finding *finding)
{
    const struct durations *good = &f->known->success;

    if (good->samples && good->longest > f->known->cut.shortest)
        finding_explain(finding,
                        "Whole answers took up to %s all the same (#%" PRIu64
                        ")%s.",
                        finding_duration(finding, good->longest),
                        mark_frame(good->longest_at),
                        server_slack(f->known) ? ": it looks for what is late "
                                                 "once a second only"
                                               : "; they are few");
}

/* What the server's other routes take is no measure of this one. */
static void tell_route_limit(const struct facts *f, struct finding *finding)
{
    const struct route_limits *limits = &route_with_limit(f)->limits;

    finding_explain(
        finding,
        "No one timeout explains what this server cut, but one of this route "
        "explains what it cut there: it lies between %s (longest success, "
        "#%" PRIu64 ") and %s (shortest failure, #%" PRIu64 ").",
        finding_duration(finding, limits->longest),
        mark_frame(limits->longest_at),
        finding_duration(finding, limits->cut.shortest),
        mark_frame(limits->cut.shortest_at));
}

void tell_timeout_fit(const struct facts *f, struct finding *finding)
{
    const struct durations *bad = &f->known->cut;
    struct mark longest_at = {0};
    nanos below = server_longest_below(f->known, &longest_at);
    const char *longest = finding_duration(finding, below);
    const char *shortest = finding_duration(finding, bad->shortest);

    tell_statement_refuted(f, finding);
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
        if (below)
            finding_explain(finding,
                            "%s, if it is one, lies between %s (longest "
                            "success, "
                            "#%" PRIu64 ") and %s (shortest failure, #%" PRIu64
                            ").",
                            f->known->software[0] ? "The timeout"
                                                  : "The write timeout",
                            longest, mark_frame(longest_at), shortest,
                            mark_frame(bad->shortest_at));
        else
            finding_explain(
                finding,
                "%" PRIu64
                " requests to this server ended this way, the soonest "
                "after %s, at delays that vary: no plain timer, but "
                "perhaps a deadline noticed only when the handler ends.",
                bad->samples, shortest);
        tell_slack(f, finding);
        tell_odd(f, finding);
        return;
    case FIT_CONSTANT:
        finding_explain(finding,
                        "%" PRIu64
                        " requests to this server ended this way, all "
                        "after %s: a timer, or handlers that take equally "
                        "long.",
                        bad->samples, finding_range(finding, bad));
        return;
    case FIT_ROUTE:
        tell_route_limit(f, finding);
        return;
    case FIT_ALONE:
        finding_explain(finding, "It is the only such exchange with this "
                                 "server, so nothing refutes a timeout and "
                                 "nothing confirms one.");
        return;
    }
}

void tell_proxy(const struct facts *f, struct finding *finding)
{
    finding_explain(
        finding,
        "The server calls itself %s: a proxy closes this way when its upstream "
        "ends a response too soon, or is silent for the proxy's read "
        "timeout. The connection to its upstream tells which.",
        finding_quote(f, finding, span_of_text(f->known->software)));
    finding_advise(finding,
                   "look at the leg from the proxy to its upstream, and "
                   "in the proxy's error log; compare its read timeout "
                   "(nginx proxy_read_timeout) with the upstream's "
                   "pauses");
}

/* What is said of a record is known whether its bytes are or not. */
static void tell_cut_record(const struct facts *f, struct finding *finding)
{
    const struct tls_side_facts *record = cut_record_of(f);

    if (record)
        finding_explain(finding,
                        "The last TLS record of the answer says that it has %u "
                        "bytes, and %u of them came: it was cut, and its "
                        "reader gets none of it.",
                        (unsigned)record->last_size,
                        (unsigned)record->last_came);
}

void tell_unsent(const struct facts *f, struct finding *finding)
{
    const struct message *response = &f->x->response;

    tell_cut_record(f, finding);
    if (f->x->opaque || response->bytes == 0)
        return;
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
        finding_explain(finding, "%" PRIu64 " body bytes came, %s never did.",
                        response->body,
                        f->x->is_fastcgi ? "END_REQUEST" : "the last chunk");
    if (response->bytes >= WRITE_BUFFER && response->bytes % WRITE_BUFFER == 0)
        finding_explain(finding,
                        "What came (%" PRIu64 " bytes with the header) is a "
                        "multiple of %d: the cut falls on the edge of Go's "
                        "write buffer, the rest was still in it.",
                        response->bytes, WRITE_BUFFER);
}

void advise_slow_request(struct finding *finding)
{
    finding_advise(finding,
                   "find out why the client did not send the rest: it is the "
                   "client, or the path from it, that was slow");
}

static bool rests_on_request(enum verdict code)
{
    switch (code) {
    case VERDICT_IDLE_CLOSE_RACE:
    case VERDICT_IDLE_PATH_DROP:
    case VERDICT_MIDDLEBOX_RESET:
    case VERDICT_DEAD_PEER:
    case VERDICT_NETWORK_STALL:
    case VERDICT_CLIENT_ABORT:
    case VERDICT_ENDING_NOT_CAPTURED:
        return false;
    default:
        return true;
    }
}

void weigh_cut_request(const struct facts *f, struct finding *finding)
{
    if (!f->request_cut || !rests_on_request(finding->code))
        return;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "The snap length cut the request: that it was complete is "
                    "told by nothing but its sender's silence.");
    if (finding->alternatives + 1 >= FINDING_ALTERNATIVES_MAX)
        return;
    if (finding->code == VERDICT_HANDLER_ABORT)
        finding_alternative(finding, VERDICT_SERVER_SHUTDOWN,
                            "the server's process may have ended: what its "
                            "other requests waited for is cut off as well",
                            "the process's start time");
    finding_alternative(finding,
                        f->server_closed ? VERDICT_READ_TIMEOUT
                                         : VERDICT_REQUEST_STALL,
                        "its end may not have been sent",
                        "a capture with a longer snap length");
    if (f->server_closed && finding->alternatives < FINDING_ALTERNATIVES_MAX)
        finding_alternative(finding, VERDICT_MALFORMED_REQUEST,
                            "what is cut off may be what the server refused",
                            "a capture with a longer snap length");
}

void title_when_certain(struct finding *finding)
{
    if (finding->confidence != CONFIDENCE_CERTAIN)
        return;
    if (finding->code == VERDICT_WRITE_TIMEOUT_EOF)
        finding->title = "the server closed without an answer: its write "
                         "timeout had passed";
    else if (finding->code == VERDICT_WRITE_TIMEOUT_TRUNCATION)
        finding->title =
            "the server cut its own response: its write timeout had passed";
    else if (finding->code == VERDICT_WRITE_TIMEOUT_RESET)
        finding->title =
            "the server reset the stream: its write timeout had passed";
}
