#include "infer/durations.h"

/* Two ends no further apart than this are one instant. */
#define INSTANT (5 * NANOS_PER_MILLI)

static void note_instant(struct durations *set, nanos time)
{
    for (uint64_t i = 0; i < INSTANTS_KEPT && i < set->instants; i++) {
        nanos apart = nanos_between(set->instant[i], time);

        if (apart <= INSTANT && apart >= -INSTANT)
            return;
    }
    set->instant[set->instants++ % INSTANTS_KEPT] = time;
}

void durations_add(struct durations *set, nanos duration, struct mark at)
{
    if (duration < 0)
        return;
    if (set->samples == 0 || duration < set->shortest) {
        set->shortest = duration;
        set->shortest_at = at;
    }
    if (set->samples == 0 || duration > set->longest) {
        set->longest = duration;
        set->longest_at = at;
    }
    set->samples++;
    note_instant(set, at.time);
}

void durations_join(struct durations *set, const struct durations *other)
{
    uint64_t samples = set->samples + other->samples;
    uint64_t instants = set->instants + other->instants;

    if (!other->samples)
        return;
    durations_add(set, other->shortest, other->shortest_at);
    durations_add(set, other->longest, other->longest_at);
    set->samples = samples;
    set->instants = instants;
}

bool durations_alike(nanos a, nanos b)
{
    nanos larger = a > b ? a : b;
    nanos difference = nanos_between(a > b ? b : a, larger);
    nanos jitter = larger / 10;

    if (jitter > 50 * NANOS_PER_MILLI)
        jitter = 50 * NANOS_PER_MILLI;
    return difference <= jitter || difference <= larger / 50;
}

bool durations_outlast(const struct durations *set, nanos limit)
{
    return set->samples && set->longest > limit &&
           !durations_alike(set->longest, limit);
}

bool durations_end_together(const struct durations *set)
{
    nanos ends = nanos_between(set->shortest_at.time, set->longest_at.time);

    return set->samples >= 2 &&
           (set->instants < 2 ||
            (ends < 0 ? -ends : ends) < set->longest - set->shortest);
}

bool durations_constant(const struct durations *set, uint64_t instants)
{
    return set->instants >= instants && set->instants > 0 &&
           durations_alike(set->shortest, set->longest);
}
