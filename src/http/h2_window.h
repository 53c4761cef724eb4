/*
 * A window is one flow-control account (RFC 9113, 5.2): how many bytes a
 * sender may still send on a stream, or on the connection. It is kept from
 * outside, by what was sent and what was credited.
 *
 *     left = start + credited - sent      (negative after a shrunk SETTINGS)
 *
 * The sender is blocked while nothing is left and it has more to send.
 */
#ifndef HTTP_H2_WINDOW_H
#define HTTP_H2_WINDOW_H

#include "tcp/conn.h"

struct h2_window {
    int64_t start; /* the initial size, after changes of SETTINGS */
    uint64_t sent;
    uint64_t credited;
    struct mark since; /* blocked since; not set: it is not */
    struct mark from;  /* the longest time that it was blocked and not now */
    struct mark until;
    uint64_t from_sent; /* what the account held then */
    uint64_t from_credited;
    nanos blocked; /* in all, without the present time */
};

void h2_window_init(struct h2_window *window, int64_t start);

int64_t h2_window_left(const struct h2_window *window);

/* `size` bytes were sent; `more` follow, as far as can be known. */
void h2_window_send(struct h2_window *window, uint64_t size, bool more,
                    struct mark at);

/* WINDOW_UPDATE, or a change of SETTINGS_INITIAL_WINDOW_SIZE by `change`. */
void h2_window_credit(struct h2_window *window, uint64_t size, struct mark at);
void h2_window_resize(struct h2_window *window, int64_t change, struct mark at);

/* There is nothing more to send, or nobody to send it. */
void h2_window_end(struct h2_window *window, struct mark at);

/* Is it blocked, or was it ever? */
static inline bool h2_window_was_blocked(const struct h2_window *window)
{
    return mark_is_set(window->since) || mark_is_set(window->from);
}

/* The account as it was in the longest time blocked, to `now`. */
struct h2_window h2_window_then(const struct h2_window *window,
                                struct mark now);

/* The longest time blocked, the present one to `now` included. */
nanos h2_window_longest(const struct h2_window *window, struct mark now);

#endif
