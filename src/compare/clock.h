/*
 * The clock of one capture by that of the other: offset and drift, from the
 * packets that both have. A packet takes its time and never arrives before it
 * was sent, so those that go one way are bounds from above, those that go the
 * other from below:
 *
 *     there - here                    \      .   :      towards there: above
 *                            .   ..  .   .:   ..
 *      ------------------------------------------------- the line looked for
 *                          '  '   ''  '  ' '  ''
 *                             '     '                   towards here: below
 *
 * Of all lines between them that in the middle of the widest gap is taken,
 * with no more drift than it needs. Where the line lies in the gap cannot be
 * known: a path that is slower one way looks like an offset. So the error is
 * half the gap.
 */
#ifndef COMPARE_CLOCK_H
#define COMPARE_CLOCK_H

#include "base/nanos.h"

enum {
    CLOCK_BINS_KEPT = 1024
};

enum clock_state {
    CLOCK_UNKNOWN,   /* no packet tells */
    CLOCK_ONE_SIDED, /* packets of one direction: the smallest delay is taken
                        for none */
    CLOCK_ALIGNED,
    CLOCK_BROKEN /* no straight line fits: a clock was set meanwhile */
};

struct clock {
    /* the latest and earliest of what was seen in each part of the time */
    struct clock_bin {
        nanos at[2]; /* here, of the bound from above, from below */
        nanos bound[2];
        bool has[2];
    } bin[CLOCK_BINS_KEPT];
    nanos from; /* of the first bin, here */
    nanos width;
    uint64_t points[2];
    /* once it is fitted */
    enum clock_state state;
    nanos offset; /* there - here, at `from` */
    double drift; /* how much faster it runs there, as a part of one */
    double drift_least;
    double drift_most;
    nanos error; /* of the offset, either way */
};

/* For points whose time here is from `first` to `last`. */
void clock_init(struct clock *clock, nanos first, nanos last);

/* A packet that was seen at both places; `back`: it went from there to here. */
void clock_take(struct clock *clock, nanos here, nanos there, bool back);

void clock_fit(struct clock *clock);

/* It can be told. */
bool clock_is_known(const struct clock *clock);

/* The time there when it is `here`, as fitted. */
nanos clock_there(const struct clock *clock, nanos here);

/* And the other way. */
nanos clock_here(const struct clock *clock, nanos there);

#endif
