/* The words of what comes close to a limit, or of limits that do not fit. */
#include "diagnose/rules.h"

#include "diagnose/facts_stall.h"
#include "diagnose/legs.h"
#include "diagnose/limits.h"
#include "wire/endpoint.h"

/* What came after the same time each time need not have been a limit. */
static void weigh_limit(struct finding *finding, const struct limit *limit)
{
    bool by_client = limit->kind == LIMIT_CLIENT;

    finding->symptom = SYMPTOM_NONE;
    finding->confidence =
        limit->kind == LIMIT_STATED || limit->kind == LIMIT_GATEWAY
            ? CONFIDENCE_LIKELY
            : CONFIDENCE_POSSIBLE;
    if (!by_client && limit->kind != LIMIT_CUT && limit->kind != LIMIT_RESET)
        return;
    finding_alternative(
        finding, by_client ? VERDICT_CLIENT_ABORT : VERDICT_HANDLER_ABORT,
        by_client ? "clients that gave up after the same time may have had "
                    "another reason than a limit"
                  : "what failed after the same time may have had another "
                    "reason than a limit",
        by_client ? "the timeout of the client" : "the timeouts of the server");
}

static int percent(nanos part, nanos whole)
{
    return (int)((200 * (part / 1000) + whole / 1000) / (whole / 1000) / 2);
}

void tell_near_timeout(const struct facts *f, struct finding *finding)
{
    struct limit limit = limit_of_server(f->settings, f->known);
    struct limit clients = limit_of_clients(f->known);
    nanos took = facts_passed(f->asked, f->x->response.end);

    if (!limit_is_near(&limit, took))
        limit = clients;
    weigh_limit(finding, &limit);
    finding_explain(finding,
                    "This request was answered whole, after %s. That is %d %% "
                    "of a limit: %s. A little slower, and it fails.",
                    finding_duration(finding, took),
                    percent(took, limit.length), limit_words(finding, &limit));
    cite_limit(finding, &limit);
    finding_advise(finding, "make the slowest answers faster, or raise the "
                            "limit while they still succeed");
}

void tell_reused_late(const struct facts *f, struct finding *finding)
{
    struct limit limit = limit_of_idle(f->settings, f->known);

    weigh_limit(finding, &limit);
    finding->title = "the connection was used again shortly before the server "
                     "closes idle ones";
    finding_explain(finding,
                    "The client used its connection again %s after the last "
                    "answer; %s. A request that comes a little later meets the "
                    "server's FIN and fails: idle-close-race.",
                    finding_duration(finding, f->idle),
                    limit_words(finding, &limit));
    cite_limit(finding, &limit);
    finding_alternative(finding, VERDICT_IDLE_CLOSE_RACE,
                        "a client that knows the limit may leave the "
                        "connection alone in time",
                        "the idle timeout of the client's pool");
    finding_advise(finding, "make the idle timeout of the client's pool "
                            "shorter than the server's, by a second or more; "
                            "or the server's longer than the pool's");
}

void tell_orphaned(const struct facts *f, struct finding *finding)
{
    const struct leg *front = leg_in_front(f);

    finding->symptom = SYMPTOM_NONE;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The client for whom the proxy asks this had left, and the "
                    "server worked on for %s more: nobody waits for the "
                    "answer.",
                    finding_duration(
                        finding, facts_passed(front->end, f->x->response.end)));
    finding_alternative(finding, VERDICT_CLIENT_ABORT,
                        "the proxy may want the answer for itself, for a cache "
                        "or to finish what was begun",
                        "its settings: nginx proxy_ignore_client_abort, a "
                        "cache, a handler that does not pass its context on");
    finding_advise(finding, "let the proxy end its request when the client "
                            "leaves (pass the request's context on), if "
                            "nothing else needs the answer");
}

/* What is known of the hop behind, where the other leg is. */
static void tell_hop_behind(const struct facts *f, struct finding *finding)
{
    const struct server_facts *behind = f->around->behind;
    struct limit clients;
    struct limit server;
    char text[ENDPOINT_TEXT_SIZE];
    const char *name;

    if (!behind || !leg_behind(f))
        return;
    clients = limit_of_clients(behind);
    server = limit_of_server(f->settings, behind);
    name = finding_say(finding, "%s", endpoint_print(text, &behind->server));
    if (clients.kind)
        finding_explain(finding, "Its upstream, %s: %s.", name,
                        limit_words(finding, &clients));
    if (server.kind && server.kind != LIMIT_STATED)
        finding_explain(finding, "Its upstream, %s: %s.", name,
                        limit_words(finding, &server));
}

void tell_chain_misaligned(const struct facts *f, struct finding *finding)
{
    struct limit limit = limit_of_server(f->settings, f->known);
    struct durations gave_up;
    struct limit client = {LIMIT_CLIENT, 0, &gave_up};

    (void)find_client_timeout(f, &gave_up);
    client.length = gave_up.shortest;
    weigh_limit(finding, &limit);
    finding_explain(finding,
                    "The limits are the wrong way round: %s, and %s. What "
                    "takes longer than the first is work for nobody, and the "
                    "client never sees how it ends.",
                    limit_words(finding, &client),
                    limit_words(finding, &limit));
    tell_hop_behind(f, finding);
    cite_limit(finding, &limit);
    finding_alternative(finding, VERDICT_CLIENT_ABORT,
                        "the client may mean to wait no longer",
                        "which of the two limits was chosen on purpose");
    finding_advise(finding, "let each hop wait longer than the next one "
                            "allows: client, then proxy, then server");
}
