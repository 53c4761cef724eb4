#include "base/text.h"
#include "infer/hints.h"
#include "report/json_use.h"
#include "report/json_values.h"

enum {
    SKETCH_TEXT_LIMIT = 1 << 16
};

static json_t *exact_of(const struct durations *set, uint64_t samples)
{
    return durations_constant(set, samples) ? json_seconds(set->shortest)
                                            : json_null();
}

/* `below`: the longest success that bounds it; 0: none does. */
static json_t *bracket(nanos below, const struct durations *bad,
                       bool consistent, uint64_t good, uint64_t odd)
{
    json_int_t samples = (json_int_t)good + (json_int_t)bad->samples;

    return json_pack("{s:o, s:o, s:o, s:b, s:I, s:I}", "longest_success_s",
                     below ? json_seconds(below) : json_null(),
                     "shortest_failure_s", json_seconds(bad->shortest),
                     "exact_s", exact_of(bad, 2), "consistent", consistent,
                     "samples", samples, "odd", (json_int_t)odd);
}

static void add_limits(json_t *json, const struct route_limits *limits)
{
    if (route_limits_bound_cut(limits))
        json_object_set_new(json, "write_timeout",
                            bracket(limits->longest, &limits->cut, true,
                                    limits->answers, 0));
    if (route_limits_reset(limits))
        json_object_set_new(json, "stream_timeout",
                            bracket(limits->longest, &limits->reset, true,
                                    limits->answers, 0));
    if (route_limits_gateway(limits))
        json_object_set_new(json, "gateway_timeout",
                            bracket(limits->longest_served, &limits->gateway,
                                    true, limits->served, 0));
}

static json_t *write_timeout(const struct server_facts *server)
{
    struct mark at;
    bool refuted = server_refutes_timeout(server);
    nanos below =
        refuted ? server->success.longest : server_longest_below(server, &at);

    if (server->cut.samples == 0 ||
        (refuted && routes_explain_cuts(server->routes)))
        return json_null();
    return bracket(below, &server->cut, !refuted, server->success.samples,
                   server->odd);
}

/* Only what one timer explains, or comes of one limit. */
static json_t *timed(const struct server_facts *server,
                     const struct durations *bad, uint64_t odd, bool may_vary)
{
    const struct durations *good = &server->served;
    bool refuted = durations_outlast(good, bad->shortest);

    if (refuted && may_vary && routes_explain_gateway(server->routes))
        return json_null();
    if (!durations_constant(bad, 2) &&
        (!may_vary || bad->instants < 2 || refuted))
        return json_null();
    return bracket(good->longest, bad, !refuted, good->samples, odd);
}

static json_t *timeout(const struct durations *set)
{
    if (set->samples == 0)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:I}", "shortest_s",
                     json_seconds(set->shortest), "longest_s",
                     json_seconds(set->longest), "exact_s", exact_of(set, 2),
                     "samples", (json_int_t)set->samples);
}

static json_t *interval(const struct durations *set)
{
    return set->samples ? json_seconds(set->shortest) : json_null();
}

static json_t *hints(const struct server_facts *server)
{
    struct hint hint[HINTS_MAX];
    size_t count = infer_hints(server, hint);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s}", "delay_s",
                                              json_seconds(hint[i].delay),
                                              "software", hint[i].software,
                                              "setting", hint[i].setting,
                                              "source", hint[i].source));
    return list;
}

static json_t *quantiles(const struct sketch *sketch)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "shortest",
                     json_seconds(sketch->least), "p50",
                     json_seconds(sketch_quantile(sketch, 50)), "p90",
                     json_seconds(sketch_quantile(sketch, 90)), "p99",
                     json_seconds(sketch_quantile(sketch, 99)), "longest",
                     json_seconds(sketch->most));
}

/* To be joined with others of it. */
static json_t *buckets(const struct sketch *sketch)
{
    struct text text;
    json_t *json;

    text_init(&text, SKETCH_TEXT_LIMIT);
    sketch_print(&text, sketch);
    json = json_string(text_string(&text));
    text_release(&text);
    return json;
}

json_t *json_latency(const struct latency *latency)
{
    if (latency->end.samples == 0)
        return json_null();
    return json_pack("{s:I, s:o, s:o, s:{s:o, s:o}}", "samples",
                     (json_int_t)latency->end.samples, "first_byte_s",
                     quantiles(&latency->first_byte), "end_s",
                     quantiles(&latency->end), "sketch", "first_byte",
                     buckets(&latency->first_byte), "end",
                     buckets(&latency->end));
}

static json_t *figures_of(const struct route *route)
{
    return json_pack("{s:I, s:I, s:I, s:o}", "exchanges",
                     (json_int_t)route->exchanges, "complete",
                     (json_int_t)route->complete, "failed",
                     (json_int_t)route->failed, "latency",
                     json_latency(&route->latency));
}

/* `alone`: its limits are the server's. */
static json_t *route_of(const struct route *route, bool alone,
                        const struct report_options *options)
{
    struct span name = {(const uint8_t *)route->name, route->size};
    json_t *json = json_pack(
        "{s:o, s:o}", "method",
        json_wire(span_head(name, route->method), MASK_TEXT, options), "path",
        json_wire(span_skip(name, route->method), MASK_TARGET, options));
    json_t *figures = figures_of(route);

    json_object_update(json, figures);
    json_decref(figures);
    json_object_set_new(json, "partial", json_boolean(route->is_partial));
    if (alone)
        return json;
    add_limits(json, &route->limits);
    return json;
}

static json_t *routes_of(const struct routes *routes,
                         const struct report_options *options)
{
    const struct route *sorted[ROUTES_KEPT];
    json_t *list = json_array();
    bool alone = routes->count == 1 && !routes->has_other;

    routes_sort(routes, sorted);
    for (size_t i = 0; i < routes->count; i++)
        json_array_append_new(list, route_of(sorted[i], alone, options));
    return list;
}

json_t *json_server(const struct server_facts *server,
                    const struct report_options *options)
{
    struct latency latency = routes_latency(server->routes);
    json_t *json = json_object();
    json_t *more = json_pack(
        "{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, "
        "s:o, s:o, s:o, s:o, s:o}",
        "protocol", protocol_version(server->protocol, 1), "exchanges",
        (json_int_t)server->exchanges, "complete", (json_int_t)server->complete,
        "failed", (json_int_t)server->failed, "write_timeout",
        write_timeout(server), "stream_timeout",
        timed(server, &server->reset, server->odd_resets, false),
        "gateway_timeout",
        timed(server, &server->gateway, server->odd_gateway, true),
        "idle_timeout", timeout(&server->idle), "client_timeout",
        durations_constant(&server->client_gave_up, 2)
            ? timeout(&server->client_gave_up)
            : json_null(),
        "keepalive_probe_interval_s", "client", interval(&server->probes[0]),
        "server", interval(&server->probes[1]), "connection_use",
        json_use(server->use), "hints", hints(server), "latency",
        json_latency(&latency), "routes", routes_of(server->routes, options),
        "other_routes",
        server->routes->other.exchanges ? figures_of(&server->routes->other)
                                        : json_null());

    json_set_endpoint(json, "server", &server->server);
    json_object_update(json, more);
    json_decref(more);
    latency_release(&latency);
    return json;
}
