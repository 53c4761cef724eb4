#include "report/text_endpoint.h"

#include "base/mask.h"
#include "infer/hints.h"
#include "report/text_routes.h"
#include "wire/endpoint.h"

enum {
    LINE_SIZE = 2048
};

static const char *duration(char text[static NANOS_TEXT_SIZE], nanos value)
{
    return nanos_print_duration(text, value);
}

static void add_write_timeout(struct text *text,
                              const struct server_facts *server)
{
    const struct durations *good = &server->success;
    const struct durations *bad = &server->cut;
    struct mark at;
    nanos below = server_longest_below(server, &at);
    char low[NANOS_TEXT_SIZE];
    char high[NANOS_TEXT_SIZE];

    /* or each of its routes has one, see text_routes.c */
    if (bad->samples == 0 ||
        (server_refutes_timeout(server) && routes_explain_cuts(server->routes)))
        return;
    duration(low, below);
    duration(high, bad->shortest);
    if (server_refutes_timeout(server))
        text_addf(text,
                  "; responses cut after %s and more, but one was complete "
                  "after %s",
                  high, duration(low, good->longest));
    else if (below)
        text_addf(text, "; write timeout, if it is one, between %s and %s", low,
                  high);
    else
        text_addf(text, "; write timeout at most %s, if it is one", high);
}

static void add_set(struct text *text, const char *what,
                    const struct durations *set)
{
    char low[NANOS_TEXT_SIZE];
    char high[NANOS_TEXT_SIZE];

    if (set->samples == 0)
        return;
    duration(low, set->shortest);
    if (durations_constant(set, 1))
        text_addf(text, "; %s %s", what, low);
    else
        text_addf(text, "; %s %s to %s", what, low,
                  duration(high, set->longest));
    if (set->samples > 1)
        text_addf(text, " (%" PRIu64 " times)", set->samples);
}

static void add_timer(struct text *text, const char *what,
                      const struct durations *set)
{
    if (durations_constant(set, 2))
        add_set(text, what, set);
}

static void add_hints(struct text *text, const struct server_facts *server)
{
    struct hint hint[HINTS_MAX];
    size_t count = infer_hints(server, hint);

    for (size_t i = 0; i < count; i++)
        text_addf(text, "%s%s %s", i ? ", " : "; this equals a default of ",
                  hint[i].software, hint[i].setting);
}

bool text_endpoint_tells(const struct server_facts *server)
{
    return server->failed || server->cut.samples || server->idle.samples ||
           server->client_gave_up.samples ||
           (!durations_constant(&server->gateway, 2) &&
            routes_explain_gateway(server->routes));
}

void text_endpoint_facts(struct text *text, const struct server_facts *server,
                         const struct report_options *options)
{
    char name[ENDPOINT_TEXT_SIZE];

    text_addf(text, "%s", endpoint_print(name, &server->server));
    if (server->software[0]) {
        text_add(text, " (");
        mask_add(text, span_of_text(server->software), MASK_TEXT,
                 options->show_secrets);
        text_add(text, ")");
    }
    text_addf(text, ": %" PRIu64 " exchange%s, %" PRIu64 " complete",
              server->exchanges, server->exchanges == 1 ? "" : "s",
              server->complete);
    add_write_timeout(text, server);
    add_timer(text, "resets streams after", &server->reset);
    add_timer(text, "gives up on what is behind it after", &server->gateway);
    add_set(text, "closes idle connections after", &server->idle);
    /* what ends in one instant is a client's own end, and no timeout */
    if (server->client_gave_up.samples == 1 ||
        !durations_end_together(&server->client_gave_up))
        add_set(text, "clients give up after", &server->client_gave_up);
    add_set(text, "client's keep-alive probes every", &server->probes[0]);
    add_set(text, "server's keep-alive probes every", &server->probes[1]);
    add_hints(text, server);
}

void text_endpoint(const struct page *page, const struct server_facts *server,
                   const struct report_options *options)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    text_endpoint_facts(&text, server, options);
    page_paragraph(page, 2, "", text_string(&text));
    text_release(&text);
    text_routes(page, server, options);
}
