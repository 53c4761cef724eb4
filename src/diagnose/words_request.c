/* What rules_request.c finds. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/software.h"
#include "diagnose/words.h"

enum {
    STATUS_REQUEST_TIMEOUT = 408
};

void tell_early_response_reset(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_explain(finding,
                    "The server answered %u while the request was still coming "
                    "(%" PRIu64
                    " bytes of it were sent in all), closed without "
                    "reading the rest, and the unread bytes turned its close "
                    "into an RST. "
                    "The RST can destroy the answer in the client's buffer: it "
                    "sees 'connection reset' or 'broken pipe' instead of %u.",
                    f->x->status, f->x->request.bytes, f->x->status);
    finding_advise(finding,
                   "look at the answer, not at the reset: %u is what "
                   "the server meant",
                   f->x->status);
    finding_advise(finding,
                   "let the server read the body to its end before it closes, "
                   "or let the client send Expect: 100-continue");
    if (is_answer_to_slowness(f) &&
        facts_passed(f->x->request.start, f->x->response.start) >=
            f->settings->timeout_floor)
        finding_alternative(finding, VERDICT_READ_TIMEOUT,
                            "the answer may be for a request that took too "
                            "long as a whole, though it went on",
                            "whether that time is constant; on a proxy the leg "
                            "behind it");
}

void tell_refusal_reset(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The server refused the request with %u, said that it "
                    "closes, and its close came %s later as an RST: on Linux "
                    "the close of a socket with unread bytes is one, and of "
                    "the %" PRIu64 " bytes of the request it may have read "
                    "only the first. The RST can destroy the answer in the "
                    "client's buffer: it sees 'connection reset' instead of "
                    "%u.",
                    f->x->status,
                    finding_duration(finding,
                                     nanos_between(f->x->response.last.time,
                                                   f->closing.at.time)),
                    f->x->request.bytes, f->x->status);
    finding_alternative(finding, VERDICT_SERVER_RESET,
                        "the server may have been about to send a body, and "
                        "have died",
                        "the server's log at that time");
    finding_advise(finding,
                   "look at the answer, not at the reset: %u is what the "
                   "server meant",
                   f->x->status);
}

static const char *request_so_far(const struct facts *f,
                                  struct finding *finding)
{
    const struct message *request = &f->x->request;

    if (!mark_is_set(request->head))
        return finding_say(finding,
                           "%" PRIu64
                           " bytes of the header section, not its end",
                           request->bytes);
    if (request->expected == HTTP_NO_LENGTH)
        return finding_say(finding,
                           "%" PRIu64 " body bytes, not the last chunk",
                           request->body);
    return finding_say(finding, "%" PRIu64 " of %" PRIu64 " body bytes",
                       request->body, request->expected);
}

/* More may have come behind the server's last word. */
static const char *since_last_byte(const struct facts *f,
                                   struct finding *finding)
{
    nanos quiet = request_quiet(f);

    return quiet < 0 ? "; the last of these came only after that"
                     : finding_say(finding,
                                   " and %s after the last one that "
                                   "came",
                                   finding_duration(finding, quiet));
}

void tell_read_timeout(const struct facts *f, struct finding *finding)
{
    nanos since_start = nanos_between(f->x->request.start.time, f->end.time);
    bool said = f->x->status == STATUS_REQUEST_TIMEOUT;
    bool told = f->response_whole && is_answer_to_slowness(f);
    const char *ends = f->server_closed ? " and closed" : "";

    finding->symptom = told                ? SYMPTOM_ERROR_STATUS
                       : f->response_whole ? SYMPTOM_NONE
                                           : symptom_of_close(f);
    if (f->response_whole && !told)
        finding->severity = SEVERITY_WARNING;
    finding->confidence = said ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    finding_explain(
        finding,
        "The request was not complete (%s) when the server %s, %s "
        "after its first byte%s.",
        request_so_far(f, finding),
        f->response_begun && f->x->status
            ? finding_say(finding, "answered %u%s", f->x->status, ends)
        : f->response_begun ? "answered and closed"
                            : "closed without a word",
        finding_duration(finding, since_start), since_last_byte(f, finding));
    finding_alternative(finding, VERDICT_HANDLER_ABORT,
                        "a program may close an incomplete request for reasons "
                        "of its own",
                        "the server's log, or whether the delay is constant");
    advise_slow_request(finding);
    finding_advise(finding,
                   "if it may be that slow, raise the server's limit: %s",
                   request_setting(f));
}

/* The connection was still recorded when the silence had lasted for long. */
static bool is_heard_of(const struct facts *f)
{
    return facts_passed(f->x->request.last, f->conn->last) >=
           f->settings->stall_threshold;
}

void tell_request_stall(const struct facts *f, struct finding *finding)
{
    nanos quiet = facts_passed(f->x->request.last, f->end);
    bool sized = f->x->request.expected != HTTP_NO_LENGTH;
    bool in_head = !mark_is_set(f->x->request.head);
    bool sure = (sized && f->x->request.body == 0) || is_heard_of(f);

    finding->symptom = SYMPTOM_HANG;
    finding->confidence =
        sure && (sized || in_head) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    if (!sized && !in_head)
        finding->severity = SEVERITY_WARNING;
    finding_explain(finding,
                    "The request is not complete (%s), and nothing more of it "
                    "has come for %s. All that came is acknowledged and the "
                    "server's window is open: the sender of the request has "
                    "stopped, the server can only wait.",
                    request_so_far(f, finding),
                    finding_duration(finding, quiet));
    if (f->client_closed)
        finding_explain(finding, "In the end the sender closed.");
    if (!sized && !in_head)
        finding_alternative(finding, VERDICT_ENDING_NOT_CAPTURED,
                            "a body without a length may be a stream that has "
                            "nothing to say now",
                            "a longer capture");
    else if (f->client_closed)
        finding_alternative(finding, VERDICT_CLIENT_ABORT,
                            "the sender may have left for reasons of its own",
                            "the sender's log");
    else
        finding_alternative(finding, VERDICT_ENDING_NOT_CAPTURED,
                            "a slow source of the body may have gone on later",
                            "a longer capture");
    finding_advise(finding,
                   "look at the sender: compare Content-Length with what it "
                   "writes, and see what it reads the body from");
    finding_advise(finding,
                   "if it is a proxy or middleware, look whether the body was "
                   "read before it is forwarded (Node: a body parser in front "
                   "of http-proxy or http-proxy-middleware, whose fixRequest"
                   "Body writes it again)");
}
