/* What rules_path.c finds. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/software.h"
#include "diagnose/words.h"

/* A close this soon after an answer belongs to the answer. */
#define AT_ONCE (50 * NANOS_PER_MILLI)

/* No idle timeout was over: it closes with its answers, and says nothing. */
static void tell_unannounced(const struct facts *f, struct finding *finding)
{
    if (f->known->unannounced > 1)
        finding_explain(finding,
                        "The server does so %s (%" PRIu64 " times here).",
                        f->known->unannounced < f->known->complete
                            ? "after some answers"
                            : "after every answer",
                        f->known->unannounced);
    finding_explain(finding,
                    "The answer does not announce the close: Connection: close "
                    "is missing (RFC 9112, 9.6), so the client takes the "
                    "connection for one that it may use again.");
    finding_advise(finding, "let the server announce its close (Connection: "
                            "close), or keep the connection open");
    finding_advise(finding, "or let the client send again what is safe to send "
                            "again, on a new connection");
}

static void tell_idle_advice(const struct facts *f, struct finding *finding,
                             nanos idle)
{
    uint32_t said = f->known->keep_alive;

    if (idle < AT_ONCE) {
        tell_unannounced(f, finding);
        return;
    }
    finding_advise(finding,
                   "make the client's or proxy's idle timeout shorter than the "
                   "server's %s (Go Transport.IdleConnTimeout, nginx upstream "
                   "keepalive_timeout, a pool's idle or keep-alive time)",
                   finding_duration(finding, idle));
    finding_advise(finding, "or the server's longer than the client's: %s",
                   idle_setting(f));
    if (said)
        finding_explain(finding,
                        "The server had announced it: Keep-Alive: timeout=%u.",
                        said);
}

/* It began before the capture: how long it was idle is not known. */
static void tell_race_joined(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_EMPTY_REPLY;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_explain(finding,
                    "The server closed the connection, and its FIN "
                    "acknowledges nothing of this request: the server program "
                    "never saw it, so a retry is safe, even of a POST. How "
                    "long the connection had been idle is "
                    "not in the capture.");
    finding_advise(finding,
                   "make the client's or proxy's idle timeout shorter than the "
                   "server's (%s)",
                   idle_setting(f));
}

/* It was never idle: whoever accepted it did not want it. */
static void tell_closed_when_new(const struct facts *f, struct finding *finding,
                                 nanos lasted)
{
    finding->symptom = SYMPTOM_EMPTY_REPLY;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding->title = "the server closed a new connection before its first "
                     "request had arrived";
    finding_explain(
        finding,
        "The server closed the connection %s after it was opened, and its FIN "
        "acknowledges nothing of this request: the server program never saw "
        "it, so a retry is safe, even of a POST. A server does this at its "
        "limit of connections (nginx worker_connections), and so does what "
        "accepts connections for a program that is not there.",
        finding_duration(finding, lasted));
    if (f->known->answered > 0)
        finding_explain(finding,
                        "It answered other requests (%" PRIu64 " here).",
                        f->known->answered);
    finding_advise(finding, "look in its log for that moment (nginx: "
                            "'worker_connections are not enough'), and at how "
                            "many connections it had open");
}

void tell_idle_close_race(const struct facts *f, struct finding *finding)
{
    const struct exchange *x = f->x;
    struct mark since =
        mark_is_set(x->idle_since) ? x->idle_since : f->client->last_syn;
    nanos idle = nanos_between(since.time, f->server->fin.time);
    nanos early = nanos_between(f->server->fin.time, x->request.start.time);
    bool stated = f->settings->idle_timeout &&
                  durations_alike(idle, f->settings->idle_timeout);
    bool constant = durations_constant(&f->known->idle, 2);

    if (!mark_is_set(since)) {
        tell_race_joined(f, finding);
        return;
    }
    if (!mark_is_set(x->idle_since) && idle < AT_ONCE &&
        !mark_is_set(f->incident->said_408)) {
        tell_closed_when_new(f, finding, idle);
        return;
    }
    /* the FIN was there first: the client read the end, then met the RST */
    finding->symptom = mark_is_set(f->incident->said_408) ? SYMPTOM_ERROR_STATUS
                                                          : SYMPTOM_EMPTY_REPLY;
    finding_cite(finding, f->incident->said_408, FROM_SERVER,
                 "says 408 unasked: the client takes it for the answer");
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_explain(finding,
                    "The server closed the connection %s, and its FIN "
                    "acknowledges nothing of this request: the server program "
                    "never saw it, so a retry is safe, even of a POST.",
                    idle < AT_ONCE
                        ? "right after an answer"
                        : finding_say(finding, "after %s without a request",
                                      finding_duration(finding, idle)));
    if (early >= 0)
        finding_explain(finding,
                        "The client sent the request %s after the FIN: it had "
                        "not noticed that the connection was closed.",
                        finding_duration(finding, early));
    if (stated)
        finding_explain(finding, "It agrees with the idle timeout that was "
                                 "stated.");
    else if (f->settings->idle_timeout)
        finding_explain(finding, "It does not agree with the idle timeout that "
                                 "was stated.");
    else if (constant)
        finding_explain(finding, "The server closes its other idle connections "
                                 "after the same time.");
    if (f->server->lost)
        finding_alternative(finding, VERDICT_CONNECTION_CLOSE_IGNORED,
                            "bytes of the server's are missing in the capture: "
                            "an answer before may have announced the close",
                            "that answer");
    tell_idle_advice(f, finding, idle);
}

