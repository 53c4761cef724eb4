/* Which exchange out of a host is that behind one into it. */
#include "infer/legs_route.h"

/* `other` asked for `front`, in a row of proxies: each is behind all before
 * it. Those of one host are in a row when all they do says so. */
static bool is_farther_out(struct legs *legs, const struct leg *other,
                           const struct leg *front, const struct leg *upstream)
{
    return legs_is_behind(legs, other, front) &&
           (!legs_is_one_host(&other->server, &front->server) ||
            legs_is_row(legs, front, upstream));
}

enum other_front {
    OTHER_NONE,
    OTHER_FITS,  /* as well */
    OTHER_BETTER /* it has more proof */
};

static enum other_front other_front(struct legs *legs, const struct leg *front,
                                    const struct leg *upstream)
{
    enum leg_proof proof = leg_proof(front, upstream);
    enum other_front found = OTHER_NONE;
    unsigned fitting = 0;

    for (size_t i = legs_from(legs, upstream->start.frame); i < legs->count;
         i++) {
        const struct leg *other = legs_at(legs, i);

        if (leg_is_same(other, front) || !leg_fits(legs, other, upstream) ||
            leg_proof(other, upstream) < proof)
            continue;
        if (leg_proof(other, upstream) > proof)
            return OTHER_BETTER;
        if (found == OTHER_NONE &&
            (++fitting > LEGS_FIT_MOST ||
             (legs_is_behind(legs, other, upstream) &&
              !is_farther_out(legs, other, front, upstream))))
            found = OTHER_FITS;
    }
    return found;
}

/* Another proxy of the row is between the two. */
static bool has_one_between(struct legs *legs, const struct leg *front,
                            const struct leg *upstream)
{
    unsigned fitting = 0;

    for (size_t i = legs_from(legs, front->start.frame);
         i < legs->count && fitting <= LEGS_FIT_MOST; i++) {
        const struct leg *between = legs_at(legs, i);

        if (!leg_fits(legs, front, between) ||
            !leg_fits(legs, between, upstream))
            continue;
        fitting++;
        if (legs_is_behind(legs, between, upstream) &&
            is_farther_out(legs, front, between, upstream))
            return true;
    }
    return false;
}

/* Tries follow one another: what goes on at the same time is someone else's. */
static void take_try(struct leg_pair *pair, const struct leg *upstream)
{
    if (pair->tries == 0) {
        pair->leg = *upstream;
        pair->since = upstream->start;
    } else {
        const struct leg *late = upstream->start.frame > pair->leg.start.frame
                                     ? upstream
                                     : &pair->leg;
        const struct leg *early = late == upstream ? &pair->leg : upstream;

        if (early->end.frame > late->start.frame)
            pair->sure = LEG_UNSURE;
        if (upstream->start.frame < pair->since.frame)
            pair->since = upstream->start;
        pair->leg = *late;
    }
    pair->tries++;
}

/* What is gone may have fitted as well. */
static void weigh_dropped(struct legs *legs, const struct leg *leg,
                          struct leg_pair *pair)
{
    if (pair->sure == LEG_SURE && legs->dropped_until > leg->start.frame)
        pair->sure = LEG_UNSURE;
}

/* The most that any says for itself of those that fit. */
static enum leg_proof best_proof(struct legs *legs, const struct leg *front)
{
    enum leg_proof best = PROOF_AGAINST;

    for (size_t i = legs_from(legs, front->start.frame);
         i < legs->count && best < PROOF_ID; i++) {
        const struct leg *leg = legs_at(legs, i);
        enum leg_proof proof =
            leg_fits(legs, front, leg) ? leg_proof(front, leg) : PROOF_AGAINST;

        if (proof > best)
            best = proof;
    }
    return best;
}

/* Of those that fit the ones with the most proof. */
static void find_tries(struct legs *legs, const struct leg *front,
                       struct leg_pair *pair)
{
    enum leg_proof best = best_proof(legs, front);
    unsigned fitting = 0;

    for (size_t i = legs_from(legs, front->start.frame);
         i < legs->count && fitting <= LEGS_FIT_MOST; i++) {
        const struct leg *leg = legs_at(legs, i);
        enum other_front other;

        if (!leg_fits(legs, front, leg) || leg_proof(front, leg) < best)
            continue;
        fitting++;
        if (!legs_is_behind(legs, front, leg) ||
            has_one_between(legs, front, leg))
            continue;
        other = other_front(legs, front, leg);
        if (other == OTHER_BETTER)
            continue;
        take_try(pair, leg);
        if (other == OTHER_FITS)
            pair->sure = LEG_UNSURE;
    }
    if (fitting > LEGS_FIT_MOST)
        pair->sure = LEG_UNSURE;
    if (pair->tries == 0)
        pair->sure = LEG_NONE;
    pair->is_named = best == PROOF_ID;
}

