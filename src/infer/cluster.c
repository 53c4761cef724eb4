/* What ended in one instant: a process, or several by themselves? */
#include "infer/endings.h"

/* Of one event; a process that ends takes a while to close them all. */
#define TOGETHER (10 * NANOS_PER_MILLI)
/* What still moves that long after it has survived it; where connections are
 * refused after it, a process that ends may take longer. */
#define SURVIVES      (30 * NANOS_PER_MILLI)
#define SURVIVES_LONG ENDINGS_SURVIVE
/* A refusal within this belongs to it. */
#define REFUSED_WITHIN (2 * NANOS_PER_SECOND)
/* Durations that differ by less may have begun together. */
#define VARIES (50 * NANOS_PER_MILLI)
/* How often connections end by themselves is seen for so long. */
#define CROWD_SEEN NANOS_PER_SECOND
/* So many of them for each member that chance may add to an instant: of eight
 * in 0.85 s two more fall into one of 20 ms in 1.6 % of all cases. */
#define CROWD_ADDS 8

/* The first that did not end before `time`. */
static size_t first_since(const struct endings *endings, nanos time)
{
    size_t low = 0;
    size_t high = endings->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (endings->entry[middle].at.time < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t endings_host(const struct endpoint *endpoint)
{
    struct endpoint host = *endpoint;

    host.port = 0;
    return endpoint_hash(&host, 0);
}

static bool is_member(const struct ending *ending,
                      const struct endpoint *client)
{
    if (ending->kind != ENDING_IDLE && ending->kind != ENDING_BUSY)
        return false;
    if (!client)
        return !ending->by_client;
    return ending->by_client && ending->client == endings_host(client);
}

/* A client that closes first may still be answered. */
static nanos last_moved(const struct ending *ending)
{
    return ending->answered > ending->at.time ? ending->answered
                                              : ending->at.time;
}

/* Did any other connection go on, or was one refused? */
static void look_around(const struct endings *endings, nanos at,
                        const struct endpoint *client, struct cluster *cluster)
{
    nanos since = nanos_after(at, -endings->answered_after);
    nanos latest = at;

    for (size_t i = first_since(endings, since); i < endings->count; i++) {
        const struct ending *ending = &endings->entry[i];

        if (ending->kind == ENDING_REFUSED)
            cluster->refused |=
                ending->at.time >= at &&
                ending->at.time <= nanos_after(at, REFUSED_WITHIN);
        else if (ending->opened < nanos_after(at, -TOGETHER) &&
                 (!client || ending->client == endings_host(client)) &&
                 last_moved(ending) > latest)
            latest = last_moved(ending);
    }
    cluster->survivors =
        latest > nanos_after(at, cluster->refused ? SURVIVES_LONG : SURVIVES);
}

/* The endings just before it that a process which ends does not explain. */
static void count_crowd(const struct endings *endings, nanos at,
                        const struct endpoint *client, struct cluster *cluster)
{
    nanos until = nanos_after(at, -SURVIVES_LONG);

    for (size_t i = first_since(endings, nanos_after(at, -CROWD_SEEN));
         i < endings->count && endings->entry[i].at.time <= until; i++) {
        const struct ending *ending = &endings->entry[i];

        cluster->crowd +=
            is_member(ending, client) &&
            (ending->kind == ENDING_BUSY ? cluster->busy : cluster->idle) > 0;
    }
}

bool endings_cluster(const struct endings *endings, struct mark at,
                     const struct endpoint *client, struct cluster *cluster)
{
    nanos least = INT64_MAX;
    nanos most = 0;

    *cluster = (struct cluster){0};
    for (size_t i = first_since(endings, nanos_after(at.time, -TOGETHER));
         i < endings->count &&
         endings->entry[i].at.time <= nanos_after(at.time, TOGETHER);
         i++) {
        const struct ending *ending = &endings->entry[i];

        if (!is_member(ending, client))
            continue;
        cluster->busy += ending->kind == ENDING_BUSY;
        cluster->idle += ending->kind == ENDING_IDLE;
        least = ending->took < least ? ending->took : least;
        most = ending->took > most ? ending->took : most;
    }
    if (cluster->busy + cluster->idle == 0)
        return false;
    cluster->varies =
        (cluster->busy && cluster->idle) || nanos_between(least, most) > VARIES;
    if (endings->refusals || cluster->busy + cluster->idle >= 2)
        look_around(endings, at.time, client, cluster);
    if (cluster->busy + cluster->idle >= 2 && !cluster->survivors)
        count_crowd(endings, at.time, client, cluster);
    return true;
}

/* How many of an instant had lasted for less than `limit`. */
static unsigned count_sooner(const struct endings *endings, nanos at,
                             nanos limit)
{
    unsigned sooner = 0;

    for (size_t i = first_since(endings, nanos_after(at, -TOGETHER));
         i < endings->count &&
         endings->entry[i].at.time <= nanos_after(at, TOGETHER);
         i++)
        sooner += is_member(&endings->entry[i], NULL) &&
                  endings->entry[i].took < limit;
    return sooner;
}

bool endings_are_timed(const struct endings *endings, struct mark at,
                       const struct cluster *cluster,
                       const struct durations *timer)
{
    nanos below = nanos_after(timer->shortest, -timer->shortest / 50);
    nanos above = nanos_after(timer->longest, timer->longest / 50);

    return !cluster->idle && !cluster->refused &&
           durations_constant(timer, 2) &&
           count_sooner(endings, at.time, below) <= 1 &&
           count_sooner(endings, at.time, above) == cluster->busy;
}

bool endings_survived(const struct endings *endings, struct mark at)
{
    struct cluster cluster = {0};

    /* in a crowd, of which that is no longer known, others did */
    if (endings->count && endings->entry[0].at.time > at.time)
        return true;
    look_around(endings, at.time, NULL, &cluster);
    return cluster.survivors;
}

bool cluster_is_one_event(const struct cluster *cluster)
{
    unsigned chance = (cluster->crowd + CROWD_ADDS - 1) / CROWD_ADDS;

    return !cluster->survivors && cluster->busy + cluster->idle >= 2 + chance;
}

bool cluster_ends_together(const struct cluster *cluster)
{
    return cluster->varies && cluster_is_one_event(cluster);
}

bool cluster_is_shutdown(const struct cluster *cluster)
{
    return cluster_ends_together(cluster) ||
           (cluster->refused && !cluster->survivors);
}
