/* What rules_complete.c finds. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_stall.h"
#include "diagnose/legs.h"
#include "diagnose/software.h"
#include "diagnose/words.h"

enum {
    STATUS_BAD_GATEWAY = 502,
    STATUS_UNAVAILABLE,
    STATUS_GATEWAY_TIMEOUT
};

/* It may have been the request's time that was over, not the upstream's. */
static void tell_unread_request(const struct facts *f, struct finding *finding)
{
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "The gateway answered %u, %s after the request's first "
                    "byte, while the request was still coming: its upstream "
                    "failed, or the time for the request was over.",
                    f->x->status,
                    finding_duration(finding,
                                     facts_passed(f->x->request.start,
                                                  f->x->response.start)));
    finding_alternative(finding, VERDICT_READ_TIMEOUT,
                        "a limit on the time for reading the whole request "
                        "(Traefik respondingTimeouts.readTimeout, Go "
                        "ReadTimeout) ends it so",
                        "whether the time from the request's first byte is the "
                        "same each time");
}

/* Any server may say 503, and one with a time limit of its own does. */
static bool may_be_its_own(const struct facts *f)
{
    return f->x->status == STATUS_UNAVAILABLE && !leg_behind(f);
}

/* What the answer itself says, without the leg behind the gateway. */
static void tell_alone(const struct facts *f, struct finding *finding)
{
    nanos delay = answer_delay(f);

    if (may_be_its_own(f))
        finding_explain(
            finding,
            "%s answered 503 after %s: a gateway that got no answer "
            "from its upstream or could not reach it, or a time "
            "limit of the server itself (Go http.TimeoutHandler).",
            f->known->software[0] ? name_server(f, finding) : "The server",
            finding_duration(finding, delay));
    else if (delay >= f->settings->timeout_floor)
        finding_explain(
            finding,
            "%s answered %u after %s: its upstream had not answered "
            "by then, or could not be reached.",
            f->known->software[0] ? name_server(f, finding) : "The gateway",
            f->x->status, finding_duration(finding, delay));
    else
        finding_explain(finding,
                        "%s answered %u after %s: its upstream refused, closed "
                        "or reset the connection, or answered nonsense; for a "
                        "timeout that is too soon.",
                        f->known->software[0] ? name_server(f, finding)
                                              : "The gateway",
                        f->x->status, finding_duration(finding, delay));
}

/* The leg behind it tells that it was no timeout of the gateway's. */
static bool is_told_behind(const struct facts *f)
{
    const struct leg *leg = leg_behind(f);

    return leg && leg->how != LEG_LEFT && leg->how != LEG_OPEN;
}

/* What the leg behind it tells is told behind these words. */
static void tell_other_leg(const struct facts *f, struct finding *finding)
{
    const struct leg_pair *pair = &f->around->upstream;

    if (pair->sure == LEG_SURE) {
        finding_advise(finding,
                       "look at tcp.stream %" PRIu64
                       ", the connection to the upstream",
                       pair->leg.connection);
        return;
    }
    if (pair->sure == LEG_UNSURE)
        finding_explain(finding,
                        "More than one exchange behind it in this capture "
                        "fits, one of them on tcp.stream %" PRIu64
                        ": which is this one's cannot be told.",
                        pair->leg.connection);
    else
        finding_explain(finding, "Why the upstream failed cannot be seen on "
                                 "this side of the gateway; an upstream on a "
                                 "Unix socket is in no capture.");
    finding_advise(finding, "look at the leg from the gateway to its upstream, "
                            "in this file or in a capture of its own: the "
                            "request that failed there tells the cause");
}

/* A route whose gateway always gives up after the same time, where the server's
 * does not; NULL: it is none. */
static const struct route *constant_route(const struct facts *f)
{
    const struct route *route = durations_constant(&f->known->gateway, 2)
                                    ? NULL
                                    : routes_find(f->known->routes, f->x);

    return route && route_limits_gateway(&route->limits) ? route : NULL;
}

