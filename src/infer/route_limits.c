#include "infer/route_limits.h"

enum {
    ANSWERS_LEAST = 3,
    INSTANTS_LEAST = 2, /* of cuts after the same time; */
    VARIED_LEAST = 3    /* of others */
};

static void keep_longest(nanos took, struct mark at, nanos *longest,
                         struct mark *longest_at)
{
    if (took <= *longest && mark_is_set(*longest_at))
        return;
    *longest = took;
    *longest_at = at;
}

void route_limits_add(struct route_limits *limits, enum route_bearing bearing,
                      nanos took, struct mark at)
{
    switch (bearing) {
    case BEARS_NOT:
        return;
    case BEARS_CUT:
        durations_add(&limits->cut, took, at);
        return;
    case BEARS_RESET:
        durations_add(&limits->reset, took, at);
        return;
    case BEARS_GATEWAY:
        durations_add(&limits->gateway, took, at);
        break;
    case BEARS_ANSWER:
        limits->served++;
        keep_longest(took, at, &limits->longest_served,
                     &limits->longest_served_at);
        break;
    }
    limits->answers++;
    keep_longest(took, at, &limits->longest, &limits->longest_at);
}

static bool outlasts(nanos answer, const struct durations *failed)
{
    return answer > failed->shortest &&
           !durations_alike(answer, failed->shortest);
}

bool route_limits_cut(const struct route_limits *limits)
{
    return limits->cut.samples > 0 && !outlasts(limits->longest, &limits->cut);
}

bool route_limits_bound_cut(const struct route_limits *limits)
{
    const struct durations *cut = &limits->cut;

    return route_limits_cut(limits) && limits->answers >= ANSWERS_LEAST &&
           limits->longest > cut->shortest / 2 &&
           !durations_end_together(cut) &&
           (cut->instants >= VARIED_LEAST ||
            durations_constant(cut, INSTANTS_LEAST));
}

bool route_limits_gateway(const struct route_limits *limits)
{
    return durations_constant(&limits->gateway, INSTANTS_LEAST) &&
           !outlasts(limits->longest_served, &limits->gateway);
}

bool route_limits_reset(const struct route_limits *limits)
{
    return durations_constant(&limits->reset, INSTANTS_LEAST) &&
           !outlasts(limits->longest, &limits->reset);
}
