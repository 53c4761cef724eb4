/* What rules_stall.c finds. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_stall.h"
#include "diagnose/legs.h"
#include "diagnose/words.h"
#include "infer/connection_use.h"

/* The RST of the side that waited ends it; else the capture does. */
static void tell_given_up(const struct facts *f, const struct silence *s,
                          struct finding *finding)
{
    struct mark given_up = {0};

    for (unsigned i = 0; i < f->conn->resets; i++) {
        const struct reset *reset = &f->conn->reset[i];

        if (reset->from == s->episode->side && !mark_is_set(given_up) &&
            reset->at.frame > s->episode->last.frame)
            given_up = reset->at;
    }
    if (!mark_is_set(given_up)) {
        finding_alternative(
            finding, VERDICT_NETWORK_STALL,
            "the path may have come back after the capture ended",
            "a longer capture, or one at the other end");
        return;
    }
    finding_explain(finding,
                    "In the end the %s gave up with an RST (#%" PRIu64 ").",
                    s->waits == FROM_CLIENT ? "client" : "server",
                    mark_frame(given_up));
    finding_alternative(finding, VERDICT_NETWORK_STALL,
                        "the other side may be there, and what it sends lost: "
                        "one direction of the path is enough",
                        "a capture at the other end");
}

/* Its address is heard on other connections, or not. */
static void tell_silence(const struct silence *s, const char *dead,
                         struct finding *finding)
{
    const struct episode *episode = s->episode;

    finding_explain(
        finding,
        "%u %s by the %s over %s, and not a single packet came back "
        "from the %s%s",
        episode->count,
        episode->kind == EPISODE_KEEPALIVE ? "keep-alive probes"
                                           : "retransmissions",
        s->waits == FROM_CLIENT ? "client" : "server",
        finding_duration(finding, nanos_between(episode->first.time,
                                                episode->last.time)),
        dead,
        mark_is_set(episode->elsewhere)
            ? " on this connection."
            : ": its host is gone, the path to or from it is, or something on "
              "the way drops what is of this connection.");
    if (!mark_is_set(episode->elsewhere))
        return;
    finding_explain(
        finding,
        "Its address sent a packet of another connection meanwhile (#%" PRIu64
        ", tcp.stream %" PRIu64 "): a host is there. What is of this "
        "connection is dropped on the way or at that host; or, behind NAT or "
        "a load balancer, that packet was another host's.",
        mark_frame(episode->elsewhere), episode->elsewhere_id);
}

static void advise_where(const struct silence *s, const char *dead,
                         struct finding *finding)
{
    if (mark_is_set(s->episode->elsewhere))
        finding_advise(finding,
                       "look for what filters on the way (firewall, intrusion "
                       "prevention, NAT, a load balancer whose entry of this "
                       "connection has expired); capture at the %s's side, "
                       "too: do these packets arrive?",
                       dead);
    else
        finding_advise(finding,
                       "check whether the %s's host is up and reachable; "
                       "do other connections %s it work meanwhile? Then look "
                       "for what filters on the way (firewall, intrusion "
                       "prevention, NAT)",
                       dead, s->waits == FROM_CLIENT ? "to" : "from");
}

/*
 * Its kernel answered the SYN and drops the rest: with SYN cookies a full queue
 * of accepted connections leaves nothing else (Linux:
 * tcp_v4_syn_recv_sock).
 */
static void offer_full_queue(const struct facts *f, const struct silence *s,
                             struct finding *finding)
{
    const struct connection_use *use = f->known->use;
    const struct flow *silent = s->silent;

    if (s->waits != FROM_CLIENT || !mark_is_set(silent->syn) ||
        silent->segments > silent->syns)
        return;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding, "All that it ever sent here is its SYN-ACK.");
    if (use && use->strain[STRAINED_AGAIN].count > 0)
        finding_explain(
            finding,
            "Other connections to it met silence as well (SYNs sent "
            "again: %" PRIu64 ").",
            use->strain[STRAINED_AGAIN].count);
    finding_alternative(finding, VERDICT_ACCEPT_QUEUE_OVERFLOW,
                        "a server with SYN cookies whose queue of accepted "
                        "connections is full drops what comes behind the "
                        "handshake",
                        "its host's counter of listen overflows (nstat "
                        "TcpExtListenOverflows)");
}

