#include "infer/limit_fit.h"

#include <stdlib.h>

/* What one exchange weighs that a limit does not explain. */
#define ONE 1000

/* The sooner it should have been ended, the stranger. */
static uint64_t strangeness(nanos took, nanos limit, nanos slack)
{
    if (took <= limit)
        return 0;
    if (took - limit >= slack)
        return ONE;
    return (uint64_t)((took - limit) / (slack / ONE));
}

static uint64_t contradicted(nanos limit, const struct answered *answered)
{
    uint64_t cost = 0;
    nanos longest = 0;
    size_t count = answered->slow ? answered->slow->count : 0;

    for (size_t i = 0; i < count; i++) {
        nanos took = timer_at(answered->slow, i);

        cost += strangeness(took, limit, answered->slack);
        longest = took > longest ? took : longest;
    }
    if (answered->longest > longest)
        cost += strangeness(answered->longest, limit, answered->slack);
    return cost;
}

nanos limit_fit(nanos *cuts, size_t count, const struct answered *answered)
{
    uint64_t least = UINT64_MAX;
    nanos best = 0;

    qsort(cuts, count, sizeof *cuts, nanos_in_order);
    for (size_t i = 0; i < count; i++) {
        uint64_t cost = ONE * i + contradicted(cuts[i], answered);

        /* of two as good the one that lets all answers through */
        if (cost <= least) {
            least = cost;
            best = cuts[i];
        }
    }
    return best;
}

uint64_t timer_find_from(const struct timer *timer,
                         const struct answered *answered,
                         struct durations *found)
{
    nanos delays[TIMER_DELAYS_KEPT];
    uint64_t odd = 0;
    nanos limit;

    for (size_t i = 0; i < timer->count; i++)
        delays[i] = timer_at(timer, i);
    limit = limit_fit(delays, timer->count, answered);
    timer_take_from(timer, limit, found);
    odd = timer->count - found->samples;
    return found->samples >= 3 * odd ? odd : 0;
}

uint64_t limit_outlasted(nanos limit, const struct answered *answered)
{
    uint64_t outlasted = 0;
    size_t count = answered->slow ? answered->slow->count : 0;

    for (size_t i = 0; i < count; i++)
        outlasted +=
            timer_at(answered->slow, i) > nanos_after(limit, answered->slack);
    if (outlasted == 0)
        outlasted = answered->longest > nanos_after(limit, answered->slack);
    return outlasted;
}
