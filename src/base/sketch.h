/*
 * A sketch of durations: any quantile of them, with a relative error of 1 %,
 * out of counts alone. Sketches of parts can be joined, and what comes of it
 * is the sketch of the whole, whatever the order.
 *
 * It is a DDSketch (Masson, Rim, Lee: "DDSketch: A fast and fully-mergeable
 * quantile sketch with relative-error guarantees", PVLDB 12, 2019) whose
 * buckets are interpolated linearly between powers of two: each octave has 50
 * of equal width. The widest is a 50th of its lower bound a, and what it stands
 * for, 2ab / (a + b) of its bounds a and b, is off by no more than 1 / 101 of
 * any duration in it. No floating point is in it, so that every machine has the
 * same buckets. A nanosecond is added first, which gives 0 a bucket; with
 * rounding that makes the error 1 % and a nanosecond at most.
 *
 * Only octaves with a duration in them take memory (400 bytes each), of 57 that
 * there are: 23 KiB at most. What lasts 4 years and more counts as that.
 */
#ifndef BASE_SKETCH_H
#define BASE_SKETCH_H

#include "base/nanos.h"
#include "base/text.h"

enum {
    SKETCH_OCTAVES = 57,
    SKETCH_PER_OCTAVE = 50,
    SKETCH_BUCKETS = SKETCH_OCTAVES * SKETCH_PER_OCTAVE
};

/* All zero: an empty one. */
struct sketch {
    uint64_t samples;
    nanos least; /* exactly; of an empty one these say nothing */
    nanos most;
    uint64_t (*count)[SKETCH_PER_OCTAVE]; /* owned; of octaves in use */
    uint8_t octaves;                      /* in use */
    uint8_t room;                         /* for so many */
    uint8_t place[SKETCH_OCTAVES]; /* where counts are, from 1; 0: nowhere */
};

void sketch_release(struct sketch *sketch);

/* Makes it empty and keeps the memory. */
void sketch_clear(struct sketch *sketch);

/* A negative duration counts as 0. */
void sketch_add(struct sketch *sketch, nanos duration);

/* Adds what is in `other`. */
void sketch_join(struct sketch *sketch, const struct sketch *other);

/*
 * The quantile: of n durations in order, counted from 0, the one at place
 * (n - 1) * percent / 100, rounded down. 0 of an empty sketch.
 */
nanos sketch_quantile(const struct sketch *sketch, unsigned percent);

/* How many durations are in a bucket, from 0 to SKETCH_BUCKETS - 1. */
uint64_t sketch_count(const struct sketch *sketch, unsigned bucket);

/* What the durations of a bucket are taken for. */
nanos sketch_middle(unsigned bucket);

/* Its counts as text, "BUCKET:COUNT" of those that are not 0, ascending. */
void sketch_print(struct text *text, const struct sketch *sketch);

/*
 * Reads such a text into an empty sketch, with the bounds that do not stand
 * there. False, and it is empty, when it is none: a bucket that there is not,
 * or not in order, no count, more than 2^53 of them.
 */
bool sketch_read(struct sketch *sketch, const char *text, nanos least,
                 nanos most);

#endif