void tell_dead_peer(const struct facts *f, struct finding *finding)
{
    struct silence s;
    const char *dead;
    struct mark last;

    if (!find_silence(f, &s))
        return;
    dead = s.waits == FROM_CLIENT ? "server" : "client";
    last = s.silent->last_any;
    finding->title =
        finding_say(finding, "the %s's side does not answer any more", dead);
    /* the waiting side's own kernel gives up with a timeout, not a reset */
    finding->symptom = SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_cite(finding, last,
                 s.waits == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT,
                 "the last packet of the %s", dead);
    tell_silence(&s, dead, finding);
    offer_full_queue(f, &s, finding);
    tell_given_up(f, &s, finding);
    advise_where(&s, dead, finding);
    finding_advise(finding,
                   "bound the wait on the side that lives: a request timeout, "
                   "TCP_USER_TIMEOUT, or keep-alive probes every few seconds");
}

static void tell_unfilled_hole(const struct facts *f, struct finding *finding)
{
    bool by_client = !has_unfilled_hole(f->server);
    const struct flow *flow = by_client ? f->client : f->server;

    finding_cite(finding, flow->last_data,
                 by_client ? FROM_CLIENT : FROM_SERVER,
                 "the last bytes of the %s that came",
                 by_client ? "client" : "server");
    finding_explain(
        finding,
        "Bytes of the %s came while those before them were "
        "missing, and they never did for %s: the network lost them, "
        "and no copy of them came.",
        by_client ? "request" : "response",
        finding_duration(finding, hole_lasted(f, flow)));
}

/* Its ACKs are there, and the server sends as if they were not. */
static void tell_unheard(const struct facts *f, struct finding *finding)
{
    finding_cite(finding, f->server->last_any, FROM_SERVER,
                 "the server's last packet: bytes that were acknowledged");
    finding_explain(finding,
                    "The server sent %u time%s again what its client had "
                    "acknowledged, and nothing new for %s: the "
                    "acknowledgements do not reach it.",
                    f->server->resent, f->server->resent == 1 ? "" : "s",
                    finding_duration(finding, f->quiet));
}

static void tell_answer_to_loss(const struct facts *f, struct finding *finding)
{
    if (!f->response_begun || f->request_whole)
        return;
    finding->symptom = SYMPTOM_ERROR_STATUS;
    finding_explain(finding,
                    "So the server never had the whole request, and answered "
                    "%u.",
                    f->x->status);
}

void tell_network_stall(const struct facts *f, struct finding *finding)
{
    bool by_client = never_acknowledged(f, f->client_retransmission);
    const struct episode *episode =
        by_client ? f->client_retransmission : f->server_retransmission;
    const struct flow *flow = by_client ? f->client : f->server;

    finding->symptom = f->closing.by_reset ? SYMPTOM_RESET : SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_advise(finding, "look for loss on the path (interface errors, "
                            "congestion, a firewall that drops)");
    if (!episode || !never_acknowledged(f, episode)) {
        if (has_unfilled_hole(f->server) || is_request_lost(f))
            tell_unfilled_hole(f, finding);
        else
            tell_unheard(f, finding);
        tell_answer_to_loss(f, finding);
        return;
    }
    finding_explain(
        finding,
        "The %s's data was sent again %u times over %s and never "
        "acknowledged, while other packets still came from the "
        "other side: the network loses it, or the acknowledgements.",
        by_client ? "client" : "server", episode->count,
        finding_duration(finding, episode_lasted(f, episode)));
    tell_answer_to_loss(f, finding);
    if (flow->mss && episode->size >= flow->mss)
        finding_advise(finding,
                       "only large packets may be lost: check the path's MTU "
                       "(ping -M do -s 1472) and that ICMP 'fragmentation "
                       "needed' passes");
}

void tell_zero_window_stall(const struct facts *f, struct finding *finding)
{
    bool by_client = is_stalled_by_window(f, f->client_window);
    const struct episode *episode =
        by_client ? f->client_window : f->server_window;
    const char *reader = by_client ? "client" : "server";

    finding->symptom = f->closing.by == CLOSED_BY_NOBODY ? SYMPTOM_HANG
                       : f->closing.by_reset             ? SYMPTOM_RESET
                                                         : SYMPTOM_TRUNCATED;
    if (f->incident->is_complete)
        finding->symptom = SYMPTOM_SLOW;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding->title =
        finding_say(finding, "the %s stopped reading: its TCP window is zero",
                    reader);
    finding_explain(finding,
                    "The %s did not read for %s: its receive buffer was full "
                    "(TCP window 0) and the other side could only probe, %u "
                    "time%s. The network and the sender are not at fault.",
                    reader,
                    finding_duration(finding, episode_lasted(f, episode)),
                    episode->count, episode->count == 1 ? "" : "s");
    finding_advise(finding,
                   "find out what the %s does instead of reading %s: a blocked "
                   "thread, a slow disk, a consumer that waits for something "
                   "else",
                   reader, by_client ? "the response" : "the request's body");
}

static bool host_is_alive(const struct facts *f)
{
    return (f->client_probes && f->client_probes->answered) ||
           (f->server_probes && f->server_probes->count);
}

