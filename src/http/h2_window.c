#include "http/h2_window.h"

void h2_window_init(struct h2_window *window, int64_t start)
{
    *window = (struct h2_window){.start = start};
}

int64_t h2_window_left(const struct h2_window *window)
{
    return window->start + (int64_t)window->credited - (int64_t)window->sent;
}

static void block(struct h2_window *window, struct mark at)
{
    if (!mark_is_set(window->since))
        window->since = at;
}

static void unblock(struct h2_window *window, struct mark at)
{
    nanos lasted;

    if (!mark_is_set(window->since))
        return;
    lasted = nanos_between(window->since.time, at.time);
    if (lasted > 0)
        window->blocked += lasted;
    if (!mark_is_set(window->from) ||
        lasted > nanos_between(window->from.time, window->until.time)) {
        window->from = window->since;
        window->until = at;
    }
    window->since = (struct mark){0};
}

void h2_window_send(struct h2_window *window, uint64_t size, bool more,
                    struct mark at)
{
    window->sent += size;
    if (more && h2_window_left(window) <= 0)
        block(window, at);
    else
        unblock(window, at);
}

void h2_window_credit(struct h2_window *window, uint64_t size, struct mark at)
{
    window->credited += size;
    if (h2_window_left(window) > 0)
        unblock(window, at);
}

void h2_window_resize(struct h2_window *window, int64_t change, struct mark at)
{
    window->start += change;
    if (h2_window_left(window) > 0)
        unblock(window, at);
}

void h2_window_end(struct h2_window *window, struct mark at)
{
    unblock(window, at);
}

nanos h2_window_longest(const struct h2_window *window, struct mark now)
{
    nanos longest = nanos_between(window->from.time, window->until.time);
    nanos present = 0;

    if (mark_is_set(window->since))
        present = nanos_between(window->since.time, now.time);
    return present > longest ? present : longest;
}
