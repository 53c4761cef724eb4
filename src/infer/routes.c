#include "infer/routes.h"

#include "base/arena.h"
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

static void latency_add(struct latency *latency, const struct route_use *use)
{
    sketch_add(&latency->first_byte, use->first_byte);
    sketch_add(&latency->end, use->end);
}

void latency_join(struct latency *latency, const struct latency *other)
{
    sketch_join(&latency->first_byte, &other->first_byte);
    sketch_join(&latency->end, &other->end);
}

void latency_release(struct latency *latency)
{
    sketch_release(&latency->first_byte);
    sketch_release(&latency->end);
}

static uint64_t hash_of(const struct route_name *name, uint64_t seed)
{
    uint64_t hash = hash_mix(seed, name->size << 8 | name->method);

    for (size_t at = 0; at < name->size; at += sizeof hash) {
        uint64_t word;

        memcpy(&word, name->text + at, sizeof word);
        hash = hash_mix(hash, word);
    }
    return hash;
}

static uint8_t *bucket_of(struct routes *routes, uint64_t hash)
{
    return &routes->bucket[hash % ROUTES_BUCKETS];
}

static struct route *find(struct routes *routes, uint64_t hash,
                          const struct route_name *name)
{
    uint8_t next = *bucket_of(routes, hash);

    while (next) {
        struct route *route = &routes->route[next - 1];
        struct route_key *key = &routes->key[next - 1];

        if (key->hash == hash && route->method == name->method &&
            route->size == name->size &&
            memcmp(route->name, name->text, name->size) == 0) {
            key->credit++;
            return route;
        }
        next = key->next;
    }
    return NULL;
}

/* Its figures are zero, its place is in no bucket. */
static struct route *begin_route(struct routes *routes, size_t at,
                                 uint64_t hash, const struct route_name *name)
{
    struct route *route = &routes->route[at];
    uint8_t *bucket = bucket_of(routes, hash);

    route->name = must_realloc(route->name, name->size, 1);
    memcpy(route->name, name->text, name->size);
    route->method = name->method;
    route->size = name->size;
    route->is_partial = routes->has_other;
    routes->key[at] = (struct route_key){.hash = hash,
                                         .credit = routes->level + 1,
                                         .next = *bucket};
    *bucket = (uint8_t)(at + 1);
    if (routes->level + 1 < routes->least)
        routes->least = routes->level + 1;
    return route;
}

static size_t append(struct routes *routes)
{
    static_assert(ROUTES_KEPT < UINT8_MAX, "numbers of routes are a byte");
    if (routes->count == routes->room) {
        routes->room = routes->room ? 2 * routes->room : 4;
        routes->route =
            must_realloc(routes->route, routes->room, sizeof *routes->route);
        routes->key =
            must_realloc(routes->key, routes->room, sizeof *routes->key);
    }
    routes->route[routes->count] = (struct route){0};
    return routes->count++;
}

static void count_as_other(struct routes *routes, struct route *route)
{
    struct route *other = &routes->other;

    other->exchanges += route->exchanges;
    other->complete += route->complete;
    other->failed += route->failed;
    latency_join(&other->latency, &route->latency);
    route->limits = (struct route_limits){0};
    route->exchanges = 0;
    route->complete = 0;
    route->failed = 0;
    sketch_clear(&route->latency.first_byte);
    sketch_clear(&route->latency.end);
}

static void take_out(struct routes *routes, size_t at)
{
    uint8_t *link = bucket_of(routes, routes->key[at].hash);

    while (*link != at + 1)
        link = &routes->key[*link - 1].next;
    *link = routes->key[at].next;
}

/* The first that has no credit left. False: all have some. */
static bool find_spent(struct routes *routes, size_t *at)
{
    uint64_t least = UINT64_MAX;

    if (routes->level < routes->least)
        return false;
    for (*at = 0; *at < routes->count; ++*at) {
        uint64_t credit = routes->key[*at].credit;

        if (credit <= routes->level)
            return true;
        if (credit < least)
            least = credit;
    }
    routes->least = least;
    return false;
}

/* The place of a route that goes for another. False: all stay. */
static bool displace(struct routes *routes, size_t *at)
{
    routes->has_other = true;
    if (++routes->missed % ROUTES_TRIED_OF)
        return false;
    if (!find_spent(routes, at)) {
        routes->level++;
        return false;
    }
    take_out(routes, *at);
    count_as_other(routes, &routes->route[*at]);
    return true;
}

