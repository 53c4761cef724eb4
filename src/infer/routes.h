/*
 * The routes of one server (route_name.h), with what became of the exchanges
 * of each and how long its answers took.
 *
 * So many are kept, those asked for most: they are the counters of Misra and
 * Gries ("Finding repeated elements", 1982). Each use of a route adds to its
 * credit. One of some requests whose route finds no room takes the place of a
 * route that has no credit left, or, while there is none, one of the credit of
 * each. A route that more than one of so many requests is for as routes are
 * kept therefore comes in, and stays. What is not kept is counted in `other`,
 * so that nothing is missing from the sum; a route of which some may be there
 * is told as partial.
 */
#ifndef INFER_ROUTES_H
#define INFER_ROUTES_H

#include "infer/route_limits.h"
#include "infer/route_name.h"

#include "base/sketch.h"

enum {
    ROUTES_KEPT = 64,       /* of a server */
    ROUTES_ALL_MOST = 4096, /* of all servers */
    ROUTES_TRIED_OF = 16    /* requests that find no room: one of so many */
};

/* How long answers that came whole took, from when the server was asked. */
struct latency {
    struct sketch first_byte;
    struct sketch end;
};

void latency_join(struct latency *latency, const struct latency *other);
void latency_release(struct latency *latency);

/* What became of an exchange. */
struct route_use {
    bool complete;
    bool is_timed;
    nanos first_byte; /* when it is */
    nanos end;
    enum route_bearing bears;
    nanos took; /* where it bears on a limit, */
    struct mark at;
};

struct route {
    char *name; /* owned; the method, the path; NULL: of `other` */
    size_t method;
    size_t size;
    uint64_t exchanges;
    uint64_t complete;
    uint64_t failed;
    struct latency latency;
    struct route_limits limits; /* nothing of `other` */
    bool is_partial;
};

/* What is asked of each route to find one. */
struct route_key {
    uint64_t hash;
    uint64_t credit; /* beyond routes.level */
    uint8_t next;    /* of its bucket: its number, from 1; 0: none */
};

enum {
    ROUTES_BUCKETS = 128
};

struct routes {
    struct route *route;   /* owned; in no order that matters */
    struct route_key *key; /* owned; of each route */
    size_t count;
    size_t room;
    struct route other; /* all that are not kept, and requests not seen */
    bool has_other;     /* a route may be in it */
    uint64_t missed;    /* requests of routes that found no room */
    uint64_t level;     /* what was taken of each credit so far */
    uint64_t least;     /* no credit is lower */
    uint8_t bucket[ROUTES_BUCKETS];
};

/* What all servers share. */
struct routes_shared {
    uint64_t seed;
    size_t kept; /* routes */
};

void routes_add(struct routes *routes, struct routes_shared *shared,
                const struct exchange *x, const struct route_use *use);
void routes_release(struct routes *routes, struct routes_shared *shared);

/* The route of an exchange. NULL: it is not known, or some of its exchanges may
 * be counted among others. */
const struct route *routes_find(const struct routes *routes,
                                const struct exchange *x);

/*
 * Several routes failed after limits of their own: of none that a server cut an
 * answer of, or that a gateway gave up on, another answer took longer.
 */
bool routes_explain_cuts(const struct routes *routes);
bool routes_explain_gateway(const struct routes *routes);

/* Of all that were timed, joined; the caller releases it. */
struct latency routes_latency(const struct routes *routes);

/* Borrowed, by number of exchanges, then by name. As many as routes->count. */
void routes_sort(const struct routes *routes,
                 const struct route *sorted[static ROUTES_KEPT]);

#endif