void tell_short_body_open(const struct facts *f, struct finding *finding)
{
    const struct message *response = &f->x->response;

    finding->symptom = f->client_closed ? SYMPTOM_TRUNCATED : SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "Content-Length promised %" PRIu64 " bytes, %" PRIu64
                    " came in one go, and then nothing for %s while the "
                    "connection stays open and every byte is acknowledged: the "
                    "client waits for %" PRIu64 " bytes that the server may "
                    "never have meant to send.",
                    response->expected, response->body,
                    finding_duration(finding, f->quiet),
                    response->expected - response->body);
    finding_alternative(finding, VERDICT_SERVER_STALL,
                        "the handler may have stopped in the middle of its "
                        "response",
                        "whether it is always short by as much; the server's "
                        "stack dump");
    finding_advise(finding,
                   "compare Content-Length with what the handler "
                   "writes (compression, encoding, a HEAD or error path "
                   "that sends another body)");
}

/* What was acknowledged came again, and nothing answered that. */
static bool is_unheard(const struct facts *f)
{
    const struct episode *resent = f->client_retransmission;

    return resent && resent->needless && episode_lasts(resent);
}

static const char *unheard_words(const struct facts *f, struct finding *finding)
{
    nanos after = facts_passed(f->client_retransmission->last, f->end);

    return after ? finding_say(finding,
                               "The client sent it again, and nothing came "
                               "back for %s.",
                               finding_duration(finding, after))
                 : "The client sent it again with the last packet that is "
                   "here: whether that was answered is not seen.";
}

/* Who waits for what, and since when. */
static void tell_who_is_waited_for(const struct facts *f,
                                   struct finding *finding)
{
    if (f->response_begun)
        finding->title = "the server stopped in the middle of its answer";
    if (waits_for_continue(f)) {
        finding->title = "the server does not answer Expect: 100-continue";
        finding_explain(finding,
                        "The client asked for 100 Continue and waits before it "
                        "sends the body; the server has said nothing for %s.",
                        finding_duration(finding, f->quiet));
    } else if (leg_behind(f))
        finding_explain(finding,
                        "The server has acknowledged the whole request and "
                        "sent nothing for %s. It is a proxy: the answer that "
                        "it asked for has not come.",
                        finding_duration(finding, f->quiet));
    else
        finding_explain(
            finding,
            "The server has acknowledged the whole request and sent "
            "nothing%s for %s. %s",
            f->response_begun ? " more" : "",
            finding_duration(finding, f->quiet),
            is_unheard(f) ? unheard_words(f, finding)
                          : "Nothing on the wire holds it up: the program "
                            "is at work, blocked or stopped.");
    if (is_unheard(f)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_alternative(finding, VERDICT_DEAD_PEER,
                            "the client sent again what the server had "
                            "acknowledged: the ACK did not arrive, or the "
                            "server is gone since",
                            "a longer capture, or one at the other end");
    }
}

void tell_server_stall(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_HANG;
    finding->confidence =
        host_is_alive(f) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    tell_who_is_waited_for(f, finding);
    if (may_be_a_stream(f)) {
        finding->severity = SEVERITY_WARNING;
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_explain(finding,
                        "The response does not say how long it is: it "
                        "may be a stream that has nothing to send now.");
    }
    if (client_left_together(f)) {
        finding->severity = SEVERITY_WARNING;
        finding_explain(finding,
                        "The client ended other connections to this server in "
                        "the same instant: that is one event, and no timeout "
                        "of its own can be told from it.");
    }
    if (host_is_alive(f))
        finding_explain(finding, "Its host answers TCP keep-alive probes.");
    if (f->client_closed) {
        finding_explain(finding,
                        "In the end the client gave up, %s after the "
                        "request.",
                        finding_duration(finding, f->wait));
        tell_late_answer(f, finding);
        finding_alternative(finding, VERDICT_CLIENT_ABORT,
                            "the client may have left for reasons of its own "
                            "while the server was within its time",
                            "whether other requests of this kind take as long");
    }
    if (f->closing.by == CLOSED_BY_NOBODY)
        finding_alternative(finding,
                            f->response_begun ? VERDICT_WRITE_TIMEOUT_TRUNCATION
                                              : VERDICT_WRITE_TIMEOUT_EOF,
                            "a timeout of the server's own may end it later",
                            "a longer capture");
    finding_advise(
        finding, "look at the server program at that time: goroutine or thread "
                 "dump, locks, its database and upstream calls");
    finding_advise(finding,
                   f->client_closed
                       ? "give the server a timeout that is shorter than the "
                         "client's and answers 503"
                       : "give the client a timeout, and the server one that "
                         "is shorter and answers 503");
}
