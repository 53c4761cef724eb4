/*
 * Requests that have not ended, by what they ask for: while others ask the same
 * server for the same, what is behind which of them is not known yet.
 */
#ifndef INFER_LEGS_OPEN_H
#define INFER_LEGS_OPEN_H

#include "model/exchange.h"

enum {
    LEGS_OPEN_COUNTS = 4096
};

/* Counts by a hash: none is too low, some may be too high. */
struct legs_open {
    uint32_t count[LEGS_OPEN_COUNTS];
};

/* The request's head has come; later, it has ended. */
void legs_open_begin(struct legs_open *open, const struct conn *conn,
                     const struct exchange *x);
void legs_open_end(struct legs_open *open, const struct conn *conn,
                   const struct exchange *x);

/* Does another ask for the same, now that `x` has ended? */
bool legs_open_has(const struct legs_open *open, const struct conn *conn,
                   const struct exchange *x);

#endif
