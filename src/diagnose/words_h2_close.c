/* What rules_h2.c finds of connections that ended. */
#include "diagnose/rules.h"

#include "diagnose/facts_h2.h"
#include "diagnose/h2_code.h"

#include <nghttp2/nghttp2.h>

enum {
    PINGS_MANY = 20,
    HEAD_LARGE = 16 * 1024 /* bytes: Go's, Node's and Apache's limits begin at
                              8 to 16 KiB */
};

static const char *debug_of(const struct facts *f,
                            const struct h2_goaway *goaway,
                            struct finding *finding)
{
    const struct span debug = {(const uint8_t *)goaway->debug,
                               goaway->debug_size};
    const char *quote = finding_quote(f, finding, debug);

    if (debug.size == 0)
        return "";
    if (goaway->debug_sent == debug.size)
        return finding_say(finding, ", \"%s\"", quote);
    return finding_say(finding, ", \"%s\" (cut: %zu of %u bytes are shown)",
                       quote, debug.size, goaway->debug_sent);
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

/* A client that opens streams and resets them is taken for a flood. */
static bool tell_reset_burst(const struct facts *f, struct mark until,
                             uint32_t resets, struct finding *finding)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    struct mark burst = h2->reset_burst[f->conn->client];

    if (!mark_is_set(burst) || burst.frame > until.frame)
        return false;
    finding_explain(finding,
                    "The client had reset %u streams of this connection before "
                    "that: servers take a burst of resets for a flood.",
                    resets);
    finding_advise(finding,
                   "find out why the client cancels so often, or raise the "
                   "server's limit (Node streamResetBurst and streamResetRate, "
                   "Apache H2MaxStreamErrors)");
    return true;
}

/* Its debug data names pings, or they were many and close. */
static bool is_about_pings(const struct facts *f,
                           const struct h2_goaway *goaway)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    unsigned client = f->conn->client;
    nanos lasted =
        nanos_between(h2->first_ping[client].time, h2->ping[client].time);

    if (memmem(goaway->debug, goaway->debug_size, "ping", 4))
        return true;
    return h2->pings[client] >= PINGS_MANY &&
           lasted / (nanos)h2->pings[client] <= NANOS_PER_SECOND;
}

static void tell_pings(const struct facts *f, struct finding *finding)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    uint32_t pings = h2->pings[f->conn->client];

    finding_cite(finding, h2->ping[f->conn->client], FROM_CLIENT,
                 "the last of %u PING%s", pings, pings == 1 ? "" : "s");
    finding_explain(finding,
                    "The client had sent %u PING%s: more often than the "
                    "server permits.",
                    pings, pings == 1 ? "" : "s");
    finding_advise(finding,
                   "raise the client's keep-alive time, or lower the "
                   "server's minimum (grpc-go: EnforcementPolicy.MinTime, "
                   "5 min by default, and PermitWithoutStream)");
}

/* The request came just before, and its header section is a large one. */
static bool tell_large_head(const struct facts *f,
                            const struct h2_goaway *goaway,
                            struct finding *finding)
{
    const struct message *request = f->x ? &f->x->request : NULL;
    uint64_t head;

    if (!request || request->bytes < request->body)
        return false;
    head = request->bytes - request->body;
    if (head < HEAD_LARGE || request->last.frame > goaway->at.frame ||
        nanos_between(request->last.time, goaway->at.time) > NANOS_PER_SECOND)
        return false;
    finding_explain(finding,
                    "The header section of this request, which came just "
                    "before, takes %" PRIu64 " bytes as sent, and more when "
                    "decoded: servers bound its size.",
                    head);
    finding_advise(finding,
                   "send smaller cookies and fields, or raise the server's "
                   "limit (nginx large_client_header_buffers, Node "
                   "maxHeaderListSize, Apache LimitRequestFieldSize)");
    return true;
}

/* RFC 9113, 7: the peer does something that costs too much. */
static void tell_calm(const struct facts *f, const struct h2_goaway *goaway,
                      struct finding *finding)
{
    bool told = tell_reset_burst(f, goaway->at, goaway->resets, finding);

    if (is_about_pings(f, goaway))
        tell_pings(f, finding);
    else if (!tell_large_head(f, goaway, finding) && !told)
        finding_explain(finding,
                        "What the server finds too much, the packets do not "
                        "tell: neither pings nor resets were many.");
}

void tell_connection_error(const struct facts *f, struct finding *finding)
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
    if (!by_client && goaway->code == NGHTTP2_ENHANCE_YOUR_CALM)
        tell_calm(f, goaway, finding);
    else if (!by_client)
        (void)tell_reset_burst(f, goaway->at, goaway->resets, finding);
    finding_advise(finding,
                   "look up the code and the debug data, and the log of "
                   "the side that sent it");
}

