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

/* `sent` and `credited` are what the account held while it was blocked. */
static void unblock(struct h2_window *window, uint64_t sent, uint64_t credited,
                    struct mark at)
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
        window->from_sent = sent;
        window->from_credited = credited;
    }
    window->since = (struct mark){0};
}

void h2_window_send(struct h2_window *window, uint64_t size, bool more,
                    struct mark at)
{
    uint64_t before = window->sent;

    window->sent += size;
    if (more && h2_window_left(window) <= 0)
        block(window, at);
    else
        unblock(window, before, window->credited, at);
}

void h2_window_credit(struct h2_window *window, uint64_t size, struct mark at)
{
    uint64_t before = window->credited;

    window->credited += size;
    if (h2_window_left(window) > 0)
        unblock(window, window->sent, before, at);
}

void h2_window_resize(struct h2_window *window, int64_t change, struct mark at)
{
    window->start += change;
    if (h2_window_left(window) > 0)
        unblock(window, window->sent, window->credited, at);
}

void h2_window_end(struct h2_window *window, struct mark at)
{
    unblock(window, window->sent, window->credited, at);
}

static nanos present(const struct h2_window *window, struct mark now)
{
    return mark_is_set(window->since)
               ? nanos_between(window->since.time, now.time)
               : 0;
}

struct h2_window h2_window_then(const struct h2_window *window, struct mark now)
{
    struct h2_window then = *window;

    if (mark_is_set(window->from) &&
        nanos_between(window->from.time, window->until.time) >
            present(window, now)) {
        then.sent = window->from_sent;
        then.credited = window->from_credited;
    }
    return then;
}

nanos h2_window_longest(const struct h2_window *window, struct mark now)
{
    nanos longest = nanos_between(window->from.time, window->until.time);
    nanos lasts = present(window, now);

    return lasts > longest ? lasts : longest;
}
