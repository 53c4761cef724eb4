/* Connections that were refused, and for which request. */
#include "infer/legs_route.h"

/* A gateway that is refused says so at once. */
#define ANSWERS_WITHIN (20 * NANOS_PER_MILLI)

/* A refusal this long ago is still known to who checks the health of what is
 * behind it: checks come every few seconds. */
#define KNOWN_FOR (30 * NANOS_PER_SECOND)

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
void legs_find_refusal(struct legs *legs, const struct leg *front,
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
void legs_find_earlier_refusal(struct legs *legs, const struct leg *front,
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

bool legs_is_refused_for(struct legs *legs, const struct leg *front,
                         const struct leg *refused)
{
    return refused->exchange == 0 && (is_refusal_in(front, refused) ||
                                      is_refusal_healed(legs, front, refused));
}
