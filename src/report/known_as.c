#include "report/known_as.h"

#include "report/known_as_tls.h"

#include <nghttp2/nghttp2.h>

#include <assert.h>

/*
 * Seen with curl 7.88.1, Go 1.19.8, Node 20.20 and CPython 3.11 against
 * servers that do each of these; HAProxy's states are its
 * doc/configuration.txt's ("Session state at disconnection"), Envoy's its
 * response flags (access log documentation).
 */
static const char *const words[SYMPTOM_COUNT][REPORTER_COUNT] = {
    [SYMPTOM_EMPTY_REPLY] =
        {
                               [REPORTER_CURL] = "curl: (52) Empty reply from server",
                               [REPORTER_GO] = "EOF",
                               [REPORTER_NODE] = "ECONNRESET socket hang up",
                               [REPORTER_PYTHON] = "RemoteDisconnected: Remote end closed "
                                "connection without response", [REPORTER_HAPROXY] = "SH--",
                               [REPORTER_ENVOY] = "UC",
                               },
    [SYMPTOM_TRUNCATED] =
        {
                               [REPORTER_CURL] = "curl: (18) transfer closed with outstanding "
                              "read data remaining",                         [REPORTER_GO] = "unexpected EOF",
                               [REPORTER_NODE] = "ECONNRESET aborted",
                               [REPORTER_PYTHON] = "IncompleteRead",
                               [REPORTER_HAPROXY] = "SD--",
                               [REPORTER_ENVOY] = "UC",
                               },
    [SYMPTOM_RESET] =
        {
                               [REPORTER_CURL] = "curl: (56) Recv failure: Connection reset by "
                              "peer",                                                      [REPORTER_GO] = "read: connection reset by peer",
                               [REPORTER_NODE] = "ECONNRESET read ECONNRESET",
                               [REPORTER_PYTHON] = "ConnectionResetError: [Errno 104] Connection "
                                "reset by peer", [REPORTER_HAPROXY] = "SH--",
                               [REPORTER_ENVOY] = "UC",
                               },
    [SYMPTOM_HANG] =
        {
                               [REPORTER_CURL] = "curl: (28) Operation timed out",
                               [REPORTER_GO] = "context deadline exceeded",
                               [REPORTER_PYTHON] = "TimeoutError: timed out",
                               [REPORTER_HAPROXY] = "sH--",
                               [REPORTER_ENVOY] = "UT",
                               },
    [SYMPTOM_REFUSED] =
        {
                               [REPORTER_CURL] = "curl: (7) Failed to connect",
                               [REPORTER_GO] = "connect: connection refused",
                               [REPORTER_NODE] = "ECONNREFUSED",
                               [REPORTER_PYTHON] = "ConnectionRefusedError: [Errno 111] "
                                "Connection refused", [REPORTER_HAPROXY] = "SC--",
                               [REPORTER_ENVOY] = "UF",
                               },
    [SYMPTOM_CONNECT_TIMEOUT] =
        {
                               [REPORTER_CURL] = "curl: (28) Failed to connect",
                               [REPORTER_GO] = "context deadline exceeded",
                               [REPORTER_PYTHON] = "TimeoutError: timed out",
                               [REPORTER_HAPROXY] = "sC--",
                               [REPORTER_ENVOY] = "UF",
                               },
 /* gorilla/websocket, ws of npm, websockets of Python */
    [SYMPTOM_TUNNEL_CUT] =
        {
                               [REPORTER_GO] =
                "websocket: close 1006 (abnormal closure): unexpected EOF",         [REPORTER_NODE] = "close event, code 1006",
                               [REPORTER_PYTHON] =
                "ConnectionClosedError: no close frame received or sent", },
};

const char *reporter_name(enum reporter reporter)
{
    static const char *const name[] = {
        [REPORTER_CURL] = "curl",       [REPORTER_GO] = "go",
        [REPORTER_NODE] = "node",       [REPORTER_PYTHON] = "python",
        [REPORTER_HAPROXY] = "haproxy", [REPORTER_ENVOY] = "envoy",
    };

    static_assert(sizeof name / sizeof *name == REPORTER_COUNT,
                  "every reporter has its name");
    return name[reporter];
}

