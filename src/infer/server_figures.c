#include "infer/server_figures.h"

#include <string.h>

/* Shorter ones bound no timeout. */
#define SLOW_LEAST (500 * NANOS_PER_MILLI)

/* gunicorn's arbiter.py sleeps a second between looks for workers whose
 * heartbeat is late. */
#define GUNICORN_LOOKS (1100 * NANOS_PER_MILLI)

nanos server_slack(const struct server_facts *server)
{
    return strcasestr(server->software, "gunicorn") ? GUNICORN_LOOKS : 0;
}

static struct answered answered_by(const struct server_facts *server)
{
    return (struct answered){
        .slow = server->timer ? &server->timer[TIMED_SLOW] : NULL,
        .longest = server->success.longest,
        .slack = server_slack(server),
    };
}

/* One in ten may be late. */
bool server_refutes_timeout(const struct server_facts *server)
{
    struct answered answered = answered_by(server);

    return server->success.samples && server->cut.samples &&
           10 * limit_outlasted(server->cut.shortest, &answered) >
               server->cut.samples;
}

nanos server_longest_below(const struct server_facts *server, struct mark *at)
{
    const struct durations *good = &server->success;

    if (!good->samples || !server->cut.samples)
        return 0;
    *at = good->longest_at;
    if (good->longest <= server->cut.shortest)
        return good->longest;
    return server->timer ? timer_longest_within(&server->timer[TIMED_SLOW],
                                                server->cut.shortest, at)
                         : 0;
}

/* The figure that entries of a kind are counted in as they come. NULL: none. */
static struct durations *figure_of(struct server_facts *server,
                                   enum log_kind kind)
{
    switch (kind) {
    case LOG_ANSWERED:
        return &server->success;
    case LOG_GATEWAY:
        return server->timer ? NULL : &server->gateway;
    case LOG_RESET:
        return server->timer ? NULL : &server->reset;
    default:
        return NULL;
    }
}

/* Those that are looked through for a timer; NULL: nowhere. */
static struct timer *timer_of(struct server_facts *server, enum log_kind kind)
{
    if (!server->timer)
        return NULL;
    return kind == LOG_GATEWAY    ? &server->timer[TIMED_GATEWAY]
           : kind == LOG_RESET    ? &server->timer[TIMED_RESET]
           : kind == LOG_ANSWERED ? &server->timer[TIMED_SLOW]
                                  : NULL;
}

void server_log_event(struct server_facts *server, enum log_kind kind,
                      nanos took, struct mark at)
{
    const struct log_entry entry = {.kind = kind, .at = at, .took = took};
    struct durations *figure = figure_of(server, kind);
    struct timer *timer = timer_of(server, kind);

    if (figure)
        durations_add(figure, took, at);
    if (timer && (kind != LOG_ANSWERED || took >= SLOW_LEAST)) {
        timer_add(timer, took, at);
        server->unsettled |= kind != LOG_ANSWERED;
    }
    if (server->log && mark_is_set(at))
        server_log_add(server->log, &entry);
}

void server_add_ending(struct server_facts *server, const struct ending *ending)
{
    struct endings_figures figures = {.idle = server->idle,
                                      .cut = server->cut,
                                      .gave_up = server->client_gave_up};

    if (server->log) {
        server->endings->answered = answered_by(server);
        endings_add(server->endings, ending);
        server->unsettled = true;
        return;
    }
    endings_count(&figures, ending);
    server->idle = figures.idle;
    server->cut = figures.cut;
    server->client_gave_up = figures.gave_up;
}

/* A busy gateway's timer may strike late, by more than is alike. */
static uint64_t sum_up_gateway(struct server_facts *server)
{
    const struct timer *timer = &server->timer[TIMED_GATEWAY];
    struct answered served = {.longest = server->served.longest};
    uint64_t odd = timer_find(timer, &server->gateway);
    struct durations from;

    if (durations_constant(&server->gateway, 2) || timer->count < 2)
        return odd;
    odd = timer_find_from(timer, &served, &from);
    if (odd)
        server->gateway = from;
    return odd;
}

struct server_facts *server_settle(struct server_facts *server)
{
    struct endings_figures figures;

    if (!server || !server->unsettled)
        return server;
    server->endings->answered = answered_by(server);
    endings_sum_up(server->endings, &figures);
    server->idle = figures.idle;
    server->cut = figures.cut;
    server->silence = figures.silence;
    server->client_gave_up = figures.gave_up;
    server->odd = figures.odd;
    server->odd_resets =
        timer_find(&server->timer[TIMED_RESET], &server->reset);
    server->odd_gateway = sum_up_gateway(server);
    server->unsettled = false;
    return server;
}