/* Others ask the same that have not ended: one of them may be around it, or
 * what is behind it may still come. */
static bool is_in_doubt(const struct legs *legs, const struct leg *leg)
{
    uint32_t itself = leg->how == LEG_OPEN;

    return leg->exchange != 0 && legs->open.count[leg->slot] > itself;
}

static void weigh_open(const struct legs *legs, const struct leg *front,
                       struct leg_pair *pair)
{
    if (pair->sure == LEG_SURE && !pair->is_named && !pair->is_earlier &&
        (is_in_doubt(legs, front) || is_in_doubt(legs, &pair->leg)))
        pair->sure = LEG_UNSURE;
}

/* Can the host that is asked ask from another address? */
static bool may_be_elsewhere(const struct legs *legs)
{
    return legs->joins || legs->some_named;
}

struct leg_pair legs_upstream(struct legs *legs, const struct leg *front)
{
    struct leg_pair pair = {.sure = LEG_SURE};

    legs_find_joins(legs);
    /* most servers ask nobody, and most clients are asked by nobody */
    if (!may_be_elsewhere(legs) &&
        !leg_hosts_may_have(&legs->asks, &front->server))
        return (struct leg_pair){.sure = LEG_NONE};
    find_tries(legs, front, &pair);
    if (leg_says_gateway(front)) {
        legs_find_refusal(legs, front, &pair);
        if (pair.sure == LEG_NONE && front->status == 503)
            legs_find_earlier_refusal(legs, front, &pair);
    }
    weigh_dropped(legs, front, &pair);
    weigh_open(legs, front, &pair);
    return pair;
}

static bool is_front(struct legs *legs, const struct leg *front,
                     const struct leg *upstream)
{
    if (upstream->exchange == 0)
        return legs_is_refused_for(legs, front, upstream);
    return legs_is_behind(legs, front, upstream) &&
           !has_one_between(legs, front, upstream);
}

/* One that says less for itself than another is not it. */
static bool is_weaker(const struct leg *upstream, const struct leg *front,
                      enum leg_proof best)
{
    return upstream->exchange != 0 && leg_proof(front, upstream) < best;
}

static enum leg_proof best_front_proof(struct legs *legs,
                                       const struct leg *upstream)
{
    enum leg_proof best = PROOF_AGAINST;

    for (size_t i = legs_from(legs, upstream->start.frame);
         i < legs->count && best < PROOF_ID; i++) {
        const struct leg *leg = legs_at(legs, i);
        enum leg_proof proof = leg_fits(legs, leg, upstream)
                                   ? leg_proof(leg, upstream)
                                   : PROOF_AGAINST;

        if (proof > best)
            best = proof;
    }
    return best;
}

struct leg_pair legs_front(struct legs *legs, const struct leg *upstream)
{
    struct leg_pair pair = {.sure = LEG_NONE};
    unsigned fitting = 0;
    enum leg_proof best;

    legs_find_joins(legs);
    if (!may_be_elsewhere(legs) &&
        !leg_hosts_may_have(&legs->asked, &upstream->client))
        return pair;
    best = best_front_proof(legs, upstream);
    for (size_t i = legs_from(legs, upstream->start.frame);
         i < legs->count && fitting <= LEGS_FIT_MOST; i++) {
        const struct leg *leg = legs_at(legs, i);

        if (is_weaker(upstream, leg, best) ||
            (!leg_fits(legs, leg, upstream) &&
             !legs_is_refused_for(legs, leg, upstream)))
            continue;
        fitting++;
        if (!is_front(legs, leg, upstream))
            continue;
        pair.leg = *leg;
        pair.since = leg->start;
        pair.tries++;
    }
    if (pair.tries == 1) {
        struct leg_pair back = legs_upstream(legs, &pair.leg);

        pair.sure = back.sure;
        pair.retried = !leg_is_same(&back.leg, upstream);
    }
    if (pair.tries > 1 || fitting > LEGS_FIT_MOST)
        pair.sure = LEG_UNSURE;
    weigh_dropped(legs, upstream, &pair);
    return pair;
}
