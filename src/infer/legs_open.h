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
    bool counts; /* else nothing is: all that is asked about has ended */
    uint32_t count[LEGS_OPEN_COUNTS];
};

/* Where it is counted: by its server, its method, the end of its path. */
uint32_t legs_open_slot(const struct conn *conn, const struct exchange *x);

/* The request's head has come; later, it has ended. */
void legs_open_begin(struct legs_open *open, const struct conn *conn,
                     const struct exchange *x);
void legs_open_end(struct legs_open *open, const struct conn *conn,
                   const struct exchange *x);

#endif
