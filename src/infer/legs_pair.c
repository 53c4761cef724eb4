/* Which exchange out of a host is that behind one into it. */
#include "infer/legs_route.h"

/* A gateway that is refused says so at once. */
#define ANSWERS_WITHIN (20 * NANOS_PER_MILLI)

/* A refusal this long ago is still known to who checks the health of what is
 * behind it: checks come every few seconds. */
#define KNOWN_FOR (30 * NANOS_PER_SECOND)

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

/* A refused, or unanswered, connection of the host of `front` in its time. */
static bool is_refusal_in(const struct leg *front, const struct leg *refused)
{
    return refused->exchange == 0 && mark_is_set(front->first) &&
           leg_says_gateway(front) &&
           legs_is_one_host(&front->server, &refused->client) &&
           !endpoint_same(&front->server, &refused->server) &&
           refused->start.frame > front->start.frame &&
           refused->end.frame < front->first.frame &&
           (refused->how == LEG_UNANSWERED ||
            nanos_between(refused->end.time, front->first.time) <=
                ANSWERS_WITHIN);
}

/* Right after the refusal something is asked for `other`: it was refused, and
 * tried again elsewhere. */
static bool goes_on_after(struct legs *legs, const struct leg *other,
                          const struct leg *refused)
{
    if (!legs_is_one_host(&other->server, &refused->client) ||
        other->start.frame > refused->start.frame ||
        other->end.frame < refused->end.frame)
        return false;
    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *leg = legs_at(legs, i);
        nanos late = nanos_between(refused->end.time, leg->start.time);

        if (leg->start.frame > refused->end.frame && late <= ANSWERS_WITHIN &&
            leg_fits(legs, other, leg))
            return true;
    }
    return false;
}

static bool has_other_refused(struct legs *legs, const struct leg *front,
                              const struct leg *refused)
{
    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *other = legs_at(legs, i);

        if (!leg_is_same(other, front) && (is_refusal_in(other, refused) ||
                                           goes_on_after(legs, other, refused)))
            return true;
    }
    return false;
}

/* The latest refusal is what it answers; it began before the others ended. */
static void find_refusal(struct legs *legs, const struct leg *front,
                         struct leg_pair *pair)
{
    const struct leg *latest = NULL;

    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *leg = legs_at(legs, i);

        if (is_refusal_in(front, leg) &&
            (!latest || leg->end.frame > latest->end.frame))
            latest = leg;
    }
    /* of what was asked for it the last came before, or nothing was */
    if (!latest ||
        (pair->sure != LEG_NONE && (pair->sure == LEG_UNSURE ||
                                    pair->leg.end.frame > latest->start.frame)))
        return;
    *pair =
        (struct leg_pair){.leg = *latest, .since = latest->start, .tries = 1};
    pair->sure = has_other_refused(legs, front, latest) ? LEG_UNSURE : LEG_SURE;
}

/* Did it work again between the refusal and `until`? */
static bool worked_since(struct legs *legs, const struct leg *refused,
                         struct mark until)
{
    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *leg = legs_at(legs, i);

        if (leg->exchange != 0 &&
            endpoint_same(&leg->server, &refused->server) &&
            leg->start.frame > refused->start.frame &&
            leg->start.frame < until.frame)
            return true;
    }
    return false;
}

/* It was refused in somebody else's turn: that explains it. */
static bool is_of_another(struct legs *legs, const struct leg *front,
                          const struct leg *refused)
{
    return has_other_refused(legs, front, refused);
}

/*
 * A 503 at once, and nothing was asked for it: of a gateway that knew. It says
 * so when one address alone had refused its host before, more than once.
 */
static void find_earlier_refusal(struct legs *legs, const struct leg *front,
                                 struct leg_pair *pair)
{
    const struct leg *latest = NULL;
    unsigned refusals = 0;

    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *leg = legs_at(legs, i);

        if (leg->how != LEG_REFUSED || leg->end.frame >= front->start.frame ||
            nanos_between(leg->end.time, front->start.time) > KNOWN_FOR ||
            !legs_is_one_host(&front->server, &leg->client) ||
            is_of_another(legs, front, leg))
            continue;
        if (latest && !endpoint_same(&latest->server, &leg->server))
            return;
        refusals++;
        latest = leg;
    }
    if (refusals < 2 || worked_since(legs, latest, front->start))
        return;
    *pair = (struct leg_pair){.sure = LEG_SURE,
                              .leg = *latest,
                              .since = latest->start,
                              .tries = refusals,
                              .is_earlier = true};
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
        find_refusal(legs, front, &pair);
        if (pair.sure == LEG_NONE && front->status == 503)
            find_earlier_refusal(legs, front, &pair);
    }
    weigh_dropped(legs, front, &pair);
    return pair;
}

/* Refused in the turn of `front`, as its first try, and tried again elsewhere
 * at once: the answer is none of a gateway's that failed. */
static bool is_refusal_healed(struct legs *legs, const struct leg *front,
                              const struct leg *refused)
{
    return refused->how == LEG_REFUSED && front->exchange != 0 &&
           mark_is_set(front->first) && !leg_says_gateway(front) &&
           legs_is_one_host(&front->server, &refused->client) &&
           !endpoint_same(&front->server, &refused->server) &&
           refused->start.frame > front->start.frame &&
           refused->end.frame < front->first.frame &&
           nanos_between(front->asked.time, refused->start.time) <=
               ANSWERS_WITHIN &&
           goes_on_after(legs, front, refused);
}

static bool is_refused_for(struct legs *legs, const struct leg *front,
                           const struct leg *refused)
{
    return refused->exchange == 0 && (is_refusal_in(front, refused) ||
                                      is_refusal_healed(legs, front, refused));
}

static bool is_front(struct legs *legs, const struct leg *front,
                     const struct leg *upstream)
{
    if (upstream->exchange == 0)
        return is_refused_for(legs, front, upstream);
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
             !is_refused_for(legs, leg, upstream)))
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
