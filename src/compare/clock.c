#include "compare/clock.h"

#include <math.h>

enum {
    STEPS = 100 /* of a search that takes off a third each time */
};

/* No clock of a computer is worse; more is one that was set. */
#define WORST_DRIFT 1e-3

/* Narrower gaps, or wider negative ones, are how exactly packets are stamped.
 */
#define STAMPING 50e3 /* ns */

/* A line with less drift is as good when its gap is that much as wide. */
#define AS_GOOD 0.9

void clock_init(struct clock *clock, nanos first, nanos last)
{
    *clock = (struct clock){.from = first};
    clock->width = nanos_between(first, last) / CLOCK_BINS_KEPT + 1;
}

void clock_take(struct clock *clock, nanos here, nanos there, bool back)
{
    nanos at = nanos_between(clock->from, here) / clock->width;
    nanos bound = nanos_between(here, there);
    struct clock_bin *bin;

    if (at < 0)
        at = 0;
    if (at >= CLOCK_BINS_KEPT)
        at = CLOCK_BINS_KEPT - 1;
    bin = &clock->bin[at];
    clock->points[back]++;
    if (bin->has[back] &&
        (back ? bound <= bin->bound[1] : bound >= bin->bound[0]))
        return;
    bin->has[back] = true;
    bin->at[back] = here;
    bin->bound[back] = bound;
}

/* Where the bounds of one kind leave room for a line of that drift, at `from`:
 * the least from above, the most from below. */
static double bound_at(const struct clock *clock, double drift, bool back)
{
    double best = 0;
    bool some = false;

    for (unsigned i = 0; i < CLOCK_BINS_KEPT; i++) {
        const struct clock_bin *bin = &clock->bin[i];
        double at;

        if (!bin->has[back])
            continue;
        at = (double)bin->bound[back] -
             drift * (double)nanos_between(clock->from, bin->at[back]);
        if (!some || (back ? at > best : at < best))
            best = at;
        some = true;
    }
    return best;
}

static double gap(const struct clock *clock, double drift)
{
    return bound_at(clock, drift, false) - bound_at(clock, drift, true);
}

/* The gap is concave in the drift. */
static double widest(const struct clock *clock)
{
    double low = -WORST_DRIFT;
    double high = WORST_DRIFT;

    for (unsigned i = 0; i < STEPS; i++) {
        double third = (high - low) / 3;

        if (gap(clock, low + third) < gap(clock, high - third))
            low += third;
        else
            high -= third;
    }
    return (low + high) / 2;
}

/* From `inside`, whose gap is wide enough, as far towards `outside` as it
 * stays so. */
static double reach(const struct clock *clock, double inside, double outside,
                    double wide)
{
    if (gap(clock, outside) >= wide)
        return outside;
    for (unsigned i = 0; i < STEPS; i++) {
        double middle = (inside + outside) / 2;

        if (gap(clock, middle) >= wide)
            inside = middle;
        else
            outside = middle;
    }
    return inside;
}

/* Times of a capture may be anything. */
static nanos hold(double duration)
{
    const double most = 1e18;

    if (duration > most)
        return (nanos)most;
    return duration < -most ? -(nanos)most : (nanos)duration;
}

static void settle(struct clock *clock, double drift)
{
    double above = bound_at(clock, drift, false);
    double below = bound_at(clock, drift, true);

    clock->drift = drift;
    clock->offset = hold((above + below) / 2);
    clock->error = hold(fabs((above - below) / 2));
}

void clock_fit(struct clock *clock)
{
    double best;
    double wide;

    if (!clock->points[0] && !clock->points[1])
        return;
    if (!clock->points[0] || !clock->points[1]) {
        clock->state = CLOCK_ONE_SIDED;
        clock->offset = hold(bound_at(clock, 0, clock->points[1] > 0));
        return;
    }
    best = widest(clock);
    wide = gap(clock, best);
    if (wide < -STAMPING) {
        clock->state = CLOCK_BROKEN;
        return;
    }
    clock->state = CLOCK_ALIGNED;
    if (gap(clock, 0) >= fmax(wide, 0) - STAMPING)
        best = 0;
    else
        best = reach(clock, best, 0, wide > 0 ? wide * AS_GOOD : wide);
    settle(clock, best);
    clock->drift_least = reach(clock, best, -WORST_DRIFT, -STAMPING);
    clock->drift_most = reach(clock, best, WORST_DRIFT, -STAMPING);
}

bool clock_is_known(const struct clock *clock)
{
    return clock->state == CLOCK_ALIGNED || clock->state == CLOCK_ONE_SIDED;
}

nanos clock_there(const struct clock *clock, nanos here)
{
    double passed = (double)nanos_between(clock->from, here);

    return nanos_after(nanos_after(here, clock->offset),
                       (nanos)(clock->drift * passed));
}

nanos clock_here(const struct clock *clock, nanos there)
{
    nanos here = nanos_between(clock->offset, there);
    double passed = (double)nanos_between(clock->from, here);

    return nanos_between((nanos)(clock->drift * passed / (1 + clock->drift)),
                         here);
}
