#include "infer/pools.h"

#include "base/arena.h"
#include "infer/legs_route.h"

#include <stdlib.h>

/* A pool hands its place on within that. */
#define HANDED_ON_WITHIN (2 * NANOS_PER_MILLI)

/* One exchange out of a proxy. */
struct upstream {
    const struct leg *leg;
    unsigned busy;     /* under way when it began, itself included */
    unsigned left;     /* that had ended just before, */
    struct mark freed; /* the latest of them then */
};

struct group {
    const struct legs *legs;
    struct upstream *of; /* in order of their beginning */
    size_t count;
    unsigned limit;
    bool *is_served; /* of all legs: it is a front of one of them */
};

static bool is_upstream(const struct legs *legs, const struct leg *leg)
{
    return leg->exchange != 0 && mark_is_set(leg->end) &&
           leg->start.frame > legs->dropped_until &&
           leg_hosts_may_have(&legs->asked, &leg->client);
}

static int by_pool(const struct leg *a, const struct leg *b)
{
    int order = memcmp(&a->server.address, &b->server.address,
                       sizeof a->server.address);

    if (order == 0)
        order = (a->server.port > b->server.port) -
                (a->server.port < b->server.port);
    return order ? order
                 : memcmp(&a->client.address, &b->client.address,
                          sizeof a->client.address);
}

static int by_pool_and_start(const void *left, const void *right)
{
    const struct leg *a = ((const struct upstream *)left)->leg;
    const struct leg *b = ((const struct upstream *)right)->leg;
    int order = by_pool(a, b);

    if (order)
        return order;
    return a->start.frame < b->start.frame ? -1
                                           : a->start.frame > b->start.frame;
}

/* What has not ended, or just before. */
struct recent {
    struct mark end[POOL_AT_ONCE_MOST];
    unsigned count;
};

/* Leaves those that one which begins then may have its place of. */
static void look_at_ends(struct recent *recent, struct upstream *one)
{
    struct mark start = one->leg->start;
    unsigned kept = 0;

    for (unsigned i = 0; i < recent->count; i++) {
        struct mark end = recent->end[i];

        if (end.frame > start.frame)
            one->busy++;
        else if (nanos_between(end.time, start.time) > HANDED_ON_WITHIN)
            continue;
        else if (one->left++ == 0 || end.frame > one->freed.frame)
            one->freed = end;
        recent->end[kept++] = end;
    }
    recent->count = kept;
}

/* How many there were, and who had made room. False: too many for a pool. */
static bool count_busy(struct group *group)
{
    struct recent recent = {.count = 0};

    for (size_t i = 0; i < group->count; i++) {
        struct upstream *one = &group->of[i];

        look_at_ends(&recent, one);
        if (recent.count == POOL_AT_ONCE_MOST)
            return false;
        recent.end[recent.count++] = one->leg->end;
        if (++one->busy > group->limit)
            group->limit = one->busy;
    }
    return true;
}

/* All places were taken until just before. */
static bool is_handed_on(const struct group *group, const struct upstream *one)
{
    return one->left > 0 && one->busy - 1 + one->left >= group->limit;
}

static size_t count_handed_on(const struct group *group)
{
    size_t count = 0;

    for (size_t i = 0; i < group->count; i++)
        count += is_handed_on(group, &group->of[i]);
    return count;
}

/* How long it was waited for at least, whichever of those that fit was its
 * front; -1: none fits. */
static nanos least_wait(struct group *group, const struct upstream *one)
{
    const struct legs *legs = group->legs;
    size_t first = legs_from(legs, one->leg->start.frame);
    nanos least = -1;

    for (size_t i = first; i < legs->count && i < first + POOL_FITS_MOST; i++) {
        const struct leg *front = legs_at(legs, i);
        nanos wait = nanos_between(front->asked.time, one->leg->start.time);

        if (!leg_fits(legs, front, one->leg))
            continue;
        group->is_served[i] = true;
        if (least < 0 || wait < least)
            least = wait > 0 ? wait : 0;
    }
    return least;
}

static bool is_under_way(const struct leg *leg, nanos now)
{
    return leg->asked.time <= now && leg->end.time >= now;
}

/* Were more of its fronts under way then than the proxy had asked others for?
 * Else each had an exchange of its own, one after the other. */
static bool some_wait(const struct group *group, const struct upstream *one,
                      nanos now)
{
    const struct legs *legs = group->legs;
    size_t fronts = 0;
    size_t behind = 0;

    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *leg = legs_at(legs, i);

        if (!leg->exchange || !is_under_way(leg, now))
            continue;
        if (group->is_served[i])
            fronts++;
        else if (legs_is_one_host(&leg->client, &one->leg->client))
            behind++;
    }
    return fronts > behind;
}

static bool waits(const struct group *group, const struct upstream *one,
                  nanos wait)
{
    nanos until = one->freed.time;

    return some_wait(group, one, until - NANOS_PER_MILLI) &&
           some_wait(group, one, until - wait / 2);
}

static bool find_waits(struct group *group, struct pool *pool)
{
    nanos *wait = must_calloc(group->count, sizeof *wait);
    uint64_t others = 0;
    size_t looked_at = 0;

    for (size_t i = 0; i < group->count; i++)
        wait[i] = least_wait(group, &group->of[i]);
    for (size_t i = 0; i < group->count; i++) {
        const struct upstream *one = &group->of[i];

        if (wait[i] < POOL_WAIT_LEAST)
            continue;
        if (!is_handed_on(group, one) || !waits(group, one, wait[i])) {
            others++;
        } else {
            pool->waited++;
            if (wait[i] > pool->longest)
                pool->longest = wait[i];
        }
        if (++looked_at == POOL_WAITS_MOST)
            break;
    }
    free(wait);
    return pool->waited >= POOL_WAITS_LEAST && 4 * others <= pool->waited;
}

static bool find_pool(struct group *group, struct pool *pool)
{
    bool found = false;

    *pool = (struct pool){.client = group->of->leg->client,
                          .server = group->of->leg->server};
    pool->client.port = 0;
    if (group->count < POOL_WAITS_LEAST || !count_busy(group) ||
        count_handed_on(group) < POOL_WAITS_LEAST)
        return false;
    pool->at_once = group->limit;
    group->is_served =
        must_calloc(group->legs->count, sizeof *group->is_served);
    found = find_waits(group, pool);
    free(group->is_served);
    return found;
}

void pools_find(const struct legs *legs,
                void (*take)(void *context, const struct pool *pool),
                void *context)
{
    struct upstream *all = must_calloc(legs->count + 1, sizeof *all);
    size_t count = 0;
    size_t end;

    for (size_t i = 0; i < legs->count; i++) {
        if (is_upstream(legs, legs_at(legs, i)))
            all[count++] = (struct upstream){.leg = legs_at(legs, i)};
    }
    qsort(all, count, sizeof *all, by_pool_and_start);
    for (size_t begin = 0; begin < count; begin = end) {
        struct group group = {.legs = legs, .of = all + begin};
        struct pool pool;

        for (end = begin;
             end < count && by_pool(all[begin].leg, all[end].leg) == 0; end++)
            group.count++;
        if (find_pool(&group, &pool))
            take(context, &pool);
    }
    free(all);
}
