/* Which exchange out of a host is that behind one into it. */
#include "infer/legs.h"

/* A gateway that is refused says so at once. */
#define ANSWERS_WITHIN (20 * NANOS_PER_MILLI)

/* A refusal this long ago is still known to who checks the health of what is
 * behind it: checks come every few seconds. */
#define KNOWN_FOR (30 * NANOS_PER_SECOND)

static bool is_loopback(const struct address *address)
{
    static const uint8_t v6[16] = {[15] = 1};

    return address->version == 4 ? address->byte[0] == 127
                                 : memcmp(address->byte, v6, sizeof v6) == 0;
}

static bool is_one_host(const struct endpoint *a, const struct endpoint *b)
{
    return memcmp(&a->address, &b->address, sizeof a->address) == 0 ||
           (is_loopback(&a->address) && is_loopback(&b->address));
}

static bool is_same(const struct leg *a, const struct leg *b)
{
    return a->connection == b->connection && a->exchange == b->exchange;
}

static bool says_gateway(const struct leg *leg)
{
    return leg->status >= 502 && leg->status <= 504;
}

/* The same is asked for, with or without a first part of the path. */
static bool asks_the_same(const struct leg *a, const struct leg *b)
{
    if (a->method != b->method)
        return false;
    return a->target == b->target || (a->tail && a->tail == b->target) ||
           (b->tail && b->tail == a->target);
}

/* A gateway sends no more of a body on than it has, and not less of one that
 * both have had to the end. */
static bool has_the_content(const struct leg *front, const struct leg *upstream)
{
    return front->request_whole && upstream->request_whole
               ? front->content == upstream->content
               : upstream->content <= front->content;
}

/* What a gateway answers is what it was answered, unless that failed. */
static bool has_the_answer(const struct leg *front, const struct leg *upstream)
{
    if (front->how != LEG_ANSWERED || says_gateway(front) ||
        upstream->how != LEG_ANSWERED || upstream->status >= 500)
        return true;
    return front->status == upstream->status;
}

/* Could `upstream` be asked because of `front`? */
static bool is_behind(const struct leg *front, const struct leg *upstream)
{
    uint64_t over =
        mark_is_set(front->first) ? front->first.frame : front->end.frame;

    return upstream->exchange != 0 && front->exchange != 0 &&
           mark_is_set(front->start) && mark_is_set(upstream->start) &&
           is_one_host(&front->server, &upstream->client) &&
           !endpoint_same(&front->server, &upstream->server) &&
           upstream->start.frame > front->start.frame &&
           (upstream->start.frame < over) && asks_the_same(front, upstream) &&
           has_the_content(front, upstream) && has_the_answer(front, upstream);
}

/* Does another front fit as well? One that `front` itself is behind does not
 * count: in a row of proxies each is behind all before it. */
static bool has_other_front(const struct legs *legs, const struct leg *front,
                            const struct leg *upstream)
{
    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *other = legs_at(legs, i);

        if (!is_same(other, front) && is_behind(other, upstream) &&
            !is_behind(other, front))
            return true;
    }
    return false;
}

/* Another proxy of the row is between the two. */
static bool has_one_between(const struct legs *legs, const struct leg *front,
                            const struct leg *upstream)
{
    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *between = legs_at(legs, i);

        if (is_behind(front, between) && is_behind(between, upstream))
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
           says_gateway(front) &&
           is_one_host(&front->server, &refused->client) &&
           !endpoint_same(&front->server, &refused->server) &&
           refused->start.frame > front->start.frame &&
           refused->end.frame < front->first.frame &&
           (refused->how == LEG_UNANSWERED ||
            nanos_between(refused->end.time, front->first.time) <=
                ANSWERS_WITHIN);
}

static bool has_other_refused(const struct legs *legs, const struct leg *front,
                              const struct leg *refused)
{
    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *other = legs_at(legs, i);

        if (!is_same(other, front) && is_refusal_in(other, refused))
            return true;
    }
    return false;
}

/* The latest refusal is what it answers; it began before the others ended. */
static void find_refusal(const struct legs *legs, const struct leg *front,
                         struct leg_pair *pair)
{
    const struct leg *latest = NULL;

    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *leg = legs_at(legs, i);

        if (is_refusal_in(front, leg) &&
            (!latest || leg->end.frame > latest->end.frame))
            latest = leg;
    }
    if (!latest ||
        (pair->sure == LEG_SURE && pair->leg.end.frame > latest->end.frame))
        return;
    *pair =
        (struct leg_pair){.leg = *latest, .since = latest->start, .tries = 1};
    pair->sure = has_other_refused(legs, front, latest) ? LEG_UNSURE : LEG_SURE;
}

/* Did it work again between the refusal and `until`? */
static bool worked_since(const struct legs *legs, const struct leg *refused,
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
static bool is_of_another(const struct legs *legs, const struct leg *front,
                          const struct leg *refused)
{
    return has_other_refused(legs, front, refused);
}

/*
 * A 503 at once, and nothing was asked for it: of a gateway that knew. It says
 * so when one address alone had refused its host before, more than once.
 */
static void find_earlier_refusal(const struct legs *legs,
                                 const struct leg *front, struct leg_pair *pair)
{
    const struct leg *latest = NULL;
    unsigned refusals = 0;

    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *leg = legs_at(legs, i);

        if (leg->how != LEG_REFUSED || leg->end.frame >= front->start.frame ||
            nanos_between(leg->end.time, front->start.time) > KNOWN_FOR ||
            !is_one_host(&front->server, &leg->client) ||
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
static void weigh_dropped(const struct legs *legs, const struct leg *leg,
                          struct leg_pair *pair)
{
    if (pair->sure == LEG_SURE && legs->dropped_until > leg->start.frame)
        pair->sure = LEG_UNSURE;
}

struct leg_pair legs_upstream(const struct legs *legs, const struct leg *front)
{
    struct leg_pair pair = {.sure = LEG_SURE};

    for (size_t i = 0; i < legs->count && pair.tries < LEGS_FIT_MOST; i++) {
        const struct leg *leg = legs_at(legs, i);

        if (!is_behind(front, leg) || has_one_between(legs, front, leg))
            continue;
        take_try(&pair, leg);
        if (has_other_front(legs, front, leg))
            pair.sure = LEG_UNSURE;
    }
    if (pair.tries == LEGS_FIT_MOST)
        pair.sure = LEG_UNSURE;
    if (pair.tries == 0)
        pair.sure = LEG_NONE;
    if (says_gateway(front)) {
        find_refusal(legs, front, &pair);
        if (pair.sure == LEG_NONE && front->status == 503)
            find_earlier_refusal(legs, front, &pair);
    }
    weigh_dropped(legs, front, &pair);
    return pair;
}

struct leg_pair legs_front(const struct legs *legs, const struct leg *upstream)
{
    struct leg_pair pair = {.sure = LEG_NONE};

    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *leg = legs_at(legs, i);
        struct leg_pair back;

        if (!is_refusal_in(leg, upstream) &&
            (!is_behind(leg, upstream) || has_one_between(legs, leg, upstream)))
            continue;
        if (pair.tries++ > 0) {
            pair.sure = LEG_UNSURE;
            return pair;
        }
        back = legs_upstream(legs, leg);
        pair.sure = back.sure;
        pair.retried = !is_same(&back.leg, upstream);
        pair.leg = *leg;
        pair.since = leg->start;
    }
    weigh_dropped(legs, upstream, &pair);
    return pair;
}
