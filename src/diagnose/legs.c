#include "diagnose/legs.h"

#include "wire/endpoint.h"

static const struct leg *sure(const struct leg_pair *pair)
{
    return pair->sure == LEG_SURE ? &pair->leg : NULL;
}

const struct leg *leg_behind(const struct facts *f)
{
    return sure(&f->around->upstream);
}

const struct leg *leg_in_front(const struct facts *f)
{
    return sure(&f->around->front);
}

struct other_leg other_leg_of(const struct leg_pair *pair)
{
    return (struct other_leg){
        .connection = pair->leg.connection,
        .stream = pair->leg.stream,
        /* what was refused before was not asked for it */
        .known = pair->sure != LEG_NONE && !pair->is_earlier,
        .sure = pair->sure == LEG_SURE,
    };
}

bool is_stopped_by_gateway(const struct facts *f)
{
    const struct leg *leg = leg_behind(f);

    return leg && f->x && !f->request_whole &&
           status_is_gateways(f->x->status) && !leg->request_whole &&
           leg->how == LEG_LEFT;
}

bool is_healed_by_proxy(const struct facts *f)
{
    const struct leg *front = leg_in_front(f);

    return front && f->around->front.retried && front->how == LEG_ANSWERED &&
           front->status && front->status < 500;
}

static const char *name_leg(struct finding *finding, const struct leg *leg)
{
    char text[ENDPOINT_TEXT_SIZE];

    return finding_say(finding, "%s (tcp.stream %" PRIu64 ")",
                       endpoint_print(text, &leg->server), leg->connection);
}

/* "4.00 s after the request" */
static const char *after_request(struct finding *finding, const struct leg *leg)
{
    return finding_say(
        finding, "%s after %s",
        finding_duration(finding, facts_passed(leg->asked, leg->end)),
        leg->request_whole ? "the request" : "the last bytes of the request");
}

/* Whatever it did, this one was over: that is no cause of it. */
static void tell_order(const struct facts *f, struct finding *finding,
                       const struct leg *leg)
{
    if (leg_broke_after(leg, f->end))
        finding_explain(finding, "By then this exchange was over.");
}

static void tell_upstream_end(struct finding *finding, const struct leg *leg)
{
    const char *name = name_leg(finding, leg);
    const char *after = after_request(finding, leg);
    /* it may come after the end, to nobody */
    bool begun = mark_is_set(leg->first) && leg->first.frame <= leg->end.frame;

    switch (leg->how) {
    case LEG_REFUSED:
        finding_explain(finding, "Its upstream %s refused the connection.",
                        name);
        break;
    case LEG_UNANSWERED:
        finding_explain(finding, "Its upstream %s did not answer the SYN.",
                        name);
        break;
    case LEG_ANSWERED:
        if (leg->status)
            finding_explain(finding, "Its upstream %s answered %u, %s.", name,
                            leg->status, after);
        else
            finding_explain(finding,
                            "Its upstream %s ended the request %s, without a "
                            "header section.",
                            name, after);
        break;
    case LEG_CLOSED:
        finding_explain(finding,
                        "Its upstream %s closed the connection %s, %s.", name,
                        after,
                        begun ? "in the middle of its answer"
                              : "without a byte of an answer");
        break;
    case LEG_RESET:
        finding_explain(finding, "Its upstream %s reset the connection %s, %s.",
                        name, after,
                        begun ? "in the middle of its answer"
                              : "without a byte of an answer");
        break;
    case LEG_LEFT:
        finding_explain(finding,
                        "The upstream exchange with %s %s when the proxy "
                        "itself ended it, %s.",
                        name,
                        !leg->request_whole ? "had not had its whole request"
                        : begun             ? "was in the middle of its answer"
                                            : "had no answer",
                        after);
        break;
    case LEG_OPEN:
        finding_explain(finding, "The upstream exchange with %s had not ended.",
                        name);
        break;
    }
}

/* Of proxies that are known: nginx takes 4 or 8 kB by default, others more. */
static void tell_large_head(const struct facts *f, struct finding *finding,
                            const struct leg *leg)
{
    enum {
        LARGE_HEAD = 4096,
        BAD_GATEWAY = 502
    };

    if (f->x->status != BAD_GATEWAY || !leg->status ||
        status_is_gateways(leg->status) || leg->answer_head < LARGE_HEAD)
        return;
    finding_explain(finding,
                    "Its header section has %" PRIu64
                    " bytes, which may be more than the gateway takes.",
                    leg->answer_head);
    finding_advise(finding,
                   "compare that size with the gateway's limit (nginx %s, "
                   "HAProxy tune.bufsize, Apache ResponseFieldSize%s)",
                   leg->is_fastcgi ? "fastcgi_buffer_size"
                                   : "proxy_buffer_size",
                   leg->is_fastcgi ? "" : ", Varnish http_resp_size");
}

static void cite_upstream(struct finding *finding, const struct leg *leg)
{
    static const char *const how[] = {
        [LEG_REFUSED] = "the SYN is refused",
        [LEG_UNANSWERED] = "the last SYN without an answer",
        [LEG_ANSWERED] = "the answer ends",
        [LEG_CLOSED] = "the upstream closes",
        [LEG_RESET] = "the upstream resets",
        [LEG_LEFT] = "the proxy ends it",
    };

    finding_cite(finding, leg->start, FROM_UPSTREAM, "%s, tcp.stream %" PRIu64,
                 leg->exchange ? "the request is sent on"
                               : "the proxy connects",
                 leg->connection);
    if (leg->how != LEG_OPEN)
        finding_cite(finding, leg->end, FROM_UPSTREAM, "%s", how[leg->how]);
}

