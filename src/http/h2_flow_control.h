/*
 * A flow-control account as it is kept while its stream, or its connection, is
 * open. Most are never used up, and cost little: when one was blocked is kept
 * apart.
 */
#ifndef HTTP_H2_FLOW_CONTROL_H
#define HTTP_H2_FLOW_CONTROL_H

#include "http/h2_window.h"

struct h2_account {
    int64_t start; /* as in struct h2_window */
    uint64_t sent;
    uint64_t credited;
    struct h2_blocking *blocking; /* owned; NULL: it never was blocked */
};

/* `start`: bytes that may be sent before any credit. */
void h2_account_init(struct h2_account *account, int64_t start);
void h2_account_release(struct h2_account *account);

static inline int64_t h2_account_left(const struct h2_account *account)
{
    return account->start + (int64_t)account->credited - (int64_t)account->sent;
}

/* `size` bytes were sent; `more` follow, as far as can be known. */
void h2_account_send(struct h2_account *account, uint64_t size, bool more,
                     struct mark at);

/* WINDOW_UPDATE, or a change of SETTINGS_INITIAL_WINDOW_SIZE by `change`. */
void h2_account_credit(struct h2_account *account, uint64_t size,
                       struct mark at);
void h2_account_resize(struct h2_account *account, int64_t change,
                       struct mark at);

/* There is nothing more to send, or nobody to send it. */
void h2_account_end(struct h2_account *account, struct mark at);

/* The account as it is now; it borrows nothing. */
struct h2_window h2_account_window(const struct h2_account *account);

#endif
