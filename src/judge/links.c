#include "judge/links.h"

#include "base/arena.h"
#include "diagnose/legs.h"

#include <stdlib.h>

enum {
    /* Legs that come before those of earlier cases are settled: a quarter of
       what is kept, so that as many before them are still there. */
    KEEP_UP_EVERY = LEGS_KEPT / 4
};

static struct leg leg_of(const struct incident *incident)
{
    const struct outcome outcome = {.http = &incident->http};
    struct leg leg = {0};

    if (incident->exchange)
        return leg_of_exchange(&outcome, &incident->conn, incident->exchange);
    (void)leg_of_connection(&incident->conn, &leg);
    return leg;
}

void links_pair(const struct cases *cases, struct judged_case *one)
{
    struct legs *legs = infer_legs(cases->infer);
    struct leg leg;

    if (one->paired)
        return;
    leg = leg_of(one->incident);
    if (!mark_is_set(leg.start))
        return;
    one->around.upstream = legs_upstream(legs, &leg);
    one->around.front = legs_front(legs, &leg);
}

void links_keep_up(struct cases *cases)
{
    uint64_t added = infer_legs(cases->infer)->added;

    if (added % KEEP_UP_EVERY)
        return;
    for (struct judged_case *one = cases->ended.newest; one && !one->paired;
         one = one->older) {
        if (added - one->legs_seen >= KEEP_UP_EVERY) {
            links_pair(cases, one);
            one->paired = true;
        }
    }
}

/* Cases that are told of, by what they are about. */
struct index {
    struct judged_case **one; /* owned */
    size_t count;
};

static uint64_t exchange_of(const struct judged_case *one)
{
    return one->incident->exchange ? one->incident->exchange->number : 0;
}

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_name(const void *left, const void *right)
{
    const struct judged_case *a = *(struct judged_case *const *)left;
    const struct judged_case *b = *(struct judged_case *const *)right;
    int order = by_number(a->incident->conn.id, b->incident->conn.id);

    return order ? order : by_number(exchange_of(a), exchange_of(b));
}

static int by_time(const void *left, const void *right)
{
    const struct judged_case *a = *(struct judged_case *const *)left;
    const struct judged_case *b = *(struct judged_case *const *)right;
    int order = by_number(a->finding->asked.frame, b->finding->asked.frame);

    return order ? order : by_number(a->finding->code, b->finding->code);
}

static void index_add(struct index *index, const struct cases *cases,
                      bool chains)
{
    for (struct judged_case *one = cases->ended.oldest; one; one = one->newer) {
        if (one->wanted && one->is_chain == chains)
            index->one[index->count++] = one;
    }
}

/* All but chains, which are no request's fate. */
static struct index index_new(const struct cases *cases)
{
    struct index index = {
        .one = must_realloc(NULL, cases->ended.count + 1, sizeof *index.one)};

    index_add(&index, cases, false);
    if (index.count)
        qsort(index.one, index.count, sizeof *index.one, by_name);
    return index;
}