static void tell_upstream(const struct facts *f, struct finding *finding)
{
    const struct leg_pair *pair = &f->around->upstream;
    const struct leg *leg = leg_behind(f);

    if (!leg)
        return;
    if (pair->is_earlier) {
        finding_explain(finding,
                        "The gateway asked no upstream for it: %s had refused "
                        "this host's connections %u times, the last time %s "
                        "before, as health checks find out.",
                        name_leg(finding, leg), pair->tries,
                        finding_duration(finding,
                                         facts_passed(leg->end, f->asked)));
        cite_upstream(finding, leg);
        return;
    }
    if (pair->tries > 1)
        finding_explain(finding, "The proxy tried %u times.", pair->tries);
    tell_upstream_end(finding, leg);
    tell_order(f, finding, leg);
    if (f->x)
        tell_large_head(f, finding, leg);
    cite_upstream(finding, leg);
}

static void tell_front_end(const struct facts *f, struct finding *finding,
                           const struct leg *leg)
{
    if (leg->how == LEG_LEFT)
        finding_explain(finding, "The proxy's own client had left.");
    else if (status_is_gateways(leg->status))
        finding_explain(finding, "The proxy answered its own client with %u.",
                        leg->status);
    else if (leg->how == LEG_ANSWERED)
        finding_explain(finding,
                        "The proxy's own client got a whole answer, with %u.",
                        leg->status);
    else if (leg->how != LEG_OPEN)
        finding_explain(finding,
                        leg->end.frame < f->end.frame
                            ? "The proxy had cut its answer to its own client "
                              "before."
                            : "The proxy then cut its answer to its own client "
                              "as well.");
}

/*
 * That a gateway sent it on (RFC 9110, 7.6.3), though not for whom. Which of
 * two alike is in front is not told by Via: some gateways add to the list,
 * others pass it on, or put their own in its place.
 */
static void tell_via(const struct facts *f, struct finding *finding)
{
    if (!f->x || !f->x->has_via)
        return;
    finding_explain(finding, "Its client is a gateway: the request says Via.");
    if (f->client_closed)
        finding_advise(finding, "look at the leg in front of the gateway: did "
                                "its own client leave, or a limit of its own "
                                "end this?");
}

static void tell_front(const struct facts *f, struct finding *finding)
{
    const struct leg *leg = leg_in_front(f);

    if (!leg) {
        tell_via(f, finding);
        return;
    }
    finding_explain(finding,
                    f->x ? "Its client is a proxy: it forwards what %s was "
                           "asked."
                         : "Its client is a proxy: it connects because of a "
                           "request to %s.",
                    name_leg(finding, leg));
    tell_front_end(f, finding, leg);
    finding_cite(finding, leg->start, FROM_FRONT,
                 "the request comes to the proxy, tcp.stream %" PRIu64,
                 leg->connection);
    if (leg->how != LEG_OPEN)
        finding_cite(finding, leg->end, FROM_FRONT,
                     "the proxy is done with its own client");
    /* it failed nobody */
    if (is_healed_by_proxy(f))
        finding->severity = SEVERITY_INFO;
}

void tell_legs(const struct facts *f, struct finding *finding)
{
    finding->upstream = other_leg_of(&f->around->upstream);
    finding->front = other_leg_of(&f->around->front);
    tell_upstream(f, finding);
    tell_front(f, finding);
}

/* Something behind the server may be why it failed. */
static bool has_cause_behind(enum verdict code)
{
    switch (code) {
    case VERDICT_GATEWAY_TIMEOUT:
    case VERDICT_SERVER_STALL:
    case VERDICT_HANDLER_ABORT:
    case VERDICT_WRITE_TIMEOUT_EOF:
    case VERDICT_WRITE_TIMEOUT_TRUNCATION:
    case VERDICT_WRITE_TIMEOUT_RESET:
    case VERDICT_STREAM_IDLE_TIMEOUT:
    case VERDICT_SERVER_RESET:
    case VERDICT_H2_STREAM_RESET:
    case VERDICT_H2_CONNECTION_CLOSED:
    case VERDICT_SHORT_BODY_KEPT_OPEN:
    case VERDICT_EARLY_RESPONSE_RESET:
    case VERDICT_GRPC_TRAILERS_MISSING:
    case VERDICT_ENDING_NOT_CAPTURED:
        return true;
    default:
        return false;
    }
}

/* It was still going on, and somebody else ended it. */
static bool is_stall(enum verdict code)
{
    switch (code) {
    case VERDICT_SERVER_STALL:
    case VERDICT_REQUEST_STALL:
    case VERDICT_TCP_ZERO_WINDOW_STALL:
    case VERDICT_H2_STREAM_WINDOW_STALL:
    case VERDICT_H2_CONNECTION_WINDOW_STALL:
    case VERDICT_NETWORK_STALL:
    case VERDICT_DEAD_PEER:
    case VERDICT_ENDING_NOT_CAPTURED:
        return true;
    default:
        return false;
    }
}

/* It has not failed, and nothing fails of it. */
static bool is_about_limits(enum verdict code)
{
    return code == VERDICT_NEAR_TIMEOUT || code == VERDICT_TIMEOUT_MISALIGNED;
}

enum leg_link finding_link(const struct finding *front,
                           const struct finding *upstream)
{
    if (is_about_limits(front->code) || is_about_limits(upstream->code))
        return LINK_NONE;
    if (upstream->code == VERDICT_CLIENT_ABORT ||
        upstream->code == VERDICT_ORPHANED_UPSTREAM)
        return LINK_UPSTREAM_IS_EFFECT;
    if (has_cause_behind(front->code))
        return LINK_FRONT_IS_EFFECT;
    return is_stall(upstream->code) ? LINK_UPSTREAM_IS_EFFECT : LINK_NONE;
}
