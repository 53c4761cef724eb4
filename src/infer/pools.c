#include "infer/pools.h"

#include "base/arena.h"
#include "infer/legs_route.h"

#include <stdlib.h>

/* A pool hands its place on within that. */
#define HANDED_ON_WITHIN (2 * NANOS_PER_MILLI)

/* A shorter wait may be the proxy's own work. */
#define WAIT_LEAST (50 * NANOS_PER_MILLI)

/* One exchange out of a proxy. */
struct upstream {
    const struct leg *leg;
    size_t at;         /* among all legs */
    unsigned busy;     /* under way when it began, itself included */
    struct mark freed; /* when another had ended just before; not set: none */
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
    int order = memcmp(&a->server, &b->server, sizeof a->server);

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

/* Leaves those that go on then; gives the end of the latest that did not. */
static struct mark drop_ended(struct mark *end, unsigned *count,
                              struct mark now)
{
    struct mark latest = {0};
    unsigned kept = 0;

    for (unsigned i = 0; i < *count; i++) {
        if (end[i].frame > now.frame)
            end[kept++] = end[i];
        else if (end[i].frame > latest.frame)
            latest = end[i];
    }
    *count = kept;
    return latest;
}

/* How many there were, and who had made room. False: too many for a pool. */
static bool count_busy(struct group *group)
{
    struct mark end[POOL_AT_ONCE_MOST];
    struct mark freed = {0};
    unsigned count = 0;

    for (size_t i = 0; i < group->count; i++) {
        struct upstream *one = &group->of[i];
        struct mark start = one->leg->start;
        struct mark ended = drop_ended(end, &count, start);

        if (ended.frame > freed.frame)
            freed = ended;
        if (count == POOL_AT_ONCE_MOST)
            return false;
        end[count++] = one->leg->end;
        one->busy = count;
        if (mark_is_set(freed) &&
            nanos_between(freed.time, start.time) <= HANDED_ON_WITHIN)
            one->freed = freed;
        if (count > group->limit)
            group->limit = count;
    }
    return true;
}

static bool is_handed_on(const struct group *group, const struct upstream *one)
{
    return one->busy == group->limit && mark_is_set(one->freed);
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
    nanos least = -1;

    for (size_t i = one->at + 1;
         i < legs->count && i <= one->at + POOL_FITS_MOST; i++) {
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

        if (wait[i] < WAIT_LEAST)
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
    return pool->waited >= POOL_WAITS_LEAST && 10 * others <= pool->waited;
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
            all[count++] = (struct upstream){.leg = legs_at(legs, i), .at = i};
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
