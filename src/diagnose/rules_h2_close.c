/* HTTP/2 connections that ended, under a stream or with none left. */
#include "diagnose/rules.h"

#include <nghttp2/nghttp2.h>

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

static const char *debug_of(const struct facts *f,
                            const struct h2_goaway *goaway,
                            struct finding *finding)
{
    const struct span debug = {(const uint8_t *)goaway->debug,
                               goaway->debug_size};

    return debug.size ? finding_say(finding, ", \"%s\"%s",
                                    finding_quote(f, finding, debug),
                                    goaway->debug_cut ? " and more" : "")
                      : "";
}

static void cite_goaways(const struct facts *f, struct finding *finding)
{
    const struct h2_facts *h2 = &f->incident->http.h2;

    for (unsigned side = 0; side < 2; side++) {
        const struct h2_goaway *goaway = &h2->goaway[side];

        finding_cite(finding, goaway->at,
                     side == f->conn->client ? FROM_CLIENT : FROM_SERVER,
                     "GOAWAY, last stream %u, %s%s", goaway->last_stream,
                     h2_code_name(goaway->code), debug_of(f, goaway, finding));
    }
}

/* A stream that was not followed may be. */
static bool none_is_open(const struct facts *f)
{
    return f->incident->http.h2.open == 0 && f->incident->http.h2.dropped == 0;
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
           none_is_open(f);
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
    finding_explain(finding, "The %s gave the connection up: GOAWAY with %s%s.",
                    by_client ? "client" : "server", h2_code_name(goaway->code),
                    debug_of(f, goaway, finding));
    if (h2->strange)
        finding_explain(finding,
                        "%" PRIu64
                        " frame%s of this connection broke RFC 9113's "
                        "rules of length or order.",
                        h2->strange, h2->strange == 1 ? "" : "s");
    if (goaway->code == NGHTTP2_ENHANCE_YOUR_CALM &&
        h2->pings[f->conn->client] > 0) {
        finding_cite(finding, h2->ping[f->conn->client], FROM_CLIENT,
                     "the last of %u PINGs", h2->pings[f->conn->client]);
        finding_explain(finding,
                        "The client had sent %u PINGs: more often than the "
                        "server permits.",
                        h2->pings[f->conn->client]);
        finding_advise(finding,
                       "raise the client's keep-alive time, or lower the "
                       "server's minimum (grpc-go: EnforcementPolicy.MinTime, "
                       "5 min by default, and PermitWithoutStream)");
    }
    finding_advise(finding,
                   "look up the code and the debug data, and the log of "
                   "the side that sent it");
}

/* A stream that was reset had ended before the connection did. */
static bool was_reset(const struct facts *f)
{
    return f->x->h2 && mark_is_set(f->x->h2->reset);
}

static bool is_goaway_lost(const struct facts *f)
{
    return !was_reset(f) && f->closing.by != CLOSED_BY_NOBODY &&
           goaway_of_server(f) && !f->response_whole;
}

static void tell_goaway_lost(const struct facts *f, struct finding *finding)
{
    const struct h2_goaway *goaway = goaway_of_server(f);
    bool above = f->x->stream > goaway->last_stream;
    nanos late = nanos_between(goaway->at.time, f->x->request.start.time);

    finding->symptom = f->response_begun ? SYMPTOM_TRUNCATED : SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    cite_goaways(f, finding);
    finding_explain(
        finding,
        "The server said GOAWAY (%s) with last stream %u and the "
        "connection closed %s later, with stream %" PRIu64 " unfinished.",
        h2_code_name(goaway->code), goaway->last_stream,
        finding_duration(finding,
                         nanos_between(goaway->at.time, f->closing.at.time)),
        f->x->stream);
    finding_explain(finding,
                    above
                        ? "This stream is above it: it was not processed, and "
                          "a retry is safe."
                        : "This stream is not above it: it may have been "
                          "processed.");
    if (late > 0)
        finding_explain(finding,
                        "The GOAWAY had been there for %s when the request was "
                        "sent: the client goes on using the connection.",
                        finding_duration(finding, late));
    if (!above)
        finding_advise(finding, "let the server wait for its streams before it "
                                "closes (drain time, grace period)");
    finding_advise(finding,
                   above
                       ? "let the client send again, on a new connection, what "
                         "is above the last stream; where it happens often, "
                         "raise the limit behind it (idle time, age, requests "
                         "of a connection)"
                       : "let the client open a new connection when it sees "
                         "GOAWAY");
}

static bool is_connection_closed(const struct facts *f)
{
    return !was_reset(f) && f->server_closed && !f->response_whole;
}

static void tell_connection_closed(const struct facts *f,
                                   struct finding *finding)
{
    finding->symptom = f->response_begun ? SYMPTOM_TRUNCATED : SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_explain(finding,
                    "The server's side closed the connection (%s) with %s%u "
                    "stream%s open and no GOAWAY before: its process ended, or "
                    "something in between closed it.",
                    f->closing.by_reset ? "RST" : "FIN",
                    f->incident->http.h2.dropped ? "more than " : "",
                    f->incident->http.h2.open,
                    f->incident->http.h2.open == 1 ? "" : "s");
    finding_advise(finding, "look for a crash or restart at that time, and at "
                            "the idle and age limits of load balancers");
}

const struct rule h2_close_rule[] = {
    {VERDICT_H2_CONNECTION_ERROR, is_connection_error, tell_connection_error},
    {VERDICT_GOAWAY_LOST_STREAMS,      is_goaway_lost, tell_goaway_lost},
    {VERDICT_H2_CONNECTION_CLOSED, is_connection_closed,
     tell_connection_closed},
    {0          },
};

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
           none_is_open(f) && f->closing.by == CLOSED_BY_NOBODY &&
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
    finding_explain(finding,
                    "GOAWAY was said, no stream is open any more, and %s later "
                    "the connection is still not closed.",
                    finding_duration(finding,
                                     nanos_between(said.time, f->end.time)));
    if (window && note_lasts(window))
        finding_explain(finding, "A TCP window of zero holds what is left to "
                                 "send.");
    else if (f->client_again || f->server_again)
        finding_explain(finding, "Data is unacknowledged and sent again: the "
                                 "path loses it.");
    else
        finding_explain(finding, "Nothing on the wire holds it: a program has "
                                 "not called close.");
    finding_advise(finding,
                   "look at the side that said GOAWAY, or at the other "
                   "one that should close after it; bound the wait");
}

const struct rule h2_connection_rule[] = {
    {VERDICT_H2_CONNECTION_ERROR, is_connection_error, tell_connection_error},
    {VERDICT_GOAWAY_HANG,      is_goaway_hang, tell_goaway_hang},
    {0        },
};
