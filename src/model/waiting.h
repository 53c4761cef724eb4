/*
 * The exchanges of one connection that have not come to their end, oldest
 * first. The list owns them. Thousands may wait, and each packet may concern
 * one of them, so no packet walks the list: those whose messages are whole,
 * and only have to be acknowledged, are in a list of their own, and one is
 * looked for from where the last one was found.
 */
#ifndef MODEL_WAITING_H
#define MODEL_WAITING_H

#include "model/exchange.h"

struct waiting {
    struct exchange *first;
    struct exchange *last;
    struct exchange *whole; /* in the order in which they became it */
    struct exchange *whole_last;
    struct exchange *found; /* where the next one is looked for */
    uint32_t count;
    uint64_t highest; /* stream that ever was in it */
};

void waiting_append(struct waiting *waiting, struct exchange *x);

/* Takes it out; it is the caller's then. */
void waiting_remove(struct waiting *waiting, struct exchange *x);

/*
 * NULL when none has that stream. Streams must have been appended in order;
 * asked for in order, as they are answered, each costs a step.
 */
struct exchange *waiting_find(struct waiting *waiting, uint64_t stream);

/* Its messages are whole. Once for each. */
void waiting_is_whole(struct waiting *waiting, struct exchange *x);

/* It is told later, not with those that are whole. */
void waiting_put_off(struct waiting *waiting, struct exchange *x);

/* Frees what is left. */
void waiting_release(struct waiting *waiting);

#endif
