#include "http/h2_window.h"

size_t h2_points_kept(const struct h2_points *points)
{
    return points->count < H2_POINTS_KEPT ? (size_t)points->count
                                          : H2_POINTS_KEPT;
}

struct h2_point h2_points_at(const struct h2_points *points, size_t i)
{
    uint64_t first = points->count - h2_points_kept(points);

    return points->point[(first + i) % H2_POINTS_KEPT];
}

static nanos present(const struct h2_blocking *blocking, struct mark now)
{
    return mark_is_set(blocking->since)
               ? nanos_between(blocking->since.time, now.time)
               : 0;
}

bool h2_window_is_blocked(const struct h2_window *window, struct mark now)
{
    const struct h2_blocking *blocking = &window->blocking;

    return mark_is_set(blocking->since) &&
           nanos_between(blocking->from.time, blocking->until.time) <=
               present(blocking, now);
}

int64_t h2_window_beside(const struct h2_window *window, struct mark now)
{
    return h2_window_is_blocked(window, now) ? window->blocking.beside
                                             : window->blocking.from_beside;
}

struct h2_window h2_window_then(const struct h2_window *window, struct mark now)
{
    const struct h2_blocking *blocking = &window->blocking;
    struct h2_window then = *window;

    if (mark_is_set(blocking->from) && !h2_window_is_blocked(window, now)) {
        then.start = blocking->from_start;
        then.sent = blocking->from_sent;
        then.credited = blocking->from_credited;
    }
    return then;
}

nanos h2_window_longest(const struct h2_window *window, struct mark now)
{
    const struct h2_blocking *blocking = &window->blocking;
    nanos longest = nanos_between(blocking->from.time, blocking->until.time);
    nanos lasts = present(blocking, now);

    return lasts > longest ? lasts : longest;
}
