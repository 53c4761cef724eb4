#include "base/sketch.h"

#include "base/arena.h"

#include <errno.h>
#include <stdlib.h>

/* The first that no octave has. */
#define TOO_LONG ((INT64_C(1) << SKETCH_OCTAVES) - 1)

/* Beyond this not every reader of JSON has integers. */
#define SAFE_INTEGER (UINT64_C(1) << 53)

void sketch_release(struct sketch *sketch)
{
    free(sketch->count);
    *sketch = (struct sketch){0};
}

void sketch_clear(struct sketch *sketch)
{
    sketch->samples = 0;
    sketch->octaves = 0;
    memset(sketch->place, 0, sizeof sketch->place);
}

static void add_octave(struct sketch *sketch, unsigned octave)
{
    if (sketch->octaves == sketch->room) {
        sketch->room++;
        sketch->count =
            must_realloc(sketch->count, sketch->room, sizeof *sketch->count);
    }
    memset(sketch->count[sketch->octaves], 0, sizeof *sketch->count);
    sketch->place[octave] = ++sketch->octaves;
}

static uint64_t *count_of(struct sketch *sketch, unsigned bucket)
{
    unsigned octave = bucket / SKETCH_PER_OCTAVE;

    if (!sketch->place[octave])
        add_octave(sketch, octave);
    return &sketch
                ->count[sketch->place[octave] - 1][bucket % SKETCH_PER_OCTAVE];
}

/* What is between two powers of two is split evenly. */
static unsigned bucket_of(nanos duration)
{
    uint64_t from_1 = (uint64_t)duration + 1;
    unsigned octave = 63 - (unsigned)__builtin_clzll(from_1);
    uint64_t above = from_1 - (UINT64_C(1) << octave);

    return octave * SKETCH_PER_OCTAVE +
           (unsigned)(above * SKETCH_PER_OCTAVE >> octave);
}

/* What a bucket's durations are taken for: see sketch.h, to the nearest. */
nanos sketch_middle(unsigned bucket)
{
    uint64_t low = SKETCH_PER_OCTAVE + bucket % SKETCH_PER_OCTAVE;
    uint64_t under = SKETCH_PER_OCTAVE * (2 * low + 1);
    __uint128_t over = (__uint128_t)(2 * low * (low + 1))
                       << bucket / SKETCH_PER_OCTAVE;

    return (nanos)((over + under / 2) / under) - 1;
}

static void widen(struct sketch *sketch, nanos least, nanos most)
{
    if (sketch->samples == 0 || least < sketch->least)
        sketch->least = least;
    if (sketch->samples == 0 || most > sketch->most)
        sketch->most = most;
}

void sketch_add(struct sketch *sketch, nanos duration)
{
    if (duration < 0)
        duration = 0;
    if (duration >= TOO_LONG)
        duration = TOO_LONG - 1;
    widen(sketch, duration, duration);
    ++*count_of(sketch, bucket_of(duration));
    sketch->samples++;
}

void sketch_join(struct sketch *sketch, const struct sketch *other)
{
    if (other->samples == 0)
        return;
    widen(sketch, other->least, other->most);
    sketch->samples += other->samples;
    for (unsigned octave = 0; octave < SKETCH_OCTAVES; octave++) {
        const uint64_t *from;
        uint64_t *to;

        if (!other->place[octave])
            continue;
        from = other->count[other->place[octave] - 1];
        to = count_of(sketch, octave * SKETCH_PER_OCTAVE);
        for (unsigned i = 0; i < SKETCH_PER_OCTAVE; i++)
            to[i] += from[i];
    }
}

uint64_t sketch_count(const struct sketch *sketch, unsigned bucket)
{
    unsigned octave = bucket / SKETCH_PER_OCTAVE;

    if (!sketch->place[octave])
        return 0;
    return sketch->count[sketch->place[octave] - 1][bucket % SKETCH_PER_OCTAVE];
}

/* The first from `bucket` on that holds a duration; SKETCH_BUCKETS: none. */
static unsigned next_used(const struct sketch *sketch, unsigned bucket)
{
    while (bucket < SKETCH_BUCKETS) {
        unsigned octave = bucket / SKETCH_PER_OCTAVE;

        if (!sketch->place[octave])
            bucket = (octave + 1) * SKETCH_PER_OCTAVE;
        else if (sketch_count(sketch, bucket))
            break;
        else
            bucket++;
    }
    return bucket;
}

/* (n - 1) * percent / 100, for any n. */
static uint64_t rank_of(uint64_t samples, unsigned percent)
{
    return (uint64_t)((__uint128_t)(samples - 1) * percent / 100);
}

nanos sketch_quantile(const struct sketch *sketch, unsigned percent)
{
    unsigned bucket = next_used(sketch, 0);
    uint64_t seen = 0;
    uint64_t rank;
    nanos middle;

    if (sketch->samples == 0)
        return 0;
    rank = rank_of(sketch->samples, percent);
    while (bucket < SKETCH_BUCKETS &&
           (seen += sketch_count(sketch, bucket)) <= rank)
        bucket = next_used(sketch, bucket + 1);
    middle = sketch_middle(bucket);
    if (middle < sketch->least)
        return sketch->least;
    return middle > sketch->most ? sketch->most : middle;
}

void sketch_print(struct text *text, const struct sketch *sketch)
{
    const char *between = "";

    for (unsigned bucket = next_used(sketch, 0); bucket < SKETCH_BUCKETS;
         bucket = next_used(sketch, bucket + 1)) {
        text_addf(text, "%s%u:%" PRIu64, between, bucket,
                  sketch_count(sketch, bucket));
        between = " ";
    }
}

/* A number without sign or blanks; where it ends. NULL: it is none, or more
 * than `most`. */
static const char *read_number(const char *text, uint64_t most,
                               uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return NULL;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno || *number > most ? NULL : end;
}

/* "BUCKET:COUNT", from `least` on; where it ends, or NULL. */
static const char *read_count(struct sketch *sketch, const char *text,
                              uint64_t *least)
{
    uint64_t bucket;
    uint64_t count;

    text = read_number(text, SKETCH_BUCKETS - 1, &bucket);
    if (!text || *text != ':' || bucket < *least)
        return NULL;
    text = read_number(text + 1, SAFE_INTEGER - sketch->samples, &count);
    if (!text || count == 0)
        return NULL;
    *count_of(sketch, (unsigned)bucket) = count;
    sketch->samples += count;
    *least = bucket + 1;
    return text;
}

/* The bounds are in the first and the last bucket. */
static bool bounds_hold(const struct sketch *sketch)
{
    if (sketch->least < 0 || sketch->least > sketch->most ||
        sketch->most >= TOO_LONG)
        return false;
    for (unsigned bucket = 0; bucket < bucket_of(sketch->least); bucket++) {
        if (sketch_count(sketch, bucket))
            return false;
    }
    for (unsigned bucket = bucket_of(sketch->most) + 1; bucket < SKETCH_BUCKETS;
         bucket++) {
        if (sketch_count(sketch, bucket))
            return false;
    }
    return sketch_count(sketch, bucket_of(sketch->least)) &&
           sketch_count(sketch, bucket_of(sketch->most));
}

bool sketch_read(struct sketch *sketch, const char *text, nanos least,
                 nanos most)
{
    uint64_t from = 0;

    sketch->least = least;
    sketch->most = most;
    while (text && *text) {
        text = read_count(sketch, text, &from);
        if (text && *text == ' ' && text[1])
            text++;
        else if (text && *text)
            text = NULL;
    }
    if (text && sketch->samples && bounds_hold(sketch))
        return true;
    sketch_release(sketch);
    return false;
}
