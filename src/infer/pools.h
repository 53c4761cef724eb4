/*
 * Pools at their limit: a proxy that has as many requests under way at one
 * server as it ever has, and begins the next when one of them ends, while
 * others wait in front of it.
 *
 *     client --front----waits---------------------> proxy
 *                               proxy --upstream--> server
 *         proxy --another upstream-->|
 *
 * That a client waits by itself is seen on no wire.
 */
#ifndef INFER_POOLS_H
#define INFER_POOLS_H

#include "infer/legs.h"

/* A shorter wait may be the proxy's own work. */
#define POOL_WAIT_LEAST (50 * NANOS_PER_MILLI)

enum {
    POOL_FITS_MOST = 128,    /* exchanges that ended next, to look for fronts */
    POOL_AT_ONCE_MOST = 256, /* requests under way: more are no pool */
    POOL_WAITS_MOST = 256,   /* that are looked at: the others count as none */
    POOL_WAITS_LEAST = 3     /* that a limit takes */
};

struct pool {
    struct endpoint client; /* the proxy, without its port */
    struct endpoint server;
    unsigned at_once;
    uint64_t waited; /* requests */
    nanos longest;   /* at the least */
};

/*
 * Of the exchanges that are kept; those that were under way when one that is no
 * longer kept was count for nothing. A pool of which more than a fifth waited
 * otherwise is none.
 */
void pools_find(const struct legs *legs,
                void (*take)(void *context, const struct pool *pool),
                void *context);

#endif
