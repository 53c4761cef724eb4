#include "report/text_routes.h"

#include "base/mask.h"

enum {
    LINE_SIZE = 1024,
    ROUTES_TOLD_MOST = 3,
    SAMPLES_LEAST = 20, /* of a server: fewer tell little */
    ROUTE_LEAST = 10,   /* of a route, and of the others together */
    FAILED_LEAST = 2,
    TIMES_SLOWER = 4
};

static void add_quantiles(struct text *text, const struct sketch *sketch)
{
    static const unsigned percent[] = {50, 90, 99};
    char duration[NANOS_TEXT_SIZE];

    for (size_t i = 0; i < sizeof percent / sizeof *percent; i++)
        text_addf(text, "%s p%u %s", i ? "," : "", percent[i],
                  nanos_print_duration(duration,
                                       sketch_quantile(sketch, percent[i])));
}

static void write_latency(const struct page *page,
                          const struct latency *latency)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    text_add(&text, "first byte after");
    add_quantiles(&text, &latency->first_byte);
    text_add(&text, "; end after");
    add_quantiles(&text, &latency->end);
    page_paragraph(page, 4, "", text_string(&text));
    text_release(&text);
}

static void add_route(struct text *text, const struct route *route,
                      const struct report_options *options)
{
    struct span name = {(const uint8_t *)route->name, route->size};

    mask_add(text, span_head(name, route->method), MASK_TEXT,
             options->show_secrets);
    text_add(text, " ");
    mask_add(text, span_skip(name, route->method), MASK_TARGET,
             options->show_secrets);
}

/* All that failed is of this one, and others went well. */
static bool fails_alone(const struct server_facts *server,
                        const struct route *route)
{
    return route->failed == server->failed && route->failed >= FAILED_LEAST &&
           server->exchanges - route->exchanges >= ROUTE_LEAST;
}

static bool is_slow(const struct latency *all, const struct route *route)
{
    const struct sketch *sketch = &route->latency.end;

    return sketch->samples >= ROUTE_LEAST &&
           all->end.samples - sketch->samples >= ROUTE_LEAST &&
           sketch_quantile(sketch, 50) / TIMES_SLOWER >=
               sketch_quantile(&all->end, 50);
}

static void write_route(const struct page *page, const struct route *route,
                        const struct report_options *options, bool failures)
{
    char duration[NANOS_TEXT_SIZE];
    struct text text;

    text_init(&text, LINE_SIZE);
    add_route(&text, route, options);
    text_addf(&text, ": %" PRIu64 " exchange%s", route->exchanges,
              route->exchanges == 1 ? "" : "s");
    if (failures)
        text_addf(&text, ", %" PRIu64 " failed, on no other route any",
                  route->failed);
    else
        text_addf(&text, ", end after p50 %s",
                  nanos_print_duration(
                      duration, sketch_quantile(&route->latency.end, 50)));
    page_paragraph(page, 4, "", text_string(&text));
    text_release(&text);
}

static void write_routes(const struct page *page,
                         const struct server_facts *server,
                         const struct latency *all,
                         const struct report_options *options)
{
    const struct route *sorted[ROUTES_KEPT];
    unsigned told = 0;

    routes_sort(server->routes, sorted);
    for (size_t i = 0; i < server->routes->count && told < ROUTES_TOLD_MOST;
         i++) {
        bool failures = fails_alone(server, sorted[i]);

        if (sorted[i]->is_partial || !(failures || is_slow(all, sorted[i])))
            continue;
        write_route(page, sorted[i], options, failures);
        told++;
    }
}

/* Which limit of a route's. */
enum limit {
    LIMIT_CUT,
    LIMIT_RESET,
    LIMIT_GATEWAY
};

static void write_limit(const struct page *page, const struct route *route,
                        const struct report_options *options, enum limit limit)
{
    const struct route_limits *limits = &route->limits;
    const struct durations *bad = limit == LIMIT_GATEWAY ? &limits->gateway
                                  : limit == LIMIT_RESET ? &limits->reset
                                                         : &limits->cut;
    char low[NANOS_TEXT_SIZE];
    char high[NANOS_TEXT_SIZE];
    struct text text;

    text_init(&text, LINE_SIZE);
    add_route(&text, route, options);
    nanos_print_duration(high, bad->shortest);
    if (limit == LIMIT_RESET)
        text_addf(&text, ": resets streams after %s", high);
    else if (limit == LIMIT_GATEWAY)
        text_addf(&text, ": gives up on what is behind it after %s", high);
    else
        text_addf(&text, ": write timeout, if it is one, between %s and %s",
                  nanos_print_duration(low, limits->longest), high);
    text_addf(&text, " (%" PRIu64 " times)", bad->samples);
    page_paragraph(page, 4, "", text_string(&text));
    text_release(&text);
}

static bool has_own(const struct route *route, enum limit limit)
{
    const struct route_limits *limits = &route->limits;

    return !route->is_partial &&
           (limit == LIMIT_GATEWAY ? route_limits_gateway(limits)
            : limit == LIMIT_RESET ? route_limits_reset(limits)
                                   : route_limits_bound_cut(limits));
}

/* Where no limit of the server's explains them all, those of its routes. */
static void write_limits(const struct page *page,
                         const struct server_facts *server,
                         const struct report_options *options, enum limit limit)
{
    const struct route *sorted[ROUTES_KEPT];
    unsigned told = 0;

    routes_sort(server->routes, sorted);
    for (size_t i = 0; i < server->routes->count && told < ROUTES_TOLD_MOST;
         i++) {
        if (!has_own(sorted[i], limit))
            continue;
        write_limit(page, sorted[i], options, limit);
        told++;
    }
}

/* No one timer of the server's explains the streams that it reset. */
static bool is_reset_unlike(const struct server_facts *server)
{
    return server->reset.samples &&
           (!durations_constant(&server->reset, 2) ||
            durations_outlast(&server->success, server->reset.shortest));
}

void text_routes(const struct page *page, const struct server_facts *server,
                 const struct report_options *options)
{
    struct latency all = routes_latency(server->routes);

    if (all.end.samples >= SAMPLES_LEAST) {
        write_latency(page, &all);
        write_routes(page, server, &all, options);
    }
    if (server->routes->count > 1 && server_refutes_timeout(server))
        write_limits(page, server, options, LIMIT_CUT);
    if (server->routes->count > 1 && is_reset_unlike(server))
        write_limits(page, server, options, LIMIT_RESET);
    if (server->routes->count > 1 && server->gateway.samples &&
        (!durations_constant(&server->gateway, 2) ||
         durations_outlast(&server->served, server->gateway.shortest)))
        write_limits(page, server, options, LIMIT_GATEWAY);
    latency_release(&all);
}