static struct route *use(struct routes *routes, struct routes_shared *shared,
                         const struct exchange *x)
{
    struct route_name name;
    struct route *route;
    uint64_t hash;
    size_t at;

    if (!route_name_of(&name, x))
        return &routes->other;
    hash = hash_of(&name, shared->seed);
    route = find(routes, hash, &name);
    if (route)
        return route;
    if (routes->count < ROUTES_KEPT && shared->kept < ROUTES_ALL_MOST) {
        at = append(routes);
        shared->kept++;
    } else if (!displace(routes, &at)) {
        return &routes->other;
    }
    return begin_route(routes, at, hash, &name);
}

void routes_add(struct routes *routes, struct routes_shared *shared,
                const struct exchange *x, const struct route_use *what)
{
    struct route *route = use(routes, shared, x);

    route->exchanges++;
    if (what->complete)
        route->complete++;
    else
        route->failed++;
    if (what->is_timed)
        latency_add(&route->latency, what);
    if (route != &routes->other)
        route_limits_add(&route->limits, what->bears, what->took, what->at);
}

const struct route *routes_find(const struct routes *routes,
                                const struct exchange *x)
{
    struct route_name name;

    if (!routes || !route_name_of(&name, x))
        return NULL;
    for (size_t i = 0; i < routes->count; i++) {
        const struct route *route = &routes->route[i];

        if (route->method == name.method && route->size == name.size &&
            memcmp(route->name, name.text, name.size) == 0)
            return route->is_partial ? NULL : route;
    }
    return NULL;
}

/* Each that failed so did after its own limit, and others may have failed of
 * none; `other` would have to be looked into. */
static bool explain(const struct routes *routes,
                    const struct durations *(*failed)(const struct route *),
                    bool (*fits)(const struct route_limits *))
{
    size_t several = 0;

    if (!routes || routes->has_other)
        return false;
    for (size_t i = 0; i < routes->count; i++) {
        const struct route *route = &routes->route[i];

        if (failed(route)->samples && !fits(&route->limits))
            return false;
        several += failed(route)->samples > 0;
    }
    return several > 0 && routes->count > 1;
}

static const struct durations *cut_of(const struct route *route)
{
    return &route->limits.cut;
}

static const struct durations *gateway_of(const struct route *route)
{
    return &route->limits.gateway;
}

bool routes_explain_cuts(const struct routes *routes)
{
    return explain(routes, cut_of, route_limits_bound_cut);
}

bool routes_explain_gateway(const struct routes *routes)
{
    return explain(routes, gateway_of, route_limits_gateway);
}

void routes_release(struct routes *routes, struct routes_shared *shared)
{
    for (size_t i = 0; i < routes->count; i++) {
        free(routes->route[i].name);
        latency_release(&routes->route[i].latency);
    }
    shared->kept -= routes->count;
    latency_release(&routes->other.latency);
    free(routes->route);
    free(routes->key);
    *routes = (struct routes){0};
}

struct latency routes_latency(const struct routes *routes)
{
    struct latency all = {.end = {.samples = 0}};

    latency_join(&all, &routes->other.latency);
    for (size_t i = 0; i < routes->count; i++)
        latency_join(&all, &routes->route[i].latency);
    return all;
}

static int by_use(const void *left, const void *right)
{
    const struct route *a = *(const struct route *const *)left;
    const struct route *b = *(const struct route *const *)right;
    size_t size = a->size < b->size ? a->size : b->size;
    int order;

    if (a->exchanges != b->exchanges)
        return a->exchanges < b->exchanges ? 1 : -1;
    order = memcmp(a->name, b->name, size);
    if (order == 0)
        order = (a->size > b->size) - (a->size < b->size);
    if (order == 0)
        order = (a->method > b->method) - (a->method < b->method);
    return order;
}

void routes_sort(const struct routes *routes,
                 const struct route *sorted[static ROUTES_KEPT])
{
    for (size_t i = 0; i < routes->count; i++)
        sorted[i] = &routes->route[i];
    qsort(sorted, routes->count, sizeof(struct route *), by_use);
}
