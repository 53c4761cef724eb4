#include "http/h2_flow_control.h"

#include "base/arena.h"

#include <stdlib.h>

void h2_flow_control_init(struct h2_flow_control *flow_control, int64_t start)
{
    *flow_control = (struct h2_flow_control){.start = start};
}

void h2_flow_control_release(struct h2_flow_control *flow_control)
{
    free(flow_control->blocking);
    flow_control->blocking = NULL;
}

static void add_point(struct h2_points *points, struct h2_point point)
{
    points->point[points->count++ % H2_POINTS_KEPT] = point;
}

/* Of a window that never was used up nothing is kept. */
static void note(const struct h2_flow_control *flow_control, struct mark at)
{
    struct h2_blocking *blocking = flow_control->blocking;
    struct h2_point now = {at.time, h2_flow_control_left(flow_control)};
    size_t kept;

    if (!blocking)
        return;
    kept = h2_points_kept(&blocking->recent);
    if (kept && h2_points_at(&blocking->recent, kept - 1).left == now.left)
        return;
    add_point(&blocking->recent, now);
    if (mark_is_set(blocking->from) && blocking->after.count < H2_POINTS_KEPT)
        add_point(&blocking->after, now);
}

static void block(struct h2_flow_control *flow_control, struct mark at)
{
    if (!flow_control->blocking)
        flow_control->blocking = must_calloc(1, sizeof *flow_control->blocking);
    if (!mark_is_set(flow_control->blocking->since))
        flow_control->blocking->since = at;
}

/* `then` is what it was while it was blocked. */
static void unblock(struct h2_flow_control *flow_control,
                    const struct h2_flow_control *then, struct mark at)
{
    struct h2_blocking *blocking = flow_control->blocking;
    nanos lasted;

    if (!blocking || !mark_is_set(blocking->since))
        return;
    lasted = nanos_between(blocking->since.time, at.time);
    if (!mark_is_set(blocking->from) ||
        lasted > nanos_between(blocking->from.time, blocking->until.time)) {
        blocking->from = blocking->since;
        blocking->until = at;
        blocking->from_start = then->start;
        blocking->from_sent = then->sent;
        blocking->from_credited = then->credited;
        blocking->from_beside = blocking->beside;
        blocking->before = blocking->recent;
        blocking->after.count = 0;
    }
    blocking->since = (struct mark){0};
}

/* Is something left again? */
static void look_open(struct h2_flow_control *flow_control,
                      const struct h2_flow_control *before, struct mark at)
{
    if (h2_flow_control_left(flow_control) > 0)
        unblock(flow_control, before, at);
    note(flow_control, at);
}

/* It is used up by what was sent, or was before. Few windows ever are: the
 * others do not pay for its frame. */
static __attribute__((noinline)) void
look_blocked(struct h2_flow_control *flow_control, uint64_t size, bool used_up,
             struct mark at)
{
    struct h2_flow_control before = *flow_control;

    before.sent -= size;
    if (used_up)
        block(flow_control, at);
    else
        unblock(flow_control, &before, at);
    note(flow_control, at);
}

void h2_flow_control_send(struct h2_flow_control *flow_control, uint64_t size,
                          bool more, struct mark at)
{
    bool used_up;

    if (!flow_control->begun)
        flow_control->begun = at.time;
    flow_control->sent += size;
    used_up = more && h2_flow_control_left(flow_control) <= 0;
    if (used_up || flow_control->blocking)
        look_blocked(flow_control, size, used_up, at);
}

void h2_flow_control_credit(struct h2_flow_control *flow_control, uint64_t size,
                            struct mark at)
{
    struct h2_flow_control before = *flow_control;

    flow_control->credited += size;
    look_open(flow_control, &before, at);
}

void h2_flow_control_resize(struct h2_flow_control *flow_control,
                            int64_t change, struct mark at)
{
    struct h2_flow_control before = *flow_control;

    flow_control->start += change;
    look_open(flow_control, &before, at);
}

void h2_flow_control_end(struct h2_flow_control *flow_control, struct mark at)
{
    struct h2_flow_control before = *flow_control;

    unblock(flow_control, &before, at);
}

struct h2_window
h2_flow_control_window(const struct h2_flow_control *flow_control)
{
    struct h2_window window = {.start = flow_control->start,
                               .sent = flow_control->sent,
                               .credited = flow_control->credited,
                               .begun = flow_control->begun};

    if (flow_control->blocking)
        window.blocking = *flow_control->blocking;
    return window;
}
