#include "diagnose/limits.h"

/* A timer: at two instants or more, and not what ended with something else. */
static bool is_timer(const struct durations *set)
{
    return durations_constant(set, 2) && !durations_end_together(set);
}

static struct limit limit_seen(enum limit_kind kind,
                               const struct durations *seen)
{
    return (struct limit){kind, seen->shortest, seen};
}

/* Whole answers that took longer refute it. */
static struct limit limit_of_set(const struct server_facts *known,
                                 enum limit_kind kind,
                                 const struct durations *seen)
{
    if (is_timer(seen) && !durations_outlast(&known->success, seen->shortest))
        return limit_seen(kind, seen);
    return (struct limit){LIMIT_NONE, 0, NULL};
}

struct limit limit_of_server(const struct diagnose_settings *settings,
                             const struct server_facts *known)
{
    struct limit limit = {LIMIT_STATED, settings->write_timeout, NULL};

    if (limit.length && !durations_outlast(&known->success, limit.length))
        return limit;
    limit = limit_of_set(known, LIMIT_CUT, &known->cut);
    if (limit.kind)
        return limit;
    limit = limit_of_set(known, LIMIT_RESET, &known->reset);
    if (limit.kind && limit.length >= settings->timeout_floor)
        return limit;
    /* whoever answers 502 at once has no limit; that answer counts as whole */
    if (is_timer(&known->gateway) &&
        known->gateway.shortest >= settings->timeout_floor)
        return limit_seen(LIMIT_GATEWAY, &known->gateway);
    return (struct limit){LIMIT_NONE, 0, NULL};
}

struct limit limit_of_clients(const struct server_facts *known)
{
    return limit_of_set(known, LIMIT_CLIENT, &known->client_gave_up);
}

struct limit limit_of_idle(const struct diagnose_settings *settings,
                           const struct server_facts *known)
{
    nanos said;

    if (settings->idle_timeout)
        return (struct limit){LIMIT_STATED, settings->idle_timeout, NULL};
    if (is_timer(&known->idle))
        return limit_seen(LIMIT_IDLE, &known->idle);
    /* some close later than they say: Node by a second */
    said = known->keep_alive * NANOS_PER_SECOND;
    if (said && (!known->idle.samples || known->idle.shortest <= said))
        return (struct limit){LIMIT_HEADER, said, NULL};
    return (struct limit){LIMIT_NONE, 0, NULL};
}

bool limit_is_near(const struct limit *limit, nanos took)
{
    return limit->kind && took >= limit->length / 5 * 4 &&
           (took <= limit->length || durations_alike(took, limit->length));
}

void cite_limit(struct finding *finding, const struct limit *limit)
{
    static const char *const what[] = {
        [LIMIT_CUT] = "the server ends another request, at its limit",
        [LIMIT_RESET] = "the server resets another stream, at its limit",
        [LIMIT_GATEWAY] = "the gateway answers another request, at its limit",
        [LIMIT_CLIENT] = "a client gives another request up, at its limit",
        [LIMIT_IDLE] = "the server closes another, idle connection",
    };

    if (limit->seen)
        finding_cite(finding, limit->seen->longest_at,
                     limit->kind == LIMIT_CLIENT ? FROM_CLIENT : FROM_SERVER,
                     "%s", what[limit->kind]);
}

const char *limit_words(struct finding *finding, const struct limit *limit)
{
    static const char *const who[] = {
        [LIMIT_CUT] = "the server closes",
        [LIMIT_RESET] = "the server resets the stream",
        [LIMIT_GATEWAY] = "the gateway gives up on what is behind it",
        [LIMIT_CLIENT] = "the client gives up",
        [LIMIT_IDLE] = "the server closes idle connections",
    };

    if (limit->kind == LIMIT_STATED)
        return finding_say(finding, "the server's timeout is %s, as stated",
                           finding_duration(finding, limit->length));
    if (limit->kind == LIMIT_HEADER)
        return finding_say(finding,
                           "the server's Keep-Alive field says that it closes "
                           "after %s",
                           finding_duration(finding, limit->length));
    return finding_say(finding, "%s after %s (%" PRIu64 " times)",
                       who[limit->kind], finding_range(finding, limit->seen),
                       limit->seen->samples);
}
