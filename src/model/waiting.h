/*
 * The exchanges of one connection that have not come to their end, oldest
 * first. The list owns them.
 */
#ifndef MODEL_WAITING_H
#define MODEL_WAITING_H

#include "model/exchange.h"

struct waiting {
    struct exchange *first;
    struct exchange *last;
    uint32_t count;
    uint64_t highest; /* stream that ever was in it */
};

void waiting_append(struct waiting *waiting, struct exchange *x);

/* Takes it out; it is the caller's then. */
void waiting_remove(struct waiting *waiting, struct exchange *x);

/* NULL when none has that stream. */
struct exchange *waiting_find(const struct waiting *waiting, uint64_t stream);

/* Frees what is left. */
void waiting_release(struct waiting *waiting);

#endif
