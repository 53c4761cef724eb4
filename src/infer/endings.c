#include "infer/endings.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

/* Who gives up sooner has not waited: it was done, or went away. */
#define GIVES_UP_LEAST (100 * NANOS_PER_MILLI)
/* nginx does not move a timer by less, so it may strike sooner by as much. */
#define SOONER (300 * NANOS_PER_MILLI)

static bool is_giving_up(const struct ending *ending)
{
    return (ending->kind == ENDING_BUSY || ending->kind == ENDING_STREAM) &&
           ending->by_client && ending->took >= GIVES_UP_LEAST;
}

void endings_count(struct endings_figures *figures, const struct ending *ending)
{
    if (ending->kind == ENDING_IDLE && !ending->by_client)
        durations_add(&figures->idle, ending->took, ending->at);
    else if (is_giving_up(ending))
        durations_add(&figures->gave_up, ending->took, ending->at);
    else if (ending->is_cut)
        durations_add(&figures->cut, ending->took, ending->at);
}

/* Not what an instant explains that others share. `timer`: NULL, or cuts that
 * are constant. */
static bool stands_for_itself(const struct endings *endings,
                              const struct ending *ending,
                              const struct durations *timer)
{
    struct cluster cluster;

    return ending->by_client ||
           !endings_cluster(endings, ending->at, NULL, &cluster) ||
           !cluster_is_shutdown(&cluster) ||
           (timer && endings_are_timed(endings, ending->at, &cluster, timer));
}

/* Those endings that no instant explains which others share. */
struct alone {
    const struct ending *ending[ENDINGS_KEPT];
    size_t count;
};

static void find_alone(const struct endings *endings,
                       const struct durations *timer, struct alone *alone)
{
    alone->count = 0;
    for (size_t i = 0; i < endings->count; i++) {
        if (stands_for_itself(endings, &endings->entry[i], timer))
            alone->ending[alone->count++] = &endings->entry[i];
    }
}

/*
 * A few that came sooner than what most cuts have in common refute no timeout:
 * they are odd ones.
 */
static nanos least_cut(const struct endings *endings, const struct alone *alone,
                       uint64_t *odd)
{
    nanos cuts[ENDINGS_KEPT];
    uint64_t below = endings->gone_below.samples;
    uint64_t above = endings->gone.cut.samples;
    size_t count = 0;
    nanos least;

    *odd = 0;
    for (size_t i = 0; i < alone->count; i++) {
        if (alone->ending[i]->is_cut)
            cuts[count++] = alone->ending[i]->took;
    }
    if (count == 0)
        return 0;
    least = limit_fit(cuts, count, &endings->answered);
    for (size_t i = 0; i < count; i++) {
        below += cuts[i] < least;
        above += cuts[i] >= least;
    }
    *odd = above >= 3 * below ? below : 0;
    return *odd ? least : 0;
}

static void let_oldest_go(struct endings *endings)
{
    uint64_t odd;
    struct alone alone;
    nanos least;

    find_alone(endings, NULL, &alone);
    least = least_cut(endings, &alone, &odd);
    for (size_t i = 0; i < ENDINGS_GO; i++) {
        const struct ending *ending = &endings->entry[i];

        /* in a crowd it is not known who will survive it */
        if (endings->entry[endings->count - 1].at.time >
                nanos_after(ending->at.time, ENDINGS_SURVIVE) &&
            !stands_for_itself(endings, ending, NULL))
            continue;
        if (ending->is_cut && ending->took < least)
            durations_add(&endings->gone_below, ending->took, ending->at);
        else
            endings_count(&endings->gone, ending);
    }
    for (size_t i = 0; i < ENDINGS_GO; i++)
        endings->refusals -= endings->entry[i].kind == ENDING_REFUSED;
    endings->count -= ENDINGS_GO;
    memmove(endings->entry, endings->entry + ENDINGS_GO,
            endings->count * sizeof *endings->entry);
}

