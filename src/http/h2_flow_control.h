/*
 * Flow control as it is kept of one sender while its stream, or its connection,
 * is open. Most windows are never used up, and cost little: when one was
 * blocked is kept apart.
 */
#ifndef HTTP_H2_FLOW_CONTROL_H
#define HTTP_H2_FLOW_CONTROL_H

#include "http/h2_window.h"

struct h2_flow_control {
    int64_t start; /* as in struct h2_window */
    uint64_t sent;
    uint64_t credited;
    nanos begun;                  /* as in struct h2_window */
    struct h2_blocking *blocking; /* owned; NULL: it never was blocked */
};

/* `start`: bytes that may be sent before any credit. */
void h2_flow_control_init(struct h2_flow_control *flow_control, int64_t start);
void h2_flow_control_release(struct h2_flow_control *flow_control);

static inline int64_t
h2_flow_control_left(const struct h2_flow_control *flow_control)
{
    return flow_control->start + (int64_t)flow_control->credited -
           (int64_t)flow_control->sent;
}

/* `size` bytes were sent; `more` follow, as far as can be known. */
void h2_flow_control_send(struct h2_flow_control *flow_control, uint64_t size,
                          bool more, struct mark at);

/* WINDOW_UPDATE, or a change of SETTINGS_INITIAL_WINDOW_SIZE by `change`. */
void h2_flow_control_credit(struct h2_flow_control *flow_control, uint64_t size,
                            struct mark at);
void h2_flow_control_resize(struct h2_flow_control *flow_control,
                            int64_t change, struct mark at);

/* There is nothing more to send, or nobody to send it. */
void h2_flow_control_end(struct h2_flow_control *flow_control, struct mark at);

/* The window as it is now; it borrows nothing. */
struct h2_window
h2_flow_control_window(const struct h2_flow_control *flow_control);

#endif
