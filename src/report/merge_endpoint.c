#include "report/merge_endpoint.h"

#include "base/arena.h"
#include "infer/hints.h"
#include "report/json_use.h"
#include "report/json_values.h"

#include <math.h>
#include <stdlib.h>

static json_int_t sum(json_t *a, json_t *b)
{
    json_int_t total;

    if (__builtin_add_overflow(json_integer_value(a), json_integer_value(b),
                               &total))
        return INT64_MAX;
    return total;
}

void merge_counts(json_t *into, json_t *from)
{
    const char *key;
    json_t *value;

    json_object_foreach(from, key, value)
    {
        json_t *old = json_object_get(into, key);

        if (json_is_integer(value))
            json_object_set_new(into, key, json_integer(sum(old, value)));
        else if (json_is_object(value) && json_is_object(old))
            merge_counts(old, value);
        else if (!old)
            json_object_set(into, key, value);
    }
}

void merge_sum(json_t *into, json_t *from, const char *key)
{
    json_object_set_new(into, key,
                        json_integer(sum(json_object_get(into, key),
                                         json_object_get(from, key))));
}

void merge_bound(json_t *into, json_t *from, const char *key, bool lower)
{
    json_t *old = json_object_get(into, key);
    json_t *new = json_object_get(from, key);

    if (!json_is_number(new))
        return;
    if (!json_is_number(old) ||
        (json_number_value(new) < json_number_value(old)) == lower)
        json_object_set(into, key, new);
}

static nanos nanos_of(json_t *seconds)
{
    double value = json_number_value(seconds) * 1e9;

    /* a sketch takes no more than that, and no less */
    return value >= 0 && value < 1e17 ? (nanos)llround(value) : -1;
}

static bool alike(json_t *a, json_t *b)
{
    return durations_alike(nanos_of(a), nanos_of(b));
}

/* Both took as long as each other, or nothing is exact. */
static void join_exact(json_t *into, json_t *from)
{
    json_t *old = json_object_get(into, "exact_s");
    json_t *new = json_object_get(from, "exact_s");

    if (json_is_number(old) && json_is_number(new) && alike(old, new))
        merge_bound(into, from, "exact_s", true);
    else
        json_object_set_new(into, "exact_s", json_null());
}

static void join_bracket(json_t *into, json_t *from)
{
    json_t *good;
    json_t *bad;
    bool both = json_is_true(json_object_get(into, "consistent")) &&
                json_is_true(json_object_get(from, "consistent"));

    merge_bound(into, from, "longest_success_s", false);
    merge_bound(into, from, "shortest_failure_s", true);
    join_exact(into, from);
    merge_sum(into, from, "samples");
    merge_sum(into, from, "odd");
    good = json_object_get(into, "longest_success_s");
    bad = json_object_get(into, "shortest_failure_s");
    json_object_set_new(into, "consistent",
                        json_boolean(both && (!json_is_number(good) ||
                                              json_number_value(good) <=
                                                  json_number_value(bad) ||
                                              alike(good, bad))));
}

static void join_timeout(json_t *into, json_t *from)
{
    merge_bound(into, from, "shortest_s", true);
    merge_bound(into, from, "longest_s", false);
    join_exact(into, from);
    merge_sum(into, from, "samples");
}

void merge_member(json_t *into, json_t *from, const char *key,
                  void (*join)(json_t *into, json_t *from))
{
    json_t *old = json_object_get(into, key);
    json_t *new = json_object_get(from, key);

    if (json_is_object(old) && json_is_object(new))
        join(old, new);
    else if (json_is_object(new))
        json_object_set(into, key, new);
}

