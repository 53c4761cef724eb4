/* Whether what one server is asked comes from what another is asked. */
#include "infer/legs_route.h"

enum {
    /* Of a server, the latest: enough to tell whether it is behind another. */
    LOOKED_AT_MOST = 128,
    ROUTE_LEAST = 75, /* of a hundred, of those that could be behind it */
    ROW_LEAST = 4     /* exchanges, of a row on one host */
};

/* A client that asks twice may say the same of itself both times. */
static bool is_proven(const struct leg *front, const struct leg *upstream)
{
    return !legs_is_one_host(&front->client, &upstream->client) &&
           leg_proof(front, upstream) == PROOF_ID;
}

bool leg_fits(const struct legs *legs, const struct leg *front,
              const struct leg *upstream)
{
    return leg_is_inside(front, upstream) &&
           !endpoint_same(&front->server, &upstream->server) &&
           (legs_is_one_host(&front->server, &upstream->client) ||
            legs_is_joined(legs, &front->server, &upstream->client) ||
            is_proven(front, upstream));
}

/*
 * What a gateway asks for it was asked for before. Of the exchanges with
 * `upstream` that ask, from the same host, for what `front` is asked for by
 * others: how many of a hundred are inside one of those? Some may ask directly.
 * On one host addresses tell nothing, and only this does.
 */
static struct leg_route measure_route(const struct legs *legs,
                                      const struct leg *front,
                                      const struct leg *upstream)
{
    struct leg_route route = {.front = front->server,
                              .upstream = upstream->server,
                              .added = legs->added};
    unsigned asked = 0;
    unsigned inside = 0;
    unsigned tight = 0;

    for (size_t i = legs->count; i-- > 0 && asked < LOOKED_AT_MOST;) {
        const struct leg *leg = legs_at(legs, i);
        bool is_asked = false;
        bool is_inside = false;
        bool is_tight = false;

        if (leg->exchange == 0 ||
            !endpoint_same(&leg->server, &upstream->server) ||
            !legs_is_one_host(&leg->client, &upstream->client))
            continue;
        for (size_t k = 0; k < legs->count && !is_tight; k++) {
            const struct leg *other = legs_at(legs, k);

            if (!endpoint_same(&other->server, &front->server))
                continue;
            is_asked |= leg_asks_the_same(other, leg);
            is_inside |= leg_fits(legs, other, leg);
            is_tight = is_inside && leg_is_tight(other, leg);
        }
        asked += is_asked;
        inside += is_inside;
        tight += is_tight;
    }
    route.percent = asked ? 100 * inside / asked : 0;
    route.is_row = asked >= ROW_LEAST && tight == asked;
    return route;
}

/* What little has been added since changes nothing much. */
static bool is_fresh(const struct legs *legs, const struct leg_route *route)
{
    return route->added && legs->added - route->added <= route->added / 16 &&
           legs->added - route->added <= LOOKED_AT_MOST;
}

/* That, but found once for a while; of many none is looked at. */
static struct leg_route route_of(struct legs *legs, const struct leg *front,
                                 const struct leg *upstream)
{
    struct leg_route *route = legs->route;

    for (size_t i = 0; i < LEGS_ROUTES_KEPT; i++) {
        if (is_fresh(legs, &route[i]) &&
            endpoint_same(&route[i].front, &front->server) &&
            endpoint_same(&route[i].upstream, &upstream->server))
            return route[i];
    }
    if (legs->routes_added != legs->added)
        legs->routes_found = 0;
    legs->routes_added = legs->added;
    if (legs->routes_found++ >= LEGS_ROUTES_MOST)
        return (struct leg_route){0};
    route += legs->routes++ % LEGS_ROUTES_KEPT;
    *route = measure_route(legs, front, upstream);
    return *route;
}

bool legs_is_row(struct legs *legs, const struct leg *front,
                 const struct leg *upstream)
{
    return route_of(legs, front, upstream).is_row;
}

/* Of all that fit it `front` has a route to it that is as good as any. */
bool legs_is_behind(struct legs *legs, const struct leg *front,
                    const struct leg *upstream)
{
    unsigned percent;
    unsigned fitting = 0;

    if (!leg_fits(legs, front, upstream))
        return false;
    if (is_proven(front, upstream))
        return true;
    percent = route_of(legs, front, upstream).percent;
    if (percent < ROUTE_LEAST)
        return false;
    for (size_t i = legs_from(legs, upstream->start.frame); i < legs->count;
         i++) {
        const struct leg *other = legs_at(legs, i);

        if (endpoint_same(&other->server, &front->server) ||
            !leg_fits(legs, other, upstream))
            continue;
        if (++fitting > LEGS_FIT_MOST ||
            route_of(legs, other, upstream).percent > percent)
            return false;
    }
    return true;
}