/* `route`: NULL, all of the server's took as long. */
static void tell_constant(const struct facts *f, struct finding *finding,
                          const struct route *route)
{
    const struct durations *gateway =
        route ? &route->limits.gateway : &f->known->gateway;

    if (answer_delay(f) < f->settings->timeout_floor ||
        (route && !durations_alike(answer_delay(f), gateway->shortest)))
        return;
    finding_explain(finding,
                    "%" PRIu64 " such answers%s all took %s: a timeout of the "
                    "gateway%s%s.",
                    gateway->samples, route ? " of this route" : "",
                    finding_range(finding, gateway), route ? " there" : "",
                    may_be_its_own(f) ? ", or of the server itself" : "");
}

/* A 503 is not a gateway's alone, and whoever is known for one may have passed
 * it on. */
static enum confidence sureness(const struct facts *f, bool constant)
{
    if (f->around->upstream.is_earlier)
        return CONFIDENCE_POSSIBLE;
    if (may_be_its_own(f))
        return is_known_proxy(f) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    return f->x->status == STATUS_GATEWAY_TIMEOUT || constant || leg_behind(f)
               ? CONFIDENCE_CERTAIN
               : CONFIDENCE_LIKELY;
}

/* All the places that it has behind it were taken, of others if not of this. */
static void tell_pool(const struct facts *f, struct finding *finding)
{
    const struct pool *pool = f->around->pool;
    const struct leg_pair *pair = &f->around->upstream;
    char server[ENDPOINT_TEXT_SIZE];
    nanos waited = facts_passed(f->asked, pair->since);
    bool reached = pair->sure == LEG_SURE;

    if (!pool ||
        (reached && (waited < POOL_WAIT_LEAST ||
                     !endpoint_same(&pair->leg.server, &pool->server))))
        return;
    finding_explain(
        finding,
        "It never had more than %u requests under way at %s, and %" PRIu64
        " others or more waited in front of it, one for %s or more, until one "
        "of these ended: a pool of connections at its limit. %s",
        pool->at_once, endpoint_print(server, &pool->server), pool->waited,
        finding_duration(finding, pool->longest),
        reached ? finding_say(finding,
                              "This one began there %s after it had "
                              "come.",
                              finding_duration(finding, waited))
                : "This one may have waited for a place until it was refused.");
    finding_advise(finding,
                   "give the gateway more connections to that server, if that "
                   "can bear them (HAProxy maxconn, nginx max_conns, Envoy "
                   "max_connections, Go MaxConnsPerHost), or more servers");
}

void tell_gateway_timeout(const struct facts *f, struct finding *finding)
{
    nanos delay = answer_delay(f);
    const struct route *route = constant_route(f);
    bool constant = route || durations_constant(&f->known->gateway, 2);

    finding->symptom = SYMPTOM_ERROR_STATUS;
    finding->confidence = sureness(f, constant);
    if (leg_behind(f) && f->request_whole)
        finding_explain(finding, "%s answered %u after %s.",
                        f->known->software[0] ? name_server(f, finding)
                                              : "The gateway",
                        f->x->status, finding_duration(finding, delay));
    else if (!f->request_whole)
        tell_unread_request(f, finding);
    else
        tell_alone(f, finding);
    if (constant)
        tell_constant(f, finding, route);
    tell_other_leg(f, finding);
    tell_pool(f, finding);
    if (delay >= f->settings->timeout_floor && !is_told_behind(f))
        finding_advise(
            finding, "compare the gateway's timeout (nginx proxy_read_timeout, "
                     "HAProxy timeout server, Envoy route timeout, ALB idle "
                     "timeout) with the time the upstream needs");
}

static void tell_slow(struct finding *finding)
{
    finding->symptom = SYMPTOM_SLOW;
    finding->severity = SEVERITY_WARNING;
    finding_explain(finding, "The response was complete in the end.");
}