/* False: it is none. Of null it is empty. */
static bool read_latency(json_t *json, struct latency *latency)
{
    static const char *const name[] = {"first_byte", "end"};
    static const char *const bounds[] = {"first_byte_s", "end_s"};
    struct sketch *sketch[] = {&latency->first_byte, &latency->end};

    *latency = (struct latency){.end = {.samples = 0}};
    if (!json || json_is_null(json))
        return true;
    for (unsigned i = 0; i < 2; i++) {
        json_t *bound = json_object_get(json, bounds[i]);
        json_t *text =
            json_object_get(json_object_get(json, "sketch"), name[i]);

        if (!json_is_string(text) ||
            !sketch_read(sketch[i], json_string_value(text),
                         nanos_of(json_object_get(bound, "shortest")),
                         nanos_of(json_object_get(bound, "longest")))) {
            latency_release(latency);
            return false;
        }
    }
    return true;
}

static void join_latency(json_t *into, json_t *from)
{
    struct latency a;
    struct latency b;
    bool both = read_latency(json_object_get(into, "latency"), &a);

    if (read_latency(json_object_get(from, "latency"), &b) && both) {
        latency_join(&a, &b);
        json_object_set_new(into, "latency", json_latency(&a));
    }
    latency_release(&a);
    latency_release(&b);
}

/* Their exchanges, and how long they took. */
static void join_figures(json_t *into, json_t *from)
{
    merge_sum(into, from, "exchanges");
    merge_sum(into, from, "complete");
    merge_sum(into, from, "failed");
    join_latency(into, from);
}

static bool same_route(json_t *a, json_t *b)
{
    return json_equal(json_object_get(a, "method"),
                      json_object_get(b, "method")) &&
           json_equal(json_object_get(a, "path"), json_object_get(b, "path"));
}

static void add_route(json_t *routes, json_t *route)
{
    size_t i;
    json_t *old;

    json_array_foreach(routes, i, old)
    {
        if (!same_route(old, route))
            continue;
        join_figures(old, route);
        merge_member(old, route, "write_timeout", join_bracket);
        merge_member(old, route, "stream_timeout", join_bracket);
        merge_member(old, route, "gateway_timeout", join_bracket);
        if (json_is_true(json_object_get(route, "partial")))
            json_object_set_new(old, "partial", json_true());
        return;
    }
    json_array_append(routes, route);
}

static int by_use(const void *left, const void *right)
{
    json_t *a = *(json_t *const *)left;
    json_t *b = *(json_t *const *)right;
    json_int_t of_a = json_integer_value(json_object_get(a, "exchanges"));
    json_int_t of_b = json_integer_value(json_object_get(b, "exchanges"));
    int order;

    if (of_a != of_b)
        return of_a < of_b ? 1 : -1;
    order = strcmp(json_string_value(json_object_get(a, "method")),
                   json_string_value(json_object_get(b, "method")));
    return order ? order
                 : strcmp(json_string_value(json_object_get(a, "path")),
                          json_string_value(json_object_get(b, "path")));
}

/* In order; those past the limit are counted as others. */
static json_t *sorted_routes(json_t *routes, json_t *others)
{
    size_t count = json_array_size(routes);
    json_t **sorted = must_calloc(count + 1, sizeof *sorted);
    json_t *kept = json_array();

    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(routes, i);
    qsort(sorted, count, sizeof *sorted, by_use);
    for (size_t i = 0; i < count; i++) {
        if (i < ROUTES_KEPT)
            json_array_append(kept, sorted[i]);
        else
            join_figures(others, sorted[i]);
    }
    free(sorted);
    return kept;
}

/* A route of which others may have more is partial. */
static void mark_partial(json_t *routes, json_t *others)
{
    size_t i;
    json_t *route;

    if (!json_is_object(others))
        return;
    json_array_foreach(routes, i, route)
        json_object_set_new(route, "partial", json_true());
}

static void join_routes(json_t *into, json_t *from)
{
    json_t *routes = json_object_get(into, "routes");
    json_t *more = json_object_get(from, "routes");
    json_t *others;
    size_t i;
    json_t *route;

    if (!json_is_array(routes) || !json_is_array(more))
        return;
    mark_partial(routes, json_object_get(from, "other_routes"));
    mark_partial(more, json_object_get(into, "other_routes"));
    json_array_foreach(more, i, route) add_route(routes, route);
    merge_member(into, from, "other_routes", join_figures);
    others = json_object_get(into, "other_routes");
    if (!json_is_object(others) && json_array_size(routes) > ROUTES_KEPT) {
        others = json_pack("{s:i, s:i, s:i, s:n}", "exchanges", 0, "complete",
                           0, "failed", 0, "latency");
        json_object_set_new(into, "other_routes", others);
    }
    json_object_set_new(into, "routes", sorted_routes(routes, others));
}

