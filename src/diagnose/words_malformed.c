/* What rules_malformed.c finds. */
#include "diagnose/rules.h"

#include "diagnose/facts_fault.h"
#include "diagnose/words.h"

#include <assert.h>
#include <string.h>

/* What is wrong, behind "The response" or "The request". */
static const char *const wrong[] = {
    [FAULT_NONE] = "",
    [FAULT_BEHIND] = "is followed by bytes that belong to no message",
    [FAULT_START_LINE] = "does not begin with a line that can be read",
    [FAULT_FIELD] = "has a header line that cannot be read",
    [FAULT_LENGTH] = "has no Content-Length that can be read as one number",
    [FAULT_CHUNK] = "has a chunk that cannot be read",
    [FAULT_LENIENT] = "has a form that is obsolete",
    [FAULT_NO_HEAD] = "ends before its header section does",
};

static_assert(sizeof wrong / sizeof *wrong == FAULT_KIND_COUNT,
              "every fault has its words");

/* Why bytes stand behind a message, by what its end is told by. */
static const char *why_behind(const struct exchange *x, unsigned message)
{
    const struct message *of =
        message == MESSAGE_REQUEST ? &x->request : &x->response;

    if (message == MESSAGE_RESPONSE && x->method &&
        strcmp(x->method, "HEAD") == 0)
        return "An answer to HEAD has no body, and one was sent (RFC 9110, "
               "9.3.2).";
    if (message == MESSAGE_RESPONSE && (x->status == 204 || x->status == 304))
        return "An answer with this status has no body, and one was sent (RFC "
               "9110, 6.4.1).";
    switch (of->framing) {
    case FRAMING_LENGTH:
        return "More body was sent than Content-Length says: characters were "
               "counted instead of bytes, the body was changed behind the "
               "header, or another one was written behind it.";
    case FRAMING_CHUNKED:
        return "The last chunk had been sent.";
    default:
        return "It has no body.";
    }
}

/*
 * What they are, and not how they would look: reports escape what they show
 * once more, so what is no plain text becomes a dot here.
 */
static const char *shown_bytes(const struct facts *f, struct finding *finding,
                               const struct http_fault *fault)
{
    uint8_t plain[FAULT_BYTES_KEPT];

    for (size_t i = 0; i < fault->size; i++) {
        uint8_t byte = fault->bytes[i];

        plain[i] = byte < 0x20 || byte > 0x7e || byte == '\\' ? '.' : byte;
    }
    return finding_quote(f, finding, (struct span){plain, fault->size});
}

/* FastCGI's protocolStatus (5.5), the fifth byte of what END_REQUEST says. */
static const char *fcgi_status(const struct http_fault *fault)
{
    static const char *const words[] = {
        "the request is complete", "it cannot take a second request at once",
        "it is overloaded", "it does not know the role"};
    uint8_t status = fault->size > 4 ? fault->bytes[4] : 0;

    return status < sizeof words / sizeof *words ? words[status]
                                                 : "a status that is none";
}

static void tell_no_head(struct finding *finding,
                         const struct http_fault *fault)
{
    finding_cite(finding, fault->at, FROM_SERVER, "END_REQUEST: %s",
                 fcgi_status(fault));
    finding_explain(finding,
                    "The response %s: END_REQUEST came in #%" PRIu64
                    " (protocolStatus: %s), and no empty line before it.",
                    wrong[fault->kind], mark_frame(fault->at),
                    fcgi_status(fault));
}

/* Where, and what stands there. */
static void tell_fault(const struct facts *f, struct finding *finding,
                       unsigned message)
{
    const struct http_fault *fault = fault_of(f, message);
    bool request = message == MESSAGE_REQUEST;

    if (fault->kind == FAULT_NO_HEAD) {
        tell_no_head(finding, fault);
        return;
    }
    finding_cite(finding, fault->at, request ? FROM_CLIENT : FROM_SERVER,
                 fault->kind == FAULT_BEHIND ? "bytes behind the %s: '%s'%s"
                 : fault->kind == FAULT_LENIENT
                     ? "an obsolete form in the %s: '%s'%s"
                     : "the %s cannot be read on: '%s'%s",
                 request ? "request" : "response",
                 shown_bytes(f, finding, fault),
                 fault->size == FAULT_BYTES_KEPT ? " ..." : "");
    finding_explain(finding,
                    "The %s %s: in #%" PRIu64 ", from sequence number %" PRIu64
                    " on (relative).",
                    request ? "request" : "response", wrong[fault->kind],
                    mark_frame(fault->at), fault->offset - CONN_ORIGIN);
    if (fault->kind == FAULT_BEHIND)
        finding_explain(finding, "%s", why_behind(f->x, message));
}

static void advise_sender(const struct facts *f, struct finding *finding,
                          unsigned message)
{
    const struct http_fault *fault = fault_of(f, message);
    const char *sender = message == MESSAGE_REQUEST ? "client" : "server";

    if (fault->kind == FAULT_BEHIND)
        finding_advise(finding,
                       "compare what the %s writes with what its header "
                       "promises: Content-Length is in bytes, not characters, "
                       "and of the body as it is sent",
                       sender);
    else
        finding_advise(finding,
                       "look at what writes this on the %s's side, and at what "
                       "changes it on the way",
                       sender);
}