static bool is_inside_response(const struct finding *finding)
{
    const struct exchange *x = finding->exchange;

    /* what came behind its end was not there for the client */
    return x && mark_is_set(x->response.head) &&
           (!mark_is_set(finding->ended) ||
            x->response.head.frame <= finding->ended.frame);
}

#define CURL_STREAM "curl: (92) HTTP/2 stream ... was not closed cleanly"
#define CURL_STREAM_END                                                        \
    "curl: (18) HTTP/2 stream ... was not closed cleanly before end of the "   \
    "underlying stream"
#define GO_GOAWAY "http2: server sent GOAWAY and closed the connection"

/* The connection ended behind a GOAWAY, or with an error in it. */
static const char *h2_goaway(const struct finding *finding,
                             enum reporter reporter)
{
    bool error = finding->code == VERDICT_H2_CONNECTION_ERROR;
    bool begun = finding->symptom == SYMPTOM_TRUNCATED;

    switch (reporter) {
    case REPORTER_CURL:
        return error || begun ? CURL_STREAM_END : NULL;
    case REPORTER_GO:
        return GO_GOAWAY;
    case REPORTER_NODE:
        return error ? "ERR_HTTP2_SESSION_ERROR" : NULL;
    default:
        return NULL;
    }
}

/* A FIN, and no GOAWAY: Node's stream ends without an error. */
static const char *h2_closed(enum reporter reporter)
{
    switch (reporter) {
    case REPORTER_CURL:
        return CURL_STREAM_END;
    case REPORTER_GO:
        return "unexpected EOF";
    default:
        return NULL;
    }
}

static const char *h2_stream_reset(enum reporter reporter)
{
    switch (reporter) {
    case REPORTER_CURL:
        return CURL_STREAM;
    case REPORTER_GO:
        return "stream error: stream ID ...; received from peer";
    case REPORTER_NODE:
        return "ERR_HTTP2_STREAM_ERROR Stream closed with error code";
    default:
        return NULL;
    }
}

/* grpc-go's and gRPC C-core's status; no other client speaks gRPC here. */
static const char *grpc_failed(const struct finding *finding,
                               enum reporter reporter)
{
    const struct exchange_h2 *h2 = finding->exchange->h2;
    bool reset = h2 && mark_is_set(h2->reset) && !h2->reset_by_client;

    if (finding->code == VERDICT_GRPC_TRAILERS_MISSING)
        return reporter == REPORTER_GO && !reset
                   ? "code = Internal desc = server closed the stream without "
                     "sending trailers"
                   : NULL;
    if (finding->code == VERDICT_GOAWAY_LOST_STREAMS ||
        finding->code == VERDICT_H2_CONNECTION_ERROR ||
        finding->code == VERDICT_H2_CONNECTION_CLOSED)
        return reporter == REPORTER_GO       ? "code = Unavailable"
               : reporter == REPORTER_PYTHON ? "StatusCode.UNAVAILABLE"
                                             : NULL;
    if (reset && h2->reset_code == NGHTTP2_INTERNAL_ERROR)
        return reporter == REPORTER_GO       ? "code = Internal"
               : reporter == REPORTER_PYTHON ? "StatusCode.INTERNAL"
                                             : NULL;
    return NULL;
}

static bool is_of_h2(const struct finding *finding)
{
    return finding->exchange && finding->exchange->is_h2 &&
           (finding->symptom == SYMPTOM_RESET ||
            finding->symptom == SYMPTOM_TRUNCATED);
}

/* Seen: curl 7.88.1, Go 1.19.8 (and its h2_bundle.go), Node 20.20. */
static const char *h2_words(const struct finding *finding,
                            enum reporter reporter)
{
    const struct exchange_h2 *h2 = finding->exchange->h2;

