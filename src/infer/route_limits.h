/*
 * The limits of one route of a server: its slowest whole answer, its soonest
 * cut, what a gateway said of it. A server may have one for each route (an
 * nginx location, a handler that sets its own deadline); then no single limit
 * explains all its exchanges, and each route's does its own.
 */
#ifndef INFER_ROUTE_LIMITS_H
#define INFER_ROUTE_LIMITS_H

#include "infer/durations.h"

/* How an exchange bears on a limit. */
enum route_bearing {
    BEARS_NOT,     /* on none */
    BEARS_ANSWER,  /* answered whole */
    BEARS_GATEWAY, /* the same, by a gateway's 502 to 504 after the floor */
    BEARS_CUT,     /* the server closed, after the floor */
    BEARS_RESET    /* HTTP/2: its RST_STREAM(INTERNAL_ERROR), after the floor */
};

struct route_limits {
    uint64_t answers; /* whole ones, of either kind */
    nanos longest;    /* of them */
    struct mark longest_at;
    uint64_t served; /* whole ones that no gateway had to make up */
    nanos longest_served;
    struct mark longest_served_at;
    struct durations cut;
    struct durations gateway;
    struct durations reset;
};

void route_limits_add(struct route_limits *limits, enum route_bearing bearing,
                      nanos took, struct mark at);

/* Some were cut, and no whole answer took longer than the soonest of those. */
bool route_limits_cut(const struct route_limits *limits);

/*
 * The same, and it says something of a limit: several answers were whole, the
 * slowest after more than half as long as the soonest cut, and these are of
 * several instants.
 */
bool route_limits_bound_cut(const struct route_limits *limits);

/* A gateway gave up on it at several instants, always after the same time, and
 * no answer took longer. */
bool route_limits_gateway(const struct route_limits *limits);

/* Its streams were reset at several instants, always after the same time, and
 * no answer took longer. */
bool route_limits_reset(const struct route_limits *limits);

#endif