void tell_race_with_408(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_ERROR_STATUS;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_cite(finding, f->server->fin, FROM_SERVER,
                 "closes (FIN), before receiving the request");
    finding_explain(finding,
                    "The server gave up waiting for a request, said 408 and "
                    "closed, and its FIN acknowledges nothing of this request, "
                    "which was on its way. The client takes the 408 for its "
                    "answer. The server program never saw the request, "
                    "so a retry is safe, even of a POST.");
    tell_idle_advice(f, finding, f->idle);
}

void tell_close_ignored(const struct facts *f, struct finding *finding)
{
    struct mark said = f->incident->said_close;
    bool knew = f->x->request.start.frame > said.frame;

    finding->symptom = symptom_of_close(f);
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_cite(finding, said, FROM_SERVER,
                 "an answer before this one says Connection: close");
    finding_explain(
        finding,
        "An earlier answer on this connection said Connection: "
        "close (#%" PRIu64 "): what follows it is not read any "
        "more (RFC 9112, 9.6). The request was sent %s. It was never "
        "processed, so a retry is safe, even of a POST.",
        mark_frame(said), knew ? "behind it all the same" : "before that came");
    if (knew)
        finding_advise(finding, "let the client read Connection: close (or "
                                "HTTP/1.0 without keep-alive) and not use the "
                                "connection again");
    else
        finding_advise(finding, "let the client send again, on a new "
                                "connection, what it had pipelined behind a "
                                "Connection: close");
    finding_advise(finding, "servers limit the requests of a connection: nginx "
                            "keepalive_requests, Apache "
                            "MaxKeepAliveRequests, gunicorn and uWSGI workers "
                            "that are recycled");
}

void tell_race_with_unseen_fin(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_EMPTY_REPLY;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(
        finding, "The server had closed the idle connection before this "
                 "request came. Its FIN is not in the capture, but the client "
                 "acknowledged it, and the RST without ACK says that the "
                 "socket was gone when the request came. The server program "
                 "never saw it, so a retry is safe, even of a POST.");
    tell_idle_advice(f, finding, f->idle);
}

/* What may have become of the server instead. */
static void offer_other_end(const struct facts *f, bool reset,
                            struct finding *finding)
{
    if (reset)
        finding_alternative(finding, VERDICT_SERVER_RESET,
                            "the server itself may have restarted and "
                            "forgotten the connection",
                            "the server's uptime, or a capture on its side");
    else if (f->around->later_works)
        finding_alternative(finding, VERDICT_DEAD_PEER,
                            "behind a load balancer the new connection may "
                            "have gone to another host, and the one of this "
                            "connection may be gone",
                            "a capture behind it");
    else
        finding_alternative(finding, VERDICT_DEAD_PEER,
                            "the whole host may be gone",
                            "whether new connections to it work");
}

void tell_idle_path_drop(const struct facts *f, struct finding *finding)
{
    const char *idle = finding_duration(finding, f->idle);
    bool reset = f->closing.by_reset && f->server_closed;

    finding->symptom = reset ? SYMPTOM_RESET : SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    reset
                        ? "The connection had been idle for %s and no FIN was "
                          "ever seen; this request was answered by an RST from "
                          "a host that knows of no such connection."
                        : "The connection had been idle for %s and no FIN was "
                          "ever seen; this request was sent again and again, "
                          "and nothing came back.",
                    idle);
    finding_explain(finding, "Perhaps a NAT, a firewall or a load balancer on "
                             "the way has forgotten it: they do when a "
                             "connection is idle for long (AWS NAT gateway and "
                             "NLB: 350 s).");
    if (f->around->later_works)
        finding_explain(finding,
                        "A new connection to the same server works meanwhile.");
    offer_other_end(f, reset, finding);
    finding_advise(finding,
                   "close idle connections in the client's pool sooner than "
                   "%s, or send TCP keep-alive probes more often than that",
                   idle);
}

void tell_middlebox_reset(const struct facts *f, struct finding *finding)
{
    const struct reset *reset = f->closing.reset;

    finding->symptom = SYMPTOM_RESET;
    finding->confidence =
        f->conn->data_after_reset ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    if (is_reset_to_both(f))
        finding_explain(finding,
                        "An RST in the name of the client and one in the name "
                        "of the server came in one instant, sooner than either "
                        "could know of the other's, and neither side was "
                        "closing: something on the path sent both.");
    if (reset->ttl != reset->usual_ttl)
        finding_explain(
            finding,
            "The RST claims to come from the %s, but arrived with TTL "
            "%u where all its other packets have %u, and neither side "
            "was closing: something on the path sent it.",
            f->client_closed ? "client" : "server", reset->ttl,
            reset->usual_ttl);
    if (f->conn->data_after_reset)
        finding_explain(finding, "Data went on after it: the ends knew nothing "
                                 "of it.");
    finding_alternative(finding, VERDICT_SERVER_RESET,
                        reset_is_in_character(reset)
                            ? "both ends may have aborted it in one instant"
                            : "some hosts send RSTs with another TTL than data",
                        "a capture on the server: did its host send the RST?");
    finding_advise(finding,
                   "look for firewalls, intrusion prevention or connection "
                   "tracking on the way (on Kubernetes: conntrack INVALID, "
                   "nf_conntrack_tcp_be_liberal=1)");
}