    if (reporter == REPORTER_HAPROXY || reporter == REPORTER_ENVOY)
        return words[finding->symptom][reporter];
    if (finding->exchange->is_grpc)
        return grpc_failed(finding, reporter);
    if (finding->code == VERDICT_GOAWAY_LOST_STREAMS ||
        finding->code == VERDICT_H2_CONNECTION_ERROR)
        return h2_goaway(finding, reporter);
    if (h2 && mark_is_set(h2->reset) && !h2->reset_by_client)
        return h2_stream_reset(reporter);
    if (finding->symptom == SYMPTOM_RESET && finding->by_reset)
        return words[SYMPTOM_RESET][reporter];
    return h2_closed(reporter);
}

/* HTTP/2 to a server that does not speak it. curl says one thing or another,
 * as its next write fails or not. */
static const char *no_h2(const struct finding *finding, enum reporter reporter)
{
    if (finding->by_reset)
        return NULL;
    if (finding->h2_met == MET_NOTHING)
        return h2_closed(reporter);
    if (finding->h2_met != MET_HTTP1)
        return NULL;
    return reporter == REPORTER_GO     ? "http2: frame too large"
           : reporter == REPORTER_NODE ? "ERR_HTTP2_ERROR Protocol error"
                                       : NULL;
}

/* A client of HTTP/1 that was answered in something else. Seen with the same.
 */
static bool is_answered_strangely(const struct finding *finding)
{
    return finding->code == VERDICT_PROTOCOL_MISMATCH &&
           finding->answered_strangely;
}

static const char *strange_answer(enum reporter reporter)
{
    static const char *const said[REPORTER_COUNT] = {
        [REPORTER_CURL] = "curl: (1) Received HTTP/0.9 when not allowed",
        [REPORTER_GO] = "malformed HTTP response",
        [REPORTER_NODE] = "HPE_INVALID_CONSTANT Parse Error: Expected HTTP/",
        [REPORTER_PYTHON] = "BadStatusLine",
        [REPORTER_HAPROXY] = "PH--",
        [REPORTER_ENVOY] = "UPE",
    };

    return said[reporter];
}

/* Seen with curl 7.88.1, Go 1.19.8, Node 20 and CPython 3.11; Node's codes are
 * llhttp's names. */
static const char *malformed_line(const struct http_fault *fault,
                                  enum reporter reporter)
{
    bool status = strcmp(fault->name, "HPE_INVALID_STATUS") == 0;

    switch (reporter) {
    case REPORTER_CURL:
        return status ? "curl: (1) Unsupported HTTP version in response"
                      : "curl: (1) Received HTTP/0.9 when not allowed";
    case REPORTER_GO:
        return status ? "malformed HTTP status code" : "malformed HTTP";
    case REPORTER_PYTHON:
        return "BadStatusLine";
    default:
        return NULL;
    }
}

static const char *malformed_length(const struct http_fault *fault,
                                    enum reporter reporter)
{
    bool twice = strcmp(fault->name, "HPE_UNEXPECTED_CONTENT_LENGTH") == 0;
    bool taken = fault->taken_by_some;

    if (reporter == REPORTER_GO)
        return twice ? "http: message cannot contain multiple Content-Length "
                       "headers"
                     : "bad Content-Length";
    return reporter == REPORTER_CURL && !taken
               ? "curl: (8) Invalid Content-Length: value"
               : NULL;
}

static const char *malformed_chunk(const struct http_fault *fault,
                                   enum reporter reporter)
{
    bool size = strcmp(fault->name, "HPE_INVALID_CHUNK_SIZE") == 0;

    switch (reporter) {
    case REPORTER_CURL:
        return size ? "curl: (56) Illegal or missing hexadecimal sequence in "
                      "chunked-encoding"
                    : "curl: (56) Malformed encoding found in chunked-encoding";
    case REPORTER_GO:
        return size ? "invalid byte in chunk length"
                    : "malformed chunked encoding";
    case REPORTER_PYTHON:
        return "IncompleteRead";
    default:
        return NULL;
    }
}

