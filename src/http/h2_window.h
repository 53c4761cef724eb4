/*
 * A window is what flow control (RFC 9113, 5.2) allows at a moment: how many
 * bytes a sender may still send on a stream, or on the connection. It is known
 * from outside, by what was sent and what was credited (h2_flow_control.h).
 *
 *     left = start + credited - sent      (negative after a shrunk SETTINGS)
 *
 * The sender is blocked while nothing is left and it has more to send.
 */
#ifndef HTTP_H2_WINDOW_H
#define HTTP_H2_WINDOW_H

#include "tcp/conn.h"

enum {
    H2_POINTS_KEPT = 6
};

/* What was left of a window, and since when. */
struct h2_point {
    nanos time;
    int64_t left;
};

/* The latest H2_POINTS_KEPT of them, in a ring. */
struct h2_points {
    struct h2_point point[H2_POINTS_KEPT];
    uint64_t count; /* that there were in all */
};

/* How many are kept; one of these, the oldest first. */
size_t h2_points_kept(const struct h2_points *points);
struct h2_point h2_points_at(const struct h2_points *points, size_t i);

/* When a window was used up. */
struct h2_blocking {
    struct mark since; /* blocked since; not set: it is not */
    struct mark from;  /* the longest time that it was blocked and not now */
    struct mark until;
    int64_t from_start; /* what the window held then */
    uint64_t from_sent;
    uint64_t from_credited;
    int64_t from_beside;
    int64_t beside; /* of a stream's: what was left of the connection's when
                       it was used up, for `since` */
    struct h2_points recent; /* steps since it was used up for the first time */
    struct h2_points before; /* the same, as they were at `until`: their last is
                                of `from`, or in that time */
    struct h2_points after;  /* the first steps from `until` on */
};

struct h2_window {
    int64_t start; /* the initial size, after changes of SETTINGS */
    uint64_t sent;
    uint64_t credited;
    nanos begun; /* its first byte was sent, or waited; 0: none */
    struct h2_blocking blocking;
};

static inline int64_t h2_window_left(const struct h2_window *window)
{
    return window->start + (int64_t)window->credited - (int64_t)window->sent;
}

/* Is the longest time blocked the present one? */
bool h2_window_is_blocked(const struct h2_window *window, struct mark now);

/* The window as it was in the longest time blocked, to `now`. */
struct h2_window h2_window_then(const struct h2_window *window,
                                struct mark now);

/* What was left of the connection's window when that time began. */
int64_t h2_window_beside(const struct h2_window *window, struct mark now);

/* The longest time blocked, the present one to `now` included. */
nanos h2_window_longest(const struct h2_window *window, struct mark now);

#endif
