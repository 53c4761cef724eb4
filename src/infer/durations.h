/* Sets of durations, with the frames that they rest on. */
#ifndef INFER_DURATIONS_H
#define INFER_DURATIONS_H

#include "tcp/conn.h"

enum {
    INSTANTS_KEPT = 4 /* of a set: the latest to have been added */
};

/*
 * A set of durations: how many, the shortest, the longest. Constant when they
 * lie within 2 % or 50 ms of each other, whichever is larger; of short ones, to
 * which 50 ms are much, within a tenth.
 *
 * What ends within a few milliseconds of something else shares its cause: a
 * process that ends, a proxy's timer. It is one instant with it, and only
 * instants say that something comes again and again.
 */
struct durations {
    uint64_t samples;
    uint64_t instants;
    nanos instant[INSTANTS_KEPT]; /* a ring */
    nanos shortest;
    nanos longest;
    struct mark shortest_at;
    struct mark longest_at;
};

void durations_add(struct durations *set, nanos duration, struct mark at);

/* Adds what is in `other`, whose instants are others. */
void durations_join(struct durations *set, const struct durations *other);

/* Of at least so many instants, all alike. */
bool durations_constant(const struct durations *set, uint64_t instants);

/*
 * Did all end in one instant, or what took longest with what took shortest,
 * though it had begun at another time: are their ends closer together than the
 * durations? Then the one end is what they share, and no timer.
 */
bool durations_end_together(const struct durations *set);

/* Is one of the set longer than `limit`, by more than is alike? */
bool durations_outlast(const struct durations *set, nanos limit);

/* Do two durations differ by no more than 2 %, or a tenth up to 50 ms? */
bool durations_alike(nanos a, nanos b);

#endif
