/*
 * Of cuts some have other causes than the one limit that most of them had; and
 * an answer may be whole though it took a little longer. The limit is the one
 * that the fewest exchanges contradict.
 */
#ifndef INFER_LIMIT_FIT_H
#define INFER_LIMIT_FIT_H

#include "infer/timer.h"

/* What was answered whole, to hold against it. */
struct answered {
    const struct timer *slow; /* borrowed; NULL: none is known */
    nanos longest;            /* of all; 0: none */
    nanos slack;              /* so much later some may still be whole: the
                                 server looks only now and then */
};

/*
 * The shortest cut that belongs to it; sooner ones are odd. `cuts`: `count` of
 * them, at least one, in any order; they are sorted.
 */
nanos limit_fit(nanos *cuts, size_t count, const struct answered *answered);

/* How many of the answers that are kept outlast `limit` and the slack. */
uint64_t limit_outlasted(nanos limit, const struct answered *answered);

/* Of a timer's delays those from that limit on, if they are three of four.
 * Gives how many are left out; 0: none are. */
uint64_t timer_find_from(const struct timer *timer,
                         const struct answered *answered,
                         struct durations *found);

#endif