void tell_goaway_lost(const struct facts *f, struct finding *finding)
{
    const struct h2_goaway *goaway = goaway_of_server(f);
    bool above = f->x->stream > goaway->last_stream;
    nanos late = nanos_between(goaway->at.time, f->x->request.start.time);

    finding->symptom = f->response_begun ? SYMPTOM_TRUNCATED : SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_CERTAIN;
    cite_goaways(f, finding);
    finding_explain(
        finding,
        "The server sent GOAWAY (%s) with last stream %u, and the "
        "connection closed %s later with stream %" PRIu64 " unfinished.",
        h2_code_name(goaway->code), goaway->last_stream,
        finding_duration(finding,
                         nanos_between(goaway->at.time, f->closing.at.time)),
        f->x->stream);
    (void)tell_reset_burst(f, goaway->at, goaway->resets, finding);
    finding_explain(
        finding, above ? "This stream is above that: it was not processed, and "
                         "a retry is safe."
                       : "This stream is not above that: it may have been "
                         "processed.");
    if (late > 0)
        finding_explain(finding,
                        "The client sent the request %s after the GOAWAY: it "
                        "had not noticed it, or goes on using the "
                        "connection.",
                        finding_duration(finding, late));
    if (!above)
        finding_advise(finding,
                       "let the server wait for its streams before it closes "
                       "(drain time, grace period; grpc-go: "
                       "MaxConnectionAgeGrace behind MaxConnectionAge)");
    finding_advise(finding,
                   above
                       ? "let the client send again, on a new connection, what "
                         "is above the last stream; where it happens often, "
                         "raise the limit behind it (idle time, age, requests "
                         "of a connection)"
                       : "let the client open a new connection when it sees "
                         "GOAWAY");
}

void tell_goaway_unavailable(const struct facts *f, struct finding *finding)
{
    const struct h2_facts *h2 = &f->incident->http.h2;
    struct mark said = h2->first_goaway[conn_server(f->conn)];

    finding->symptom =
        f->x->response.messages ? SYMPTOM_TRUNCATED : SYMPTOM_RESET;
    finding->confidence = CONFIDENCE_POSSIBLE;
    cite_goaways(f, finding);
    finding_explain(
        finding,
        "The server sent GOAWAY %s after the call began, and %s "
        "later ended it with grpc-status 14 (UNAVAILABLE): that is "
        "what a transport says of the calls that it closes with "
        "its connection. The call may have been processed.",
        finding_duration(finding, facts_passed(f->x->request.start, said)),
        finding_duration(finding, facts_passed(said, f->x->response.end)));
    finding_alternative(finding, VERDICT_HANDLER_ABORT,
                        "the handler may have answered UNAVAILABLE itself",
                        "grpc-message, and the server's log");
    finding_advise(finding,
                   "let the server wait for its calls before it closes (drain "
                   "time, grace period behind the connection's maximum age)");
}

void tell_connection_closed(const struct facts *f, struct finding *finding)
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
    (void)tell_reset_burst(f, f->closing.at,
                           f->incident->http.h2.resets[f->conn->client],
                           finding);
    if (f->x->request.start.frame > f->closing.at.frame)
        finding_explain(finding,
                        "This stream was sent behind the close: it was not "
                        "processed, and a retry is safe.");
    finding_advise(finding, "look for a crash or restart at that time, and at "
                            "the idle and age limits of load balancers");
}

/* None came: it would be behind what the other side does not read. */
static void tell_stuck(const struct facts *f, struct finding *finding)
{
    bool by_client = f->client_window && episode_lasts(f->client_window);
    const char *reader = by_client ? "client" : "server";

    finding->title = "no stream is left, one side does not read, and nobody "
                     "closes";
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "No stream is open any more, but the %s still has bytes to "
                    "send and can only probe: the %s's TCP window has been "
                    "zero for %s. A GOAWAY, or a close, would wait behind "
                    "them.",
                    by_client ? "server" : "client", reader,
                    finding_duration(finding, stuck_for(f)));
    finding_advise(finding,
                   "find out what the %s does instead of reading; bound the "
                   "wait on the other side (a write timeout, TCP_USER_TIMEOUT)",
                   reader);
}

void tell_goaway_hang(const struct facts *f, struct finding *finding)
{
    struct mark said = latest_goaway(f);
    const struct episode *window =
        f->client_window ? f->client_window : f->server_window;

    finding->symptom = SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_LIKELY;
    cite_goaways(f, finding);
    if (!mark_is_set(said)) {
        tell_stuck(f, finding);
        return;
    }
    finding_explain(finding,
                    "GOAWAY was sent, no stream is open any more, and %s later "
                    "the connection is still not closed.",
                    finding_duration(finding,
                                     nanos_between(said.time, f->end.time)));
    if (window && episode_lasts(window))
        finding_explain(finding, "A TCP window of zero holds what is left to "
                                 "send.");
    else if (f->client_retransmission || f->server_retransmission)
        finding_explain(finding, "Data is unacknowledged and sent again: the "
                                 "path loses it.");
    else
        finding_explain(finding, "Nothing on the wire holds it: a program has "
                                 "not called close.");
    finding_advise(finding,
                   "look at the side that sent GOAWAY, or at the other "
                   "one that should close after it; bound the wait");
}
