#include "infer/timer.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ODD_AS_MANY = 3 /* for each odd one as many agree, at least */
};

static struct timer_delay *delay_at(const struct timer *timer, size_t i)
{
    return &timer->delay[(timer->first + i) % TIMER_DELAYS_KEPT];
}

nanos timer_at(const struct timer *timer, size_t i)
{
    return delay_at(timer, i)->took;
}

/* The ring is not one before it is full. */
void timer_add(struct timer *timer, nanos took, struct mark at)
{
    static_assert((TIMER_DELAYS_KEPT & (TIMER_DELAYS_KEPT - 1)) == 0,
                  "room doubles until all are kept");
    if (took < 0)
        return;
    if (timer->count == TIMER_DELAYS_KEPT) {
        timer->first = (timer->first + 1) % TIMER_DELAYS_KEPT;
        timer->count--;
    }
    if (timer->count == timer->room) {
        timer->room = timer->room ? 2 * timer->room : 4;
        timer->delay =
            must_realloc(timer->delay, timer->room, sizeof *timer->delay);
    }
    *delay_at(timer, timer->count++) = (struct timer_delay){took, at};
}

/* The longest run of delays in order of length whose ends are alike. */
static size_t longest_run(const nanos *sorted, size_t count, size_t *start)
{
    size_t most = 0;
    size_t low = 0;

    for (size_t high = 0; high < count; high++) {
        while (low < high && !durations_alike(sorted[low], sorted[high]))
            low++;
        if (high - low + 1 > most) {
            most = high - low + 1;
            *start = low;
        }
    }
    return most;
}

uint64_t timer_find(const struct timer *timer, struct durations *found)
{
    nanos sorted[TIMER_DELAYS_KEPT];
    size_t start = 0;
    size_t most;
    size_t odd;

    *found = (struct durations){0};
    if (timer->count == 0)
        return 0;
    for (size_t i = 0; i < timer->count; i++)
        sorted[i] = delay_at(timer, i)->took;
    qsort(sorted, timer->count, sizeof *sorted, nanos_in_order);
    most = longest_run(sorted, timer->count, &start);
    odd = timer->count - most;
    if (most < ODD_AS_MANY * odd) {
        start = 0;
        most = timer->count;
        odd = 0;
    }
    for (size_t i = 0; i < timer->count; i++) {
        const struct timer_delay *delay = delay_at(timer, i);

        if (delay->took >= sorted[start] &&
            delay->took <= sorted[start + most - 1])
            durations_add(found, delay->took, delay->at);
    }
    return odd;
}

nanos timer_longest_within(const struct timer *timer, nanos limit,
                           struct mark *at)
{
    nanos longest = 0;

    for (size_t i = 0; i < timer->count; i++) {
        const struct timer_delay *delay = delay_at(timer, i);

        if (delay->took <= limit && delay->took > longest) {
            longest = delay->took;
            *at = delay->at;
        }
    }
    return longest;
}

void timer_take_from(const struct timer *timer, nanos limit,
                     struct durations *found)
{
    *found = (struct durations){0};
    for (size_t i = 0; i < timer->count; i++) {
        const struct timer_delay *delay = delay_at(timer, i);

        if (delay->took >= limit)
            durations_add(found, delay->took, delay->at);
    }
}

void timer_release(struct timer *timer)
{
    free(timer->delay);
    *timer = (struct timer){0};
}
