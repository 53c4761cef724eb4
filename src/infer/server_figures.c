#include "infer/server_figures.h"

/* The figure that entries of a kind are counted in. NULL: none. */
static struct durations *figure_of(struct server_facts *server,
                                   const struct log_entry *entry)
{
    switch (entry->kind) {
    case LOG_ANSWERED:
        return &server->success;
    case LOG_GATEWAY:
        return &server->gateway;
    case LOG_RESET:
        return &server->reset;
    default:
        return NULL;
    }
}

void server_log_event(struct server_facts *server, enum log_kind kind,
                      nanos took, struct mark at)
{
    const struct log_entry entry = {.kind = kind, .at = at, .took = took};
    struct durations *figure = figure_of(server, &entry);

    if (figure)
        durations_add(figure, took, at);
    if (server->log && mark_is_set(at))
        server_log_add(server->log, &entry);
}

void server_add_ending(struct server_facts *server, const struct ending *ending)
{
    struct endings_figures figures = {.idle = server->idle,
                                      .cut = server->cut,
                                      .gave_up = server->client_gave_up};

    if (server->log) {
        server->endings->longest = server->success.longest;
        endings_add(server->endings, ending);
        server->unsettled = true;
        return;
    }
    endings_count(&figures, ending);
    server->idle = figures.idle;
    server->cut = figures.cut;
    server->client_gave_up = figures.gave_up;
}

struct server_facts *server_settle(struct server_facts *server)
{
    struct endings_figures figures;

    if (!server || !server->unsettled)
        return server;
    server->endings->longest = server->success.longest;
    endings_sum_up(server->endings, &figures);
    server->idle = figures.idle;
    server->cut = figures.cut;
    server->silence = figures.silence;
    server->client_gave_up = figures.gave_up;
    server->odd = figures.odd;
    server->unsettled = false;
    return server;
}