static void make_room(struct endings *endings)
{
    if (endings->count == ENDINGS_KEPT)
        let_oldest_go(endings);
    if (endings->count < endings->room)
        return;
    endings->room = endings->room ? 2 * endings->room : 4;
    endings->entry =
        must_realloc(endings->entry, endings->room, sizeof *endings->entry);
}

void endings_add(struct endings *endings, const struct ending *ending)
{
    nanos after = nanos_between(ending->at.time, ending->answered);
    size_t i;

    if (ending->answered && after > endings->answered_after)
        endings->answered_after = after;
    make_room(endings);
    for (i = endings->count;
         i > 0 && endings->entry[i - 1].at.time > ending->at.time; i--)
        continue;
    memmove(endings->entry + i + 1, endings->entry + i,
            (endings->count++ - i) * sizeof *endings->entry);
    endings->entry[i] = *ending;
    endings->refusals += ending->kind == ENDING_REFUSED;
}

void endings_release(struct endings *endings)
{
    free(endings->entry);
    *endings = (struct endings){0};
}

bool endings_client_timeout(const struct endings *endings,
                            const struct endpoint *client, nanos took,
                            struct durations *alike)
{
    uint64_t host = endings_host(client);
    uint64_t others = 0;

    *alike = (struct durations){0};
    for (size_t i = 0; i < endings->count; i++) {
        const struct ending *ending = &endings->entry[i];

        if (!is_giving_up(ending) || ending->client != host)
            continue;
        if (durations_alike(ending->took, took))
            durations_add(alike, ending->took, ending->at);
        else
            others++;
    }
    return durations_constant(alike, 2) && !durations_end_together(alike) &&
           alike->samples >= others;
}

/* The two clocks: the silence is constant, the time since the request not. */
static bool is_timed_by_silence(const struct durations *silence,
                                const struct durations *wait)
{
    return silence->instants >= 2 && !durations_constant(wait, 1) &&
           (durations_constant(silence, 2) ||
            silence->longest - silence->shortest <= SOONER) &&
           wait->longest - wait->shortest >
               2 * (silence->longest - silence->shortest);
}

/* Cuts in the middle of an answer, timed both ways. */
static void time_cuts(const struct alone *alone, struct durations *silence,
                      struct durations *wait)
{
    *silence = *wait = (struct durations){0};
    for (size_t i = 0; i < alone->count; i++) {
        const struct ending *ending = alone->ending[i];

        /* a silence that its own rhythm has times nothing */
        if (!ending->is_cut || !ending->begun ||
            ending->silent < NANOS_PER_SECOND ||
            ending->silent <= nanos_after(ending->gap, ending->gap / 10))
            continue;
        durations_add(silence, ending->silent, ending->at);
        durations_add(wait, ending->took, ending->at);
    }
}

static void sum_up(const struct endings *endings, const struct alone *alone,
                   struct endings_figures *figures)
{
    struct durations silence;
    struct durations wait;
    nanos least;
    bool by_silence;

    *figures = endings->gone;
    time_cuts(alone, &silence, &wait);
    by_silence = is_timed_by_silence(&silence, &wait);
    if (by_silence)
        figures->silence = silence;
    least = least_cut(endings, alone, &figures->odd);
    if (!figures->odd)
        durations_join(&figures->cut, &endings->gone_below);
    for (size_t i = 0; i < alone->count; i++) {
        const struct ending *ending = alone->ending[i];

        if (ending->is_cut && ending->took < least)
            continue;
        if (by_silence && ending->is_cut && ending->begun &&
            ending->silent >= silence.shortest)
            continue;
        endings_count(figures, ending);
    }
}

/* A timer that is known by then explains some instants, too. */
void endings_sum_up(const struct endings *endings,
                    struct endings_figures *figures)
{
    struct endings_figures timed;
    struct alone alone;
    size_t before;

    find_alone(endings, NULL, &alone);
    sum_up(endings, &alone, figures);
    if (!durations_constant(&figures->cut, 2))
        return;
    before = alone.count;
    find_alone(endings, &figures->cut, &alone);
    if (alone.count == before)
        return;
    sum_up(endings, &alone, &timed);
    if (durations_constant(&timed.cut, 2))
        *figures = timed;
}
