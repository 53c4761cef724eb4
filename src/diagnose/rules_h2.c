/* Streams that were reset, and connections that ended under them. */
#include "base/text.h"
#include "diagnose/rules.h"

#include <nghttp2/nghttp2.h>

enum {
    DEBUG_TEXT = 256
};

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

static void tell_stream_limit(const struct facts *f, struct finding *finding)
{
    const struct exchange_h2 *h2 = f->x->h2;
    bool refused = is_reset(f);

    finding->symptom = refused ? SYMPTOM_RESET : SYMPTOM_HANG;
    finding->confidence = refused ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    draft_explain(finding,
                  "The server allows %u streams at once (SETTINGS_MAX_"
                  "CONCURRENT_STREAMS) and %u were open.",
                  h2->limit, h2->open);
    if (refused)
        draft_explain(finding,
                      "It refused this one (%s): it was not processed, and a "
                      "retry is safe.",
                      h2_code_name(h2->reset_code));
    else
        draft_explain(finding, "Further requests wait inside the client, "
                               "where no packet shows them.");
    draft_advise(finding, "find out why the open streams do not end, the "
                          "oldest first (--exchanges lists them)");
    draft_advise(finding, "raise the server's limit, or let the client open "
                          "another connection");
}

/* RST_STREAM(INTERNAL_ERROR) after a constant time is a timer. */
static bool is_write_timeout_reset(const struct facts *f)
{
    const struct durations *resets = &f->known->reset;
    nanos stated = f->settings->write_timeout;

    if (!is_internal_error(f) || f->wait < f->settings->timeout_floor)
        return false;
    if (stated)
        return durations_alike(f->wait, stated);
    return durations_constant(resets, 1);
}

static void tell_write_timeout_reset(const struct facts *f,
                                     struct finding *finding)
{
    const struct durations *resets = &f->known->reset;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence = resets->samples >= 2 || f->settings->write_timeout
                              ? CONFIDENCE_CERTAIN
                              : CONFIDENCE_POSSIBLE;
    draft_explain(finding,
                  "The server reset the stream with INTERNAL_ERROR %s after "
                  "the request and kept the connection.",
                  draft_duration(finding, f->wait));
    if (resets->samples >= 2)
        draft_explain(finding,
                      "%" PRIu64 " streams were reset so, all %s after "
                      "their requests: a timer, as Go's http.Server."
                      "WriteTimeout is under HTTP/2.",
                      resets->samples, draft_range(finding, resets));
    else
        draft_explain(finding, "It is the only such stream: Go's http.Server."
                               "WriteTimeout does this, and so does a handler "
                               "that panics.");
    draft_alternative(finding, VERDICT_HANDLER_ABORT,
                      "a handler that panics at that time sends the same",
                      "more streams: a timer strikes after the same time each "
                      "time");
    draft_advise(finding,
                 "raise WriteTimeout, or set it to 0 where responses stream "
                 "(gRPC) and bound the handlers otherwise");
}

static void tell_abort(const struct facts *f, struct finding *finding)
{
    const struct durations *resets = &f->known->reset;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_LIKELY;
    draft_explain(finding,
                  "The server reset the stream with INTERNAL_ERROR %s after "
                  "the request%s: its handler panicked or gave up, or the "
                  "upstream behind it did.",
                  draft_duration(finding, f->wait),
                  f->response_begun ? ", in the middle of its own response"
                                    : "");
    if (resets->samples >= 2 && !durations_constant(resets, 2))
        draft_explain(finding,
                      "Such resets come after %s: that varies, so it is "
                      "no timer.",
                      draft_range(finding, resets));
    draft_advise(finding, "look in the server's log for this request (Go: "
                          "'http2: panic serving')");
}

