/* What rules_malformed.c finds of HTTP/2: bodies that do not fit their length,
 * and whole answers that were refused. */
#include "diagnose/rules.h"

#include "diagnose/facts_h2.h"
#include "diagnose/h2_code.h"
#include "diagnose/words.h"

#include <nghttp2/nghttp2.h>

void tell_h2_response_long(const struct facts *f, struct finding *finding)
{
    const struct exchange *x = f->x;
    bool refused = is_refused_whole(f) || is_refusing_reset(f);

    finding->symptom = refused ? SYMPTOM_REJECTED : SYMPTOM_NONE;
    finding->severity = refused ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->confidence = CONFIDENCE_CERTAIN;
    if (x->response.framing == FRAMING_LENGTH &&
        x->response.body > x->response.expected)
        finding_explain(finding,
                        "The response has %" PRIu64
                        " body bytes where content-length says %" PRIu64
                        ": it is malformed (RFC 9113, 8.1.1).",
                        x->response.body, x->response.expected);
    else
        finding_explain(finding,
                        "The response has %" PRIu64
                        " body bytes, and an answer to %s with status %u has "
                        "none: it is malformed (RFC 9113, 8.1.1).",
                        x->response.body,
                        finding_quote(f, finding, span_of_text(x->method)),
                        x->status);
    finding_explain(finding, refused ? "Its client refused it for that."
                                     : "Its client did not complain.");
    finding_advise(finding,
                   "compare what the server writes with content-length: it is "
                   "in bytes, of the body as it is sent");
}

void tell_h2_request_miscounted(const struct facts *f, struct finding *finding)
{
    const struct exchange *x = f->x;
    bool answered = f->response_whole && x->status;

    finding->symptom = answered ? SYMPTOM_ERROR_STATUS : SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The request has %" PRIu64
                    " body bytes where content-length says %" PRIu64
                    ": it is malformed (RFC 9113, 8.1.1), and the server %s.",
                    x->request.body, x->request.expected,
                    answered ? "answered 400" : "reset the stream for that");
    finding_advise(finding, "let the client count the bytes of the body as it "
                            "is sent, or leave content-length out");
}

static void tell_client_refused(const struct facts *f, struct finding *finding)
{
    const struct h2_goaway *goaway =
        refusing_goaway(&f->incident->http.h2, f->conn, f->x);
    const struct exchange_h2 *h2 = f->x->h2;
    bool by_reset = h2 && mark_is_set(h2->reset);
    uint32_t code = by_reset ? h2->reset_code : goaway->code;

    finding->symptom = SYMPTOM_REJECTED;
    finding->confidence = CONFIDENCE_LIKELY;
    if (!by_reset)
        finding_cite(finding, goaway->at, FROM_CLIENT,
                     "gives the connection up (GOAWAY, %s)",
                     h2_code_name(code));
    finding_explain(finding,
                    "The response was whole (END_STREAM), and its client then "
                    "refused it with %s(%s): %s.",
                    by_reset ? "RST_STREAM" : "GOAWAY", h2_code_name(code),
                    code == NGHTTP2_COMPRESSION_ERROR
                        ? "it could not decompress the header section"
                        : "perhaps a header section over the limit that it had "
                          "announced, or a body that does not fit "
                          "content-length");
    if (!is_request_known(f) || !f->x->status) {
        finding_alternative(finding, VERDICT_MALFORMED_RESPONSE,
                            "the body may not fit content-length, which the "
                            "capture does not tell",
                            "a capture from the connection's beginning");
        finding_alternative(finding, VERDICT_HANDLER_ABORT,
                            "or the handler returned before it had written as "
                            "much",
                            "the server's log");
    }
    if (!by_reset)
        finding_alternative(finding, VERDICT_H2_CONNECTION_ERROR,
                            "GOAWAY blames the connection, and another frame "
                            "of the server's may have been meant",
                            "the client's log");
    finding_advise(finding,
                   "look in the client's log for what it refused; compare the "
                   "response with the client's SETTINGS "
                   "(SETTINGS_MAX_HEADER_LIST_SIZE, "
                   "SETTINGS_HEADER_TABLE_SIZE)");
}

void tell_response_rejected(const struct facts *f, struct finding *finding)
{
    if (is_refused_whole(f)) {
        tell_client_refused(f, finding);
        return;
    }
    finding->symptom = SYMPTOM_REJECTED;
    finding->severity = SEVERITY_WARNING;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The response was whole%s, and the server then reset the "
                    "stream with %s. Some clients report that in place of the "
                    "answer that they have: gRPC C-core says CANCELLED. A "
                    "server that wants no more of the request says NO_ERROR "
                    "(RFC 9113, 8.1).",
                    f->x->has_grpc_status ? ", its trailers with it" : "",
                    h2_code_name(f->x->h2->reset_code));
    finding_advise(finding,
                   "look at what stands between the program and the client: "
                   "proxies put this code in the place of NO_ERROR (HAProxy "
                   "2.6 does)");
}

void tell_h2_early_response(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_NONE;
    finding->severity = SEVERITY_INFO;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The server answered %u when %" PRIu64
                    " bytes of the request's body had come, and wanted no "
                    "more of it: RST_STREAM(NO_ERROR), as RFC 9113, 8.1 has "
                    "it. Some clients report the reset in place of the answer "
                    "(curl 7.88: (92)).",
                    f->x->status, f->x->request.body);
    finding_advise(finding,
                   "look at the answer, not at the reset: %u is what the "
                   "server meant",
                   f->x->status);
}
