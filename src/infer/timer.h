/*
 * Is there one timer among delays of which some have other causes? The most
 * that are alike are its; those that are not are odd ones, if they are few.
 */
#ifndef INFER_TIMER_H
#define INFER_TIMER_H

#include "infer/durations.h"

enum {
    TIMER_DELAYS_KEPT = 64 /* the latest; the oldest goes */
};

struct timer_delay {
    nanos took;
    struct mark at;
};

struct timer {
    struct timer_delay *delay; /* owned; a ring */
    size_t count;
    size_t room;
    size_t first;
};

/* None where the clock was set back. */
void timer_add(struct timer *timer, nanos took, struct mark at);

/*
 * The delays that one timer explains, or all of them where none explains three
 * of four. Gives how many of those that are kept it does not explain.
 */
uint64_t timer_find(const struct timer *timer, struct durations *found);

/* Those of `limit` and longer. */
void timer_take_from(const struct timer *timer, nanos limit,
                     struct durations *found);

/* From 0, the oldest that is kept. */
nanos timer_at(const struct timer *timer, size_t i);

/* The longest of those kept that is no longer than `limit`; 0: none. */
nanos timer_longest_within(const struct timer *timer, nanos limit,
                           struct mark *at);

void timer_release(struct timer *timer);

#endif
