/*
 * Times are nanoseconds since 1970-01-01 UTC, durations are nanoseconds.
 * Only packet time is meant: nothing below capture/live reads a clock.
 */
#ifndef BASE_NANOS_H
#define BASE_NANOS_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t nanos;

enum {
    NANOS_TEXT_SIZE = 48
};

#define NANOS_PER_MILLI  INT64_C(1000000)
#define NANOS_PER_SECOND INT64_C(1000000000)
#define NANOS_NEVER      INT64_MIN

/* A duration in seconds, for people and for JSON. */
static inline double nanos_seconds(nanos duration)
{
    return (double)duration / 1e9;
}

/*
 * later - earlier, held inside the range of the type: both come from a
 * capture and may be anything.
 */
static inline nanos nanos_between(nanos earlier, nanos later)
{
    nanos difference;

    if (__builtin_sub_overflow(later, earlier, &difference))
        return later > earlier ? INT64_MAX : INT64_MIN + 1;
    return difference;
}

/* time + duration, held inside the range of the type. */
static inline nanos nanos_after(nanos time, nanos duration)
{
    nanos sum;

    if (__builtin_add_overflow(time, duration, &sum))
        return duration > 0 ? INT64_MAX : INT64_MIN + 1;
    return sum;
}

/*
 * Writes a duration for people ("60.0 s", "812 ms", "2 min 5 s") and returns
 * `text`.
 */
const char *nanos_print_duration(char text[static NANOS_TEXT_SIZE],
                                 nanos duration);

/*
 * Writes a time as RFC 3339 with nanoseconds, in UTC, and returns `text`.
 */
const char *nanos_print_time(char text[static NANOS_TEXT_SIZE], nanos time);

/*
 * Reads a duration as people type it: "10s", "1500ms", "1m30s", "2h", "0.5s";
 * a unit is required. False when the text is not one.
 */
bool nanos_parse_duration(const char *text, nanos *duration);

/* For qsort: the shortest first. */
int nanos_in_order(const void *left, const void *right);

#endif
