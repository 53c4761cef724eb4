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

static void add_churn(struct text *text, const struct connection_use *use)
{
    char host[ENDPOINT_TEXT_SIZE];
    uint64_t single = connection_use_single(use);
    uint64_t by_one;
    const struct use_client *client = connection_use_by(use, &by_one);
    unsigned most = 0;

    for (unsigned i = 0; i < SINGLE_KINDS; i++) {
        if (use->single[i] > use->single[most])
            most = i;
    }
    text_addf(text,
              "; %" PRIu64 " of %" PRIu64 " connections carried one request, "
              "%" PRIu64 "%s of them from %s: %s",
              single, use->ended, by_one, by_one < single ? " or more" : "",
              endpoint_print_host(host, &client->client),
              single_use_words((enum single_use)most));
}

static void add_strain(struct text *text, const struct strain *strain,
                       const char *what)
{
    if (!strain->count || !strain->most_open)
        return;
    text_addf(text, "; %" PRIu64 " SYN%s %s, with ", strain->count,
              strain->count == 1 ? "" : "s", what);
    if (strain->least_open < strain->most_open)
        text_addf(text, "%" PRIu64 " to ", strain->least_open);
    text_addf(text, "%" PRIu64 " connections open", strain->most_open);
}

/* What was said to SYNs on ports that were used just before. */
static void add_reuse(struct text *text, const struct port_reuse *reuse)
{
    static const char *const words[REUSE_ANSWERS] = {
        [REUSE_ACCEPTED] = "a SYN, ACK",
        [REUSE_CHALLENGED] = "an ACK of the old connection",
        [REUSE_REFUSED] = "an RST",
        [REUSE_SILENCE] = "nothing",
    };
    char rested[NANOS_TEXT_SIZE];
    bool any = false;

    text_addf(text,
              "; %" PRIu64 " from ports used before, after %s and more, whose "
              "SYNs met ",
              reuse->count, duration(rested, reuse->shortest));
    for (unsigned i = 0; i < REUSE_ANSWERS; i++) {
        if (!reuse->answer[i])
            continue;
        text_addf(text, "%s%s (%" PRIu64 ")", any ? ", " : "", words[i],
                  reuse->answer[i]);
        any = true;
    }
}

static bool is_reuse_noteworthy(const struct connection_use *use)
{
    return connection_use_has_few_ports(use) ||
           use->reuse.count > use->reuse.answer[REUSE_ACCEPTED];
}

static void add_ports(struct text *text, const struct connection_use *use)
{
    if (!is_reuse_noteworthy(use))
        return;
    add_reuse(text, &use->reuse);
    if (connection_use_has_few_ports(use) && use->reuse.ports > 1)
        text_addf(text, "; all from %zu ports between %u and %u",
                  use->reuse.ports, use->reuse.lowest, use->reuse.highest);
}

static void add_pool(struct text *text, const struct pool *pool)
{
    char host[ENDPOINT_TEXT_SIZE];
    char longest[NANOS_TEXT_SIZE];

    if (pool->waited)
        text_addf(text,
                  "; %s never has more than %u under way here: %" PRIu64
                  " requests or more waited in front of it, one for %s or "
                  "more, until one of these ended",
                  endpoint_print_host(host, &pool->client), pool->at_once,
                  pool->waited, duration(longest, pool->longest));
}

static bool is_use_noteworthy(const struct connection_use *use)
{
    return connection_use_churns(use) || is_reuse_noteworthy(use) ||
           use->pool.waited;
}

static void add_use(struct text *text, const struct connection_use *use)
{
    if (connection_use_churns(use))
        add_churn(text, use);
    if (connection_use_limit(use))
        text_addf(text, "; says close after %" PRIu64 " requests",
                  connection_use_limit(use));
    add_strain(text, &use->strain[STRAINED_AGAIN], "sent again");
    add_strain(text, &use->strain[STRAINED_REFUSED], "refused");
    add_ports(text, use);
    add_pool(text, &use->pool);
}

bool text_endpoint_tells(const struct server_facts *server)
{
    return server->failed || server->cut.samples || server->idle.samples ||
           server->client_gave_up.samples ||
           (!durations_constant(&server->gateway, 2) &&
            routes_explain_gateway(server->routes)) ||
           is_use_noteworthy(server->use);
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
    add_use(text, server->use);
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
