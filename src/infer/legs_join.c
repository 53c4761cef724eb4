/*
 * Hosts with two addresses: a proxy is asked at one and asks from the other.
 * Nothing in a packet says so. What does is that all that is asked from the
 * one, of what is asked at the other as well, is asked while that is not
 * answered yet, and answered just before it.
 */
#include "infer/legs_route.h"

enum {
    LATEST = 128,    /* exchanges that are looked at */
    BESIDE = 64,     /* that ended before and after one */
    TRIED_MOST = 32, /* pairs of addresses */
    ASKED_LEAST = 5,
    DIFFERENT_LEAST = 3, /* of them, by what they ask for */
    INSIDE_LEAST = 95    /* of a hundred */
};

/* One server's clients of one address, and who is around them. */
struct trial {
    struct address asked;
    struct address asks;
    struct endpoint upstream;
    unsigned all;
    unsigned inside;
    uint64_t target[DIFFERENT_LEAST];
    unsigned different;
};

struct trials {
    struct trial trial[TRIED_MOST];
    size_t count;
};

bool legs_is_joined(const struct legs *legs, const struct endpoint *asked,
                    const struct endpoint *asks)
{
    for (size_t i = 0; i < legs->joins; i++) {
        if (address_same(&legs->join[i].asked, &asked->address) &&
            address_same(&legs->join[i].asks, &asks->address))
            return true;
    }
    return false;
}

/* NULL: there is no room for it. */
static struct trial *find_trial(struct trials *trials, const struct leg *front,
                                const struct leg *upstream)
{
    struct trial *trial;

    for (size_t i = 0; i < trials->count; i++) {
        trial = &trials->trial[i];
        if (address_same(&trial->asked, &front->server.address) &&
            address_same(&trial->asks, &upstream->client.address) &&
            endpoint_same(&trial->upstream, &upstream->server))
            return trial;
    }
    if (trials->count == TRIED_MOST)
        return NULL;
    trial = &trials->trial[trials->count++];
    *trial = (struct trial){.asked = front->server.address,
                            .asks = upstream->client.address,
                            .upstream = upstream->server};
    return trial;
}

static void note_target(struct trial *trial, uint64_t target)
{
    for (unsigned i = 0; i < trial->different; i++) {
        if (trial->target[i] == target)
            return;
    }
    if (trial->different < DIFFERENT_LEAST)
        trial->target[trial->different++] = target;
}

/* The server of `front` may be the host that asks `upstream`, by another
 * address. A client that asks both is no proxy. */
static bool may_be_one(const struct leg *front, const struct leg *upstream)
{
    return front->exchange != 0 && leg_asks_the_same(front, upstream) &&
           !legs_is_one_host(&front->server, &upstream->client) &&
           !legs_is_one_host(&front->client, &upstream->client) &&
           !legs_is_one_host(&front->server, &upstream->server);
}

/* Counts it once for each address at which the same is asked. */
static void try_leg(const struct legs *legs, size_t at, struct trials *trials)
{
    const struct leg *upstream = legs_at(legs, at);
    size_t from = at > BESIDE ? at - BESIDE : 0;
    struct trial *counted[TRIED_MOST] = {0};
    bool inside[TRIED_MOST] = {0};

    for (size_t i = from; i < legs->count && i < at + BESIDE; i++) {
        const struct leg *front = legs_at(legs, i);
        struct trial *trial = may_be_one(front, upstream)
                                  ? find_trial(trials, front, upstream)
                                  : NULL;

        if (!trial)
            continue;
        counted[trial - trials->trial] = trial;
        inside[trial - trials->trial] |=
            leg_is_inside(front, upstream) && leg_is_tight(front, upstream);
    }
    for (size_t i = 0; i < trials->count; i++) {
        if (!counted[i])
            continue;
        counted[i]->all++;
        counted[i]->inside += inside[i];
        note_target(counted[i], upstream->target);
    }
}

static bool is_known(const struct legs *legs, const struct trial *trial)
{
    for (size_t i = 0; i < legs->joins; i++) {
        if (address_same(&legs->join[i].asked, &trial->asked) &&
            address_same(&legs->join[i].asks, &trial->asks))
            return true;
    }
    return false;
}

static void join(struct legs *legs, const struct trial *trial)
{
    if (trial->all < ASKED_LEAST || trial->different < DIFFERENT_LEAST ||
        100 * trial->inside < INSIDE_LEAST * trial->all ||
        legs->joins == LEGS_JOINS_KEPT || is_known(legs, trial))
        return;
    legs->join[legs->joins++] =
        (struct leg_join){.asked = trial->asked, .asks = trial->asks};
}

void legs_find_joins(struct legs *legs)
{
    struct trials trials = {.count = 0};
    size_t seen = 0;

    if (!legs->may_join || legs->added < legs->join_at)
        return;
    legs->join_at = legs->added + 1 + legs->count / 2;
    for (size_t i = legs->count; i-- > 0 && seen < LATEST;) {
        if (legs_at(legs, i)->exchange == 0)
            continue;
        seen++;
        try_leg(legs, i, &trials);
    }
    for (size_t i = 0; i < trials.count; i++)
        join(legs, &trials.trial[i]);
}
