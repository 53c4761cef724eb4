/* Whether what one server is asked comes from what another is asked. */
#include "infer/legs_route.h"

enum {
    /* Of a server, the latest: enough to tell whether it is behind another. */
    LOOKED_AT_MOST = 128,
    ROUTE_LEAST = 75 /* of a hundred, of those that could be behind it */
};

bool legs_is_one_host(const struct endpoint *a, const struct endpoint *b)
{
    return memcmp(&a->address, &b->address, sizeof a->address) == 0 ||
           (legs_is_loopback(a) && legs_is_loopback(b));
}

bool leg_is_same(const struct leg *a, const struct leg *b)
{
    return a->connection == b->connection && a->exchange == b->exchange;
}

bool leg_says_gateway(const struct leg *leg)
{
    return leg->status >= 502 && leg->status <= 504;
}

/* The same is asked for, with or without a first part of the path. */
static bool asks_the_same(const struct leg *a, const struct leg *b)
{
    if (a->method != b->method)
        return false;
    return a->target == b->target || (a->tail && a->tail == b->target) ||
           (b->tail && b->tail == a->target);
}

/* A gateway sends no more of a body on than it has, and not less of one that
 * both have had to the end. */
static bool has_the_content(const struct leg *front, const struct leg *upstream)
{
    return front->request_whole && upstream->request_whole
               ? front->content == upstream->content
               : upstream->content <= front->content;
}

/* What a gateway answers is what it was answered, unless that failed. */
static bool has_the_answer(const struct leg *front, const struct leg *upstream)
{
    if (front->how != LEG_ANSWERED || leg_says_gateway(front) ||
        upstream->how != LEG_ANSWERED || upstream->status >= 500)
        return true;
    return front->status == upstream->status;
}

/* Could `upstream` be asked because of `front`, as far as the two tell? */
bool leg_fits(const struct leg *front, const struct leg *upstream)
{
    uint64_t over =
        mark_is_set(front->first) ? front->first.frame : front->end.frame;

    return upstream->exchange != 0 && front->exchange != 0 &&
           mark_is_set(front->start) && mark_is_set(upstream->start) &&
           legs_is_one_host(&front->server, &upstream->client) &&
           !endpoint_same(&front->server, &upstream->server) &&
           upstream->start.frame > front->start.frame &&
           (upstream->start.frame < over) && asks_the_same(front, upstream) &&
           has_the_content(front, upstream) && has_the_answer(front, upstream);
}

/*
 * What a gateway asks for it was asked for before. Of the exchanges with
 * `upstream` that ask, from the same host, for what `front` is asked for by
 * others: how many of a hundred are inside one of those? Some may ask directly.
 * On one host addresses tell nothing, and only this does.
 */
static unsigned percent_of_route(struct legs *legs, const struct leg *front,
                                 const struct leg *upstream)
{
    unsigned asked = 0;
    unsigned inside = 0;

    for (size_t i = legs->count; i-- > 0 && asked < LOOKED_AT_MOST;) {
        const struct leg *leg = legs_at(legs, i);
        bool is_asked = false;
        bool is_inside = false;

        if (leg->exchange == 0 ||
            !endpoint_same(&leg->server, &upstream->server) ||
            !legs_is_one_host(&leg->client, &upstream->client))
            continue;
        for (size_t k = 0; k < legs->count && !is_inside; k++) {
            const struct leg *other = legs_at(legs, k);

            if (!endpoint_same(&other->server, &front->server))
                continue;
            is_asked |= asks_the_same(other, leg);
            is_inside = leg_fits(other, leg);
        }
        asked += is_asked;
        inside += is_inside;
    }
    return asked ? 100 * inside / asked : 0;
}

/* That, but found once until something is added. */
static unsigned route_percent(struct legs *legs, const struct leg *front,
                              const struct leg *upstream)
{
    struct leg_route *route = legs->route;

    for (size_t i = 0; i < LEGS_ROUTES_KEPT; i++) {
        if (route[i].added == legs->added &&
            endpoint_same(&route[i].front, &front->server) &&
            endpoint_same(&route[i].upstream, &upstream->server))
            return route[i].percent;
    }
    if (legs->routes_added != legs->added)
        legs->routes_found = 0;
    legs->routes_added = legs->added;
    if (legs->routes_found++ >= LEGS_ROUTES_MOST)
        return 0;
    route += legs->routes++ % LEGS_ROUTES_KEPT;
    *route = (struct leg_route){
        .front = front->server,
        .upstream = upstream->server,
        .added = legs->added,
        .percent = percent_of_route(legs, front, upstream),
    };
    return route->percent;
}

/* Of all that fit it `front` has a route to it that is as good as any. */
bool legs_is_behind(struct legs *legs, const struct leg *front,
                    const struct leg *upstream)
{
    unsigned percent;
    unsigned fitting = 0;

    if (!leg_fits(front, upstream))
        return false;
    percent = route_percent(legs, front, upstream);
    if (percent < ROUTE_LEAST)
        return false;
    for (size_t i = 0; i < legs->count; i++) {
        const struct leg *other = legs_at(legs, i);

        if (endpoint_same(&other->server, &front->server) ||
            !leg_fits(other, upstream))
            continue;
        if (++fitting > LEGS_FIT_MOST ||
            route_percent(legs, other, upstream) > percent)
            return false;
    }
    return true;
}