void tell_past_zero_window(const struct facts *f, struct finding *finding)
{
    bool by_client =
        f->client_window &&
        (!f->server_window || episode_lasted(f, f->client_window) >
                                  episode_lasted(f, f->server_window));
    const struct episode *episode =
        by_client ? f->client_window : f->server_window;

    finding->confidence = CONFIDENCE_CERTAIN;
    finding->title =
        finding_say(finding,
                    "the %s did not read for a while: its TCP window was zero",
                    by_client ? "client" : "server");
    finding_explain(finding,
                    "The %s did not read for %s: its receive buffer was full "
                    "(TCP window 0) and the other side could only probe, %u "
                    "time%s.",
                    by_client ? "client" : "server",
                    finding_duration(finding, episode_lasted(f, episode)),
                    episode->count, episode->count == 1 ? "" : "s");
    finding_advise(finding, "find out what the %s does instead of reading",
                   by_client ? "client" : "server");
    tell_slow(finding);
}

/* Its ACKs are in the capture, and the server sent as if they were not. */
static void tell_past_unheard(const struct facts *f, struct finding *finding)
{
    const struct exchange *x = f->x;

    finding->confidence = CONFIDENCE_LIKELY;
    finding_cite(finding, x->pause, FROM_SERVER,
                 "the response stops in the middle of its body");
    finding_cite(finding, x->pause_end, FROM_SERVER, "it goes on");
    finding_explain(
        finding,
        "For %s the server sent nothing new, but %u time%s again what its "
        "client had acknowledged: the acknowledgements did not reach it.",
        finding_duration(finding, facts_passed(x->pause, x->pause_end)),
        x->pause_resent, x->pause_resent == 1 ? "" : "s");
}

static void tell_past_loss(const struct facts *f, const struct episode *episode,
                           struct finding *finding)
{
    const char *sender = episode->side == f->conn->client ? "client" : "server";
    const char *lasted = finding_duration(finding, episode_lasted(f, episode));

    /* its bytes had been acknowledged, and that was lost */
    finding->confidence =
        episode->needless ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN;
    if (episode->fills)
        finding_explain(finding,
                        "Bytes of the %s were missing while later ones had "
                        "come, and no more was acknowledged for %s: they were "
                        "lost on the way and sent again, or late.",
                        sender, lasted);
    else
        finding_explain(finding,
                        "The %s's data was sent again %u time%s, and no more "
                        "was acknowledged for %s: it, or the acknowledgement, "
                        "was lost on the way or late.",
                        sender, episode->count, episode->count == 1 ? "" : "s",
                        lasted);
}

void tell_past_network_stall(const struct facts *f, struct finding *finding)
{
    const struct episode *episode = loss_of(f);

    if (episode)
        tell_past_loss(f, episode, finding);
    else
        tell_past_unheard(f, finding);
    finding_advise(finding, "look for loss on the path (interface errors, "
                            "congestion, a firewall that drops)");
    tell_slow(finding);
}

void tell_mid_body_pause(const struct facts *f, struct finding *finding)
{
    nanos pause = nanos_between(f->x->pause.time, f->x->pause_end.time);

    finding->confidence = CONFIDENCE_POSSIBLE;
    finding->title = "the server's answer paused in the middle of its body";
    finding_cite(finding, f->x->pause, FROM_SERVER,
                 "the response stops in the middle of its body");
    finding_cite(finding, f->x->pause_end, FROM_SERVER, "it goes on");
    finding_explain(finding,
                    "Nothing came for %s in the middle of a body whose length "
                    "was known%s.",
                    finding_duration(finding, pause),
                    f->client_window ? "" : ", with the client's window open");
    finding_alternative(finding, VERDICT_NETWORK_STALL,
                        "packets lost before they reached this capture leave "
                        "the same silence",
                        "a capture at the server: were they sent in time?");
    finding_advise(finding, "look at what the server waits for while it "
                            "answers, and at the path for loss");
    tell_slow(finding);
}