/* What clients print that do not take it. */
static const char *malformed(const struct exchange *x, enum reporter reporter)
{
    const struct http_fault *fault = x->fault[MESSAGE_RESPONSE];

    if (reporter == REPORTER_NODE)
        return fault->name;
    if (fault->kind == FAULT_BEHIND && x->before_next)
        return malformed_line(fault, reporter);
    /* which of the others take it is not known of each form */
    if (fault->taken_by_some && fault->kind != FAULT_LENGTH &&
        fault->kind != FAULT_BEHIND)
        return NULL;
    switch (fault->kind) {
    case FAULT_BEHIND:
        return reporter == REPORTER_GO
                   ? "Unsolicited response received on idle HTTP channel"
                   : NULL;
    case FAULT_START_LINE:
        return malformed_line(fault, reporter);
    case FAULT_LENGTH:
        return malformed_length(fault, reporter);
    case FAULT_CHUNK:
        return malformed_chunk(fault, reporter);
    default:
        return NULL;
    }
}

static bool is_cut_in_head(const struct finding *finding)
{
    const struct exchange *x = finding->exchange;

    return finding->symptom == SYMPTOM_TRUNCATED && x && !x->is_h2 &&
           !x->opaque && !x->response.lost && mark_is_set(x->response.start) &&
           !mark_is_set(x->response.head);
}

/* curl and CPython take the fields that came for all of them, and no body. */
static const char *head_cut(enum reporter reporter)
{
    static const char *const said[REPORTER_COUNT] = {
        [REPORTER_GO] = "unexpected EOF",
        [REPORTER_NODE] = "ECONNRESET socket hang up",
        [REPORTER_HAPROXY] = "SH--",
        [REPORTER_ENVOY] = "UC",
    };

    return said[reporter];
}

const char *known_as(const struct finding *finding, enum reporter reporter)
{
    const struct exchange *x = finding->exchange;

    /* its client is a web server, none of those */
    if (x && x->is_fastcgi)
        return NULL;
    if (finding->code == VERDICT_MALFORMED_RESPONSE && x &&
        x->fault[MESSAGE_RESPONSE])
        return malformed(x, reporter);
    if (finding->symptom == SYMPTOM_REJECTED && x && x->h2 &&
        x->h2->reset_by_client)
        return reporter == REPORTER_CURL ? CURL_STREAM : NULL;
    /* of what a CONNECT tunnel carries nothing is known */
    if (finding->symptom == SYMPTOM_TUNNEL_CUT &&
        (!x || !x->method || strcmp(x->method, "CONNECT") == 0))
        return NULL;
    if (is_answered_strangely(finding))
        return strange_answer(reporter);
    if (finding->code == VERDICT_TLS_HANDSHAKE_FAILED)
        return known_as_handshake(finding, reporter);
    if (finding->code == VERDICT_TLS_NO_CLOSE_NOTIFY)
        return known_as_bare_end(finding, reporter);
    if (finding->code == VERDICT_PROTOCOL_MISMATCH &&
        finding->h2_met != MET_ITS_LIKE)
        return no_h2(finding, reporter);
    if (finding->code == VERDICT_PROTOCOL_MISMATCH &&
        finding->tls_met != MET_ITS_LIKE)
        return known_as_plain_port(finding, reporter);
    if (finding->bad_record && finding->symptom == SYMPTOM_EMPTY_REPLY)
        return known_as_bad_record(reporter);
    if (reporter == REPORTER_HAPROXY && is_inside_response(finding)) {
        if (finding->symptom == SYMPTOM_RESET)
            return "SD--";
        if (finding->symptom == SYMPTOM_HANG)
            return "sD--";
    }
    if (is_of_h2(finding))
        return h2_words(finding, reporter);
    if (is_cut_in_head(finding))
        return head_cut(reporter);
    if (reporter == REPORTER_CURL && finding->symptom == SYMPTOM_TRUNCATED &&
        x && x->response.framing == FRAMING_LENGTH)
        return "curl: (18) transfer closed with bytes remaining to read";
    return words[finding->symptom][reporter];
}