/* They stand where a request that was sent by then awaits its status line. */
static void tell_before_next(const struct facts *f, struct finding *finding)
{
    uint64_t others = f->incident->complete - f->incident->is_complete;

    if (others > f->x->number) {
        finding_explain(finding, "Another request had been sent by then; its "
                                 "client went on all the same.");
        return;
    }
    finding->severity = SEVERITY_ERROR;
    finding->symptom = SYMPTOM_REJECTED;
    finding_explain(finding,
                    "Another request had been sent by then: its client takes "
                    "them for the status line of the answer to that, and "
                    "fails with a request that is not at fault.");
}

static void tell_harm(const struct facts *f, struct finding *finding,
                      const struct http_fault *fault)
{
    bool refused = was_refused_by_client(f, fault);

    finding->severity = SEVERITY_WARNING;
    finding->symptom = SYMPTOM_NONE;
    if (fault->kind == FAULT_BEHIND && f->x->before_next) {
        tell_before_next(f, finding);
    } else if (fault->kind == FAULT_BEHIND) {
        finding_explain(finding,
                        "Some clients leave such bytes alone, others fail; "
                        "where the connection is used again they stand before "
                        "the next answer.");
    } else if (fault->kind == FAULT_LENIENT) {
        finding->symptom = SYMPTOM_REJECTED;
        finding_explain(finding, "Some clients take it, and this one reset the "
                                 "connection.");
    } else if (went_on(f)) {
        finding_explain(finding, "Its client went on all the same.");
    } else if (fault->taken_by_some && !refused) {
        finding_explain(finding, "Some clients take it, others fail: which "
                                 "this one did is not in the capture.");
    } else {
        finding->severity = SEVERITY_ERROR;
        finding->symptom = SYMPTOM_REJECTED;
        finding_explain(finding, "A client cannot take it.");
    }
}

void tell_response_malformed(const struct facts *f, struct finding *finding)
{
    const struct http_fault *fault = fault_of(f, MESSAGE_RESPONSE);

    finding->confidence =
        fault->kind == FAULT_LENIENT ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
    if (f->x->is_fastcgi)
        finding->title = "what the FastCGI application answered is no CGI "
                         "response (RFC 3875, 6)";
    tell_fault(f, finding, MESSAGE_RESPONSE);
    tell_harm(f, finding, fault);
    advise_sender(f, finding, MESSAGE_RESPONSE);
}

void tell_request_malformed(const struct facts *f, struct finding *finding)
{
    bool answered = f->response_whole && f->x->status;
    bool refused = was_refused_by_server(f);

    finding->confidence = CONFIDENCE_LIKELY;
    finding->symptom = !refused   ? SYMPTOM_NONE
                       : answered ? SYMPTOM_ERROR_STATUS
                                  : symptom_of_close(f);
    if (!refused)
        finding->severity = SEVERITY_WARNING;
    tell_fault(f, finding, MESSAGE_REQUEST);
    if (answered)
        finding_explain(finding, "The server answered %u%s.", f->x->status,
                        f->server_closed ? " and closed" : "");
    else
        finding_explain(finding, "The server closed without an answer.");
    advise_sender(f, finding, MESSAGE_REQUEST);
}

void tell_without_end(const struct facts *f, struct finding *finding)
{
    const struct message *response = &f->x->response;
    bool left = f->client_closed;

    finding->symptom = SYMPTOM_HANG;
    finding->confidence = left ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    finding->title = "the response has no length, and the server left the "
                     "connection open";
    finding_explain(
        finding,
        "The response has neither Content-Length nor chunks, so only a close "
        "ends it (RFC 9112, 6.3); nobody had said Connection: close, and the "
        "server left the connection open. After %" PRIu64
        " body bytes nothing came for %s%s.",
        response->body,
        finding_duration(finding, facts_passed(response->last,
                                               left ? f->closing.at
                                                    : f->around->capture_last)),
        left ? ", then the client gave up" : "");
    finding_alternative(finding, VERDICT_SERVER_STALL,
                        "the server may have had more to send",
                        "whether what came is the whole body");
    finding_advise(finding,
                   "let the server send Content-Length or Transfer-Encoding: "
                   "chunked, or close the connection behind the body");
}

void tell_head_cut(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_TRUNCATED;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "%s closed after %" PRIu64
                    " bytes of the response, before the empty line that ends "
                    "a header section (RFC 9112, 8).",
                    name_server(f, finding), f->x->response.bytes);
    finding_alternative(finding, VERDICT_HANDLER_ABORT,
                        "the process may have ended while it wrote the header",
                        "the server's log, and whether other answers are cut "
                        "at the same place");
    finding_advise(finding, "look at what writes the header section: a CGI or "
                            "a script that prints it itself, a proxy's buffer "
                            "for it");
}