static void add_hints(json_t *into, json_t *from)
{
    size_t i;
    json_t *hint;

    json_array_foreach(from, i, hint)
    {
        size_t at;
        json_t *old;
        bool known = false;

        json_array_foreach(into, at, old) known |=
            json_equal(json_object_get(old, "software"),
                       json_object_get(hint, "software")) &&
            json_equal(json_object_get(old, "setting"),
                       json_object_get(hint, "setting"));
        if (!known && json_array_size(into) < HINTS_MAX)
            json_array_append(into, hint);
    }
}

static void join_intervals(json_t *into, json_t *from)
{
    merge_bound(into, from, "client", true);
    merge_bound(into, from, "server", true);
}

/* A success without any failure stands in no bracket, but in latencies. */
static void note_successes(json_t *into, json_t *from)
{
    json_t *bracket = json_object_get(into, "write_timeout");
    json_t *latency = json_object_get(from, "latency");
    json_t *good;
    json_t *other;

    if (!json_is_object(bracket) ||
        json_is_object(json_object_get(from, "write_timeout")) ||
        !json_is_object(latency))
        return;
    good = json_object_get(json_object_get(latency, "end_s"), "longest");
    other = json_pack("{s:O, s:n, s:O, s:b, s:O}", "longest_success_s", good,
                      "shortest_failure_s", "exact_s",
                      json_object_get(bracket, "exact_s"), "consistent", true,
                      "samples", json_object_get(latency, "samples"));
    join_bracket(bracket, other);
    json_decref(other);
}

void merge_endpoint(json_t *into, json_t *from)
{
    note_successes(into, from);
    note_successes(from, into);
    merge_member(into, from, "write_timeout", join_bracket);
    merge_member(into, from, "stream_timeout", join_bracket);
    merge_member(into, from, "gateway_timeout", join_bracket);
    merge_member(into, from, "idle_timeout", join_timeout);
    merge_member(into, from, "client_timeout", join_timeout);
    merge_member(into, from, "keepalive_probe_interval_s", join_intervals);
    merge_member(into, from, "connection_use", merge_use);
    add_hints(json_object_get(into, "hints"), json_object_get(from, "hints"));
    join_figures(into, from);
    join_routes(into, from);
}

static bool has_count(json_t *json, const char *key)
{
    json_t *count = json_object_get(json, key);

    return json_is_integer(count) && json_integer_value(count) >= 0;
}

static bool has_counts(json_t *json)
{
    return has_count(json, "exchanges") && has_count(json, "complete") &&
           has_count(json, "failed");
}

static bool has_latency(json_t *json)
{
    struct latency latency;
    bool good = read_latency(json_object_get(json, "latency"), &latency);

    latency_release(&latency);
    return good;
}

const char *merge_endpoint_fault(json_t *endpoint)
{
    json_t *routes = json_object_get(endpoint, "routes");
    size_t i;
    json_t *route;

    if (!json_is_string(json_object_get(endpoint, "server")))
        return "an endpoint without server";
    if (!has_counts(endpoint))
        return "an endpoint without counts";
    if (!has_latency(endpoint))
        return "a latency that is none";
    if (!merge_use_is_sound(json_object_get(endpoint, "connection_use")))
        return "a connection_use that is none";
    if (json_array_size(routes) > ROUTES_KEPT ||
        json_array_size(json_object_get(endpoint, "hints")) > HINTS_MAX)
        return "an endpoint with more than there can be";
    json_array_foreach(routes, i, route)
    {
        if (!json_is_string(json_object_get(route, "method")) ||
            !json_is_string(json_object_get(route, "path")) ||
            !has_counts(route) || !has_latency(route))
            return "a route that is none";
    }
    return NULL;
}