/* NULL: nothing is told of it. */
static struct judged_case *find(const struct index *index,
                                const struct leg *leg)
{
    size_t low = 0;
    size_t high = index->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct judged_case *one = index->one[middle];
        int order = by_number(one->incident->conn.id, leg->connection);

        if (order == 0)
            order = by_number(exchange_of(one), leg->exchange);
        if (order == 0)
            return one;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct judged_case *find_told(const struct case_list *list,
                                     const struct leg *leg)
{
    for (struct judged_case *one = list->newest; one; one = one->older) {
        if (one->told && one->finding &&
            one->incident->conn.id == leg->connection &&
            exchange_of(one) == leg->exchange)
            return one;
    }
    return NULL;
}

/* NULL: it is not known for sure, or nothing is told of it. */
static struct judged_case *other_leg(const struct cases *cases,
                                     const struct leg_pair *pair)
{
    struct judged_case *one = NULL;

    if (pair->sure == LEG_SURE)
        one = find_told(&cases->ended, &pair->leg);
    if (pair->sure == LEG_SURE && !one)
        one = find_told(&cases->going, &pair->leg);
    return one;
}

/* `leg`: that of `upstream`; what it did when the front was over by then is no
 * cause of it. */
static enum leg_link link_of(const struct judged_case *front,
                             const struct judged_case *upstream,
                             const struct leg *leg)
{
    enum leg_link link = finding_link(front->finding, upstream->finding);

    return link == LINK_FRONT_IS_EFFECT &&
                   leg_broke_after(leg, leg_of(front->incident).end)
               ? LINK_NONE
               : link;
}

void links_name_cause(const struct cases *cases, struct judged_case *one,
                      uint64_t told)
{
    struct finding *finding = one->finding;
    struct judged_case *upstream = other_leg(cases, &one->around.upstream);
    struct judged_case *front = other_leg(cases, &one->around.front);
    const struct judged_case *cause = NULL;

    if (front &&
        finding_link(front->finding, finding) == LINK_UPSTREAM_IS_EFFECT)
        cause = front;
    else if (upstream && link_of(one, upstream, &one->around.upstream.leg) ==
                             LINK_FRONT_IS_EFFECT)
        cause = upstream;
    finding->caused_by = cause ? cause->id : told;
    if (cause && finding->confidence > cause->finding->confidence)
        finding->confidence = cause->finding->confidence;
}

void links_list_effects(const struct judged_case *one)
{
    one->finding->effects = one->effects;
    memcpy(one->finding->effect, one->effect, sizeof one->effect);
}

static struct judged_case *find_id(const struct case_list *list, uint64_t id)
{
    for (struct judged_case *one = list->newest; one; one = one->older) {
        if (one->id == id && one->told && one->finding)
            return one;
    }
    return NULL;
}

static size_t place_of(const struct judged_case *one, uint64_t effect)
{
    size_t i = 0;

    while (i < one->effects && one->effect[i] != effect)
        i++;
    return i;
}

struct judged_case *links_note_effect(const struct cases *cases, uint64_t cause,
                                      uint64_t effect, bool is_one)
{
    struct judged_case *one = find_id(&cases->ended, cause);
    size_t at;

    if (!one)
        one = find_id(&cases->going, cause);
    if (!one)
        return NULL;
    at = place_of(one, effect);
    if (is_one == (at < one->effects) ||
        (is_one && one->effects == FINDING_EFFECTS_MAX))
        return NULL;
    if (is_one)
        one->effect[one->effects++] = effect;
    else
        one->effect[at] = one->effect[--one->effects];
    links_list_effects(one);
    return one;
}

static void link_cause(struct judged_case *effect, struct judged_case *cause)
{
    if (effect->cause || effect == cause || cause->cause == effect)
        return;
    effect->cause = cause;
    cause->finding->effects++;
    /* no effect is told with more certainty than what it came of */
    if (effect->finding->confidence > cause->finding->confidence)
        effect->finding->confidence = cause->finding->confidence;
}

/* An earlier try, that the proxy itself gave up: its own doing. */
static void link_earlier_tries(const struct index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        struct judged_case *upstream = index->one[i];
        const struct leg_pair *pair = &upstream->around.front;
        struct judged_case *front =
            pair->sure == LEG_SURE && pair->retried && !upstream->cause
                ? find(index, &pair->leg)
                : NULL;

        if (front && finding_link(front->finding, upstream->finding) ==
                         LINK_UPSTREAM_IS_EFFECT)
            link_cause(upstream, front);
    }
}

static void link_legs(const struct index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        struct judged_case *front = index->one[i];
        const struct leg_pair *pair = &front->around.upstream;
        struct judged_case *upstream =
            pair->sure == LEG_SURE ? find(index, &pair->leg) : NULL;
        enum leg_link link;

        if (!upstream)
            continue;
        link = link_of(front, upstream, &pair->leg);
        if (link == LINK_UPSTREAM_IS_EFFECT)
            link_cause(upstream, front);
        else if (link == LINK_FRONT_IS_EFFECT)
            link_cause(front, upstream);
    }
}

/* Causes first. There is no circle: see link_cause. */
static size_t place(struct judged_case *one, struct finding **placed,
                    size_t count)
{
    if (one->finding->id)
        return count;
    if (one->cause)
        count = place(one->cause, placed, count);
    placed[count] = one->finding;
    one->finding->id = ++count;
    return count;
}

void links_order(struct cases *cases)
{
    struct index index = index_new(cases);

    link_legs(&index);
    link_earlier_tries(&index);
    index_add(&index, cases, true);
    cases->finding =
        must_realloc(NULL, index.count + 1, sizeof *cases->finding);
    if (index.count)
        qsort(index.one, index.count, sizeof *index.one, by_time);
    for (size_t i = 0; i < index.count && !cases->options->live; i++)
        index.one[i]->finding->id = 0;
    for (size_t i = 0; i < index.count; i++) {
        if (cases->options->live)
            cases->finding[cases->findings++] = index.one[i]->finding;
        else
            cases->findings =
                place(index.one[i], cases->finding, cases->findings);
    }
    for (size_t i = 0; i < index.count; i++) {
        if (index.one[i]->cause)
            index.one[i]->finding->caused_by = index.one[i]->cause->finding->id;
    }
    free(index.one);
}