/* Ended by the server without an error, and without a status. */
static bool is_trailers_missing(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (!h2 || !h2->is_grpc || h2->has_grpc_status || f->x->response.lost)
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
    draft_explain(finding,
                  "The gRPC response ended (%s) after %" PRIu64
                  " bytes of messages without the trailer section that "
                  "carries grpc-status.",
                  is_reset(f) ? "RST_STREAM, NO_ERROR" : "END_STREAM",
                  f->x->response.body);
    draft_advise(finding, "look at what stands between the two: a proxy that "
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

static bool is_stream_reset(const struct facts *f)
{
    return is_reset(f) && !is_answered(f) &&
           !(f->x->h2->reset_by_client &&
             (f->x->h2->reset_code == NGHTTP2_CANCEL ||
              f->x->h2->reset_code == NGHTTP2_NO_ERROR));
}

static void tell_stream_reset(const struct facts *f, struct finding *finding)
{
    const struct exchange_h2 *h2 = f->x->h2;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    draft_explain(finding,
                  "The %s reset the stream with %s (%u) %s after the request.",
                  h2->reset_by_client ? "client" : "server",
                  h2_code_name(h2->reset_code), h2->reset_code,
                  draft_duration(finding, f->wait));
    if (h2->reset_code == NGHTTP2_REFUSED_STREAM)
        draft_explain(finding, "It was not processed: a retry is safe.");
    draft_advise(finding, "look into the log of the side that sent it");
}

const struct rule h2_reset_rule[] = {
    {VERDICT_H2_STREAM_LIMIT,       is_stream_limit, tell_stream_limit},
    {VERDICT_GRPC_TRAILERS_MISSING,            is_trailers_missing, tell_trailers_missing},
    {VERDICT_WRITE_TIMEOUT_RESET, is_write_timeout_reset,
     tell_write_timeout_reset},
    {VERDICT_HANDLER_ABORT,        is_abort, tell_abort},
    {VERDICT_H2_STREAM_RESET,   is_stream_reset, tell_stream_reset},
    {0     },
};

/* ---- the connection ended under the stream ----------------------------- */

static const struct h2_goaway *goaway_of_server(const struct facts *f)
{
    const struct h2_goaway *goaway =
        &f->incident->http.h2.goaway[conn_server(f->conn)];

    return mark_is_set(goaway->at) ? goaway : NULL;
}

/* The latest GOAWAY with an error, by either side. */
static const struct h2_goaway *goaway_with_error(const struct facts *f)
{
    const struct h2_facts *h2 = &f->incident->http.h2;

    for (unsigned side = 0; side < 2; side++) {
        if (mark_is_set(h2->goaway[side].at) && h2->goaway[side].code)
            return &h2->goaway[side];
    }
    return NULL;
}

static const char *debug_of(const struct h2_goaway *goaway,
                            struct finding *finding)
{
    struct text text;
    const char *debug;

    if (!goaway->debug_size)
        return "";
    text_init(&text, DEBUG_TEXT);
    text_add_visible(&text, (struct span){(const uint8_t *)goaway->debug,
                                          goaway->debug_size});
    debug = draft_say(finding, ", \"%s\"", text_string(&text));
    text_release(&text);
    return debug;
}

static void cite_goaways(const struct facts *f, struct finding *finding)
{
    const struct h2_facts *h2 = &f->incident->http.h2;

    for (unsigned side = 0; side < 2; side++) {
        const struct h2_goaway *goaway = &h2->goaway[side];

        draft_cite(finding, goaway->at,
                   side == f->conn->client ? FROM_CLIENT : FROM_SERVER,
                   "GOAWAY, last stream %u, %s%s", goaway->last_stream,
                   h2_code_name(goaway->code), debug_of(goaway, finding));
    }
}

/*
 * Without a stream that failed by it only the server's word counts: the next
 * request would have met it. A client that leaves may say what it likes.
 */
static bool is_connection_error(const struct facts *f)
{
    const struct h2_goaway *goaway = goaway_with_error(f);

    if (!goaway)
        return false;
    if (f->x)
        return !f->response_whole;
    return goaway == &f->incident->http.h2.goaway[conn_server(f->conn)] &&
           f->incident->http.h2.open == 0;
}

static void tell_connection_error(const struct facts *f,
                                  struct finding *finding)
{
    const struct h2_goaway *goaway = goaway_with_error(f);
    const struct h2_facts *h2 = &f->incident->http.h2;
    bool by_client = goaway == &h2->goaway[f->conn->client];

    finding->symptom = f->x ? SYMPTOM_RESET : SYMPTOM_NONE;
    if (!f->x)
        finding->severity = SEVERITY_WARNING;
    finding->confidence = CONFIDENCE_CERTAIN;
    cite_goaways(f, finding);
    draft_explain(finding, "The %s gave the connection up: GOAWAY with %s%s.",
                  by_client ? "client" : "server", h2_code_name(goaway->code),
                  debug_of(goaway, finding));
    if (goaway->code == NGHTTP2_ENHANCE_YOUR_CALM &&
        h2->pings[f->conn->client] > 0) {
        draft_cite(finding, h2->ping[f->conn->client], FROM_CLIENT,
                   "the last of %u PINGs", h2->pings[f->conn->client]);
        draft_explain(finding,
                      "The client had sent %u PINGs: more often than the "
                      "server permits.",
                      h2->pings[f->conn->client]);
        draft_advise(finding,
                     "raise the client's keep-alive time, or lower the "
                     "server's minimum (grpc-go: EnforcementPolicy.MinTime, "
                     "5 min by default, and PermitWithoutStream)");
    }
    draft_advise(finding, "look up the code and the debug data, and the log of "
                          "the side that sent it");
}

static bool is_goaway_lost(const struct facts *f)
{
    return f->closing.by != CLOSED_BY_NOBODY && goaway_of_server(f) &&
           !f->response_whole;
}

static void tell_goaway_lost(const struct facts *f, struct finding *finding)
{
    const struct h2_goaway *goaway = goaway_of_server(f);
    bool above = f->x->stream > goaway->last_stream;

    finding->symptom = f->response_begun ? SYMPTOM_TRUNCATED : SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    cite_goaways(f, finding);
    draft_explain(finding,
                  "The server said GOAWAY (%s) with last stream %u and the "
                  "connection closed %s later, with stream %" PRIu64
                  " unfinished.",
                  h2_code_name(goaway->code), goaway->last_stream,
                  draft_duration(finding, nanos_between(goaway->at.time,
                                                        f->closing.at.time)),
                  f->x->stream);
    draft_explain(finding,
                  above ? "This stream is above it: it was not processed, and "
                          "a retry is safe."
                        : "This stream is not above it: it may have been "
                          "processed.");
    draft_advise(finding, "let the server wait for its streams before it "
                          "closes (drain time, grace period), and the client "
                          "open a new connection when it sees GOAWAY");
}

static bool is_connection_closed(const struct facts *f)
{
    return f->server_closed && !f->response_whole;
}

static void tell_connection_closed(const struct facts *f,
                                   struct finding *finding)
{
    finding->symptom = f->response_begun ? SYMPTOM_TRUNCATED : SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    draft_explain(finding,
                  "The server's side closed the connection (%s) with %u "
                  "stream%s open and no GOAWAY before: its process ended, or "
                  "something in between closed it.",
                  f->closing.by_reset ? "RST" : "FIN",
                  f->incident->http.h2.open,
                  f->incident->http.h2.open == 1 ? "" : "s");
    draft_advise(finding, "look for a crash or restart at that time, and at "
                          "the idle and age limits of load balancers");
}

const struct rule h2_close_rule[] = {
    {VERDICT_H2_CONNECTION_ERROR, is_connection_error, tell_connection_error},
    {VERDICT_GOAWAY_LOST_STREAMS,      is_goaway_lost, tell_goaway_lost},
    {VERDICT_H2_CONNECTION_CLOSED, is_connection_closed,
     tell_connection_closed},
    {0          },
};

/* ---- connections without a stream to blame ----------------------------- */

static bool has_goaway(const struct facts *f)
{
    const struct h2_facts *h2 = &f->incident->http.h2;

    return mark_is_set(h2->goaway[0].at) || mark_is_set(h2->goaway[1].at);
}

static struct mark latest_goaway(const struct facts *f)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    struct mark a = h2->goaway[0].at;
    struct mark b = h2->goaway[1].at;

    if (!mark_is_set(a))
        return b;
    return mark_is_set(b) && b.time > a.time ? b : a;
}

static bool is_goaway_hang(const struct facts *f)
{
    return f->incident->http.protocol == PROTOCOL_HTTP2 && has_goaway(f) &&
           f->incident->http.h2.open == 0 &&
           f->closing.by == CLOSED_BY_NOBODY &&
           nanos_between(latest_goaway(f).time, f->end.time) >=
               3 * f->settings->stall_threshold;
}

static void tell_goaway_hang(const struct facts *f, struct finding *finding)
{
    struct mark said = latest_goaway(f);
    const struct note *window =
        f->client_window ? f->client_window : f->server_window;

    finding->symptom = SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_LIKELY;
    cite_goaways(f, finding);
    draft_explain(finding,
                  "GOAWAY was said, no stream is open any more, and %s later "
                  "the connection is still not closed.",
                  draft_duration(finding,
                                 nanos_between(said.time, f->end.time)));
    if (window && note_lasts(window))
        draft_explain(finding, "A TCP window of zero holds what is left to "
                               "send.");
    else if (f->client_again || f->server_again)
        draft_explain(finding, "Data is unacknowledged and sent again: the "
                               "path loses it.");
    else
        draft_explain(finding, "Nothing on the wire holds it: a program has "
                               "not called close.");
    draft_advise(finding, "look at the side that said GOAWAY, or at the other "
                          "one that should close after it; bound the wait");
}

const struct rule h2_connection_rule[] = {
    {VERDICT_H2_CONNECTION_ERROR, is_connection_error, tell_connection_error},
    {VERDICT_GOAWAY_HANG,      is_goaway_hang, tell_goaway_hang},
    {0        },
};
