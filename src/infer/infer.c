#include "infer/infer.h"

#include "base/arena.h"
#include "infer/legs_route.h"
#include "infer/server_figures.h"
#include "infer/servers.h"

#include <stdlib.h>

enum {
    PORTS = UINT16_MAX + 1,
    WORD = 64
};

struct infer {
    struct infer_options options;
    struct servers servers;
    struct openings openings;
    struct legs legs;
    uint64_t pools;              /* that were found, the same one again, too */
    nanos pools_at;              /* when they were looked for last; 0: never */
    uint64_t http[PORTS / WORD]; /* ports on which some server answered */
};

struct infer *infer_new(const struct infer_options *options)
{
    struct infer *infer = must_calloc(1, sizeof *infer);

    infer->options = *options;
    servers_init(&infer->servers, options->servers);
    return infer;
}

void infer_free(struct infer *infer)
{
    servers_release(&infer->servers);
    legs_release(&infer->legs);
    free(infer);
}

/* More than a refusal came from it. */
static bool has_answered(const struct conn *conn)
{
    return mark_is_set(conn->flow[conn_server(conn)].last_any);
}

/* NULL when it is none, as far as was seen. */
static struct server_facts *server_of(struct infer *infer,
                                      const struct conn *conn)
{
    const struct endpoint *endpoint = &conn->endpoint[conn_server(conn)];

    if (!has_answered(conn))
        return servers_find(&infer->servers, endpoint);
    return servers_use(&infer->servers, endpoint);
}

const struct server_facts *infer_server(const struct infer *infer,
                                        const struct conn *conn)
{
    static const struct server_facts unknown;
    const struct server_facts *server = server_settle(
        servers_find(&infer->servers, &conn->endpoint[conn_server(conn)]));

    return server ? server : &unknown;
}

const struct server_facts *infer_at(const struct infer *infer,
                                    const struct endpoint *server)
{
    return server_settle(servers_find(&infer->servers, server));
}

struct server_facts *infer_hold(struct infer *infer, const struct conn *conn)
{
    struct server_facts *server =
        servers_find(&infer->servers, &conn->endpoint[conn_server(conn)]);

    if (server)
        servers_hold(&infer->servers, server);
    return server_settle(server);
}

void infer_let_go(struct infer *infer, struct server_facts *server)
{
    servers_let_go(&infer->servers, server);
}

struct openings *infer_openings(struct infer *infer)
{
    return &infer->openings;
}

struct legs *infer_legs(struct infer *infer)
{
    return &infer->legs;
}

static void take_pool(void *context, const struct pool *pool)
{
    struct infer *infer = context;
    const struct server_facts *server =
        servers_find(&infer->servers, &pool->server);

    infer->pools++;
    if (server && pool->waited > server->use->pool.waited)
        server->use->pool = *pool;
}

const struct pool *infer_pool_of(const struct infer *infer,
                                 const struct endpoint *proxy)
{
    const struct server_facts *server =
        infer->pools ? servers_first(&infer->servers) : NULL;
    const struct pool *most = NULL;

    for (; server; server = server->next) {
        const struct pool *pool = &server->use->pool;

        if (pool->waited && (!most || pool->waited > most->waited) &&
            legs_is_one_host(&pool->client, proxy))
            most = pool;
    }
    return most;
}

void infer_find_pools(struct infer *infer)
{
    pools_find(&infer->legs, take_pool, infer);
}

void infer_find_pools_by(struct infer *infer, nanos now)
{
    nanos due = nanos_after(infer->pools_at, NANOS_PER_SECOND);

    if (infer->pools_at && !conn_is_due(due, now))
        return;
    infer->pools_at = now;
    infer_find_pools(infer);
}

uint64_t infer_forgotten(const struct infer *infer)
{
    return infer->servers.forgotten;
}

const struct server_facts *infer_first(const struct infer *infer)
{
    const struct server_facts *first = servers_first(&infer->servers);

    if (!first)
        return NULL;
    for (struct server_facts *server =
             servers_find(&infer->servers, &first->server);
         server; server = server->next)
        server_settle(server);
    return first;
}

bool infer_port_is_http(const struct infer *infer, uint16_t port)
{
    return port == 80 || port == 443 || port == 3000 || port == 5000 ||
           (port >= 8000 && port <= 8999) ||
           infer->http[port / WORD] >> (port % WORD) & 1;
}

/* Its port is one of HTTP's from then on, whatever becomes of the server. */
static void note_answered(struct infer *infer,
                          const struct server_facts *server)
{
    uint16_t port = server->server.port;

    if (server->answered > 0)
        infer->http[port / WORD] |= UINT64_C(1) << (port % WORD);
}

/* It did so for want of time. */
static bool gave_up(const struct infer *infer, const struct exchange *x,
                    nanos wait)
{
    return status_is_gateways(x->status) &&
           (x->status == 504 || wait >= infer->options.floor);
}

/* A body that ends with the connection may have been cut. */
static enum route_bearing answer_bears(const struct infer *infer,
                                       const struct exchange *x, nanos wait,
                                       bool whole)
{
    if (!whole || x->response.framing == FRAMING_CLOSE)
        return BEARS_NOT;
    if (gave_up(infer, x, wait))
        return BEARS_GATEWAY;
    return status_is_gateways(x->status) ? BEARS_NOT : BEARS_ANSWER;
}

static void add_complete(struct infer *infer, struct server_facts *server,
                         const struct conn *conn, const struct exchange *x)
{
    struct mark asked = exchange_asked(x);
    nanos wait = nanos_between(asked.time, x->response.end.time);
    bool timed = !x->tunnel && !exchange_lacks_bytes(x);
    bool failed = exchange_is_short(x) || exchange_is_long(x) ||
                  exchange_is_garbled(x) || exchange_is_without_end(conn, x) ||
                  x->bare_end;

    const struct route_use use = {
        .complete = !failed,
        .is_timed = timed,
        .bears = answer_bears(infer, x, wait, timed && !failed),
        .took = wait,
        .at = x->response.end,
    };

    server->exchanges++;
    server->answered++;
    servers_count(&infer->servers, server, x, &use);
    if (failed) {
        server_log_event(server, LOG_FAILED, wait, x->response.end);
        return;
    }
    if (!timed)
        return;
    if (x->response.framing != FRAMING_CLOSE)
        server_log_event(server, LOG_ANSWERED, wait, x->response.end);
    if (x->response.framing != FRAMING_CLOSE && !status_is_gateways(x->status))
        durations_add(&server->served, wait, x->response.end);
    if (gave_up(infer, x, wait))
        server_log_event(server, LOG_GATEWAY, wait, x->response.start);
    if (mark_is_set(x->idle_since))
        durations_add(&server->reused,
                      nanos_between(x->idle_since.time, x->request.start.time),
                      x->request.start);
}

bool infer_complete(struct infer *infer, const struct conn *conn,
                    const struct exchange *x)
{
    struct server_facts *server = server_of(infer, conn);
    bool stands_out;

    if (!server)
        return false;
    stands_out = server_stands_out(server, x, infer->options.floor);
    add_complete(infer, server, conn, x);
    servers_keep_host(server, x->host);
    note_answered(infer, server);
    return stands_out;
}

void infer_stage(struct infer *infer, const struct conn *conn,
                 enum conn_stage was)
{
    const struct endpoint *endpoint = &conn->endpoint[conn->stage_server];
    struct server_facts *server = conn->stage == CONN_OPEN
                                      ? servers_use(&infer->servers, endpoint)
                                      : servers_find(&infer->servers, endpoint);

    if (server)
        connection_use_move(server->use, conn, was);
}

static bool is_in_doubt(const struct infer *infer, const struct conn *conn,
                        const struct outcome *outcome, const struct exchange *x)
{
    const struct infer_options *options = &infer->options;
    const struct infer_failed failed = {conn, outcome, x};

    return options->is_in_doubt &&
           options->is_in_doubt(options->context, &failed);
}

/* RFC 9113, 7. */
enum {
    H2_INTERNAL_ERROR = 2
};

void infer_ended(struct infer *infer, const struct conn *conn,
                 const struct exchange *x)
{
    struct server_facts *server = server_of(infer, conn);
    struct http_facts http = http_facts_of(conn);
    bool by_reset = was_ended_by_reset(conn, &http.h2, x);
    nanos wait = nanos_between(exchange_asked(x).time, x->h2->reset.time);
    bool failed, timed;

    if (!server)
        return;
    server->exchanges++;
    server->answered += mark_is_set(x->response.start);
    note_answered(infer, server);
    failed = !exchange_is_answered(x) && !is_in_doubt(infer, conn, NULL, x);
    timed = failed && by_reset && !x->h2->reset_by_client &&
            x->h2->reset_code == H2_INTERNAL_ERROR &&
            wait >= infer->options.floor;
    servers_count(&infer->servers, server, x,
                  &(struct route_use){.complete = exchange_went_well(conn, x),
                                      .bears = timed ? BEARS_RESET : BEARS_NOT,
                                      .took = wait,
                                      .at = x->h2->reset});
    if (!failed)
        return;
    if (by_reset && x->h2->reset_by_client)
        server_add_ending(server,
                          &(struct ending){.kind = ENDING_STREAM,
                                           .by_client = true,
                                           .opened = conn->first.time,
                                           .client = endings_host(
                                               &conn->endpoint[conn->client]),
                                           .at = x->h2->reset,
                                           .took = wait});
    server_log_event(server,
                     !by_reset                                ? LOG_FAILED
                     : x->h2->reset_by_client                 ? LOG_GIVEN_UP
                     : x->h2->reset_code == H2_INTERNAL_ERROR ? LOG_RESET
                                                              : LOG_FAILED,
                     wait, x->h2->reset);
}

/* What a request that got no whole answer adds. */
static void add_failure(struct infer *infer, struct server_facts *server,
                        const struct conn *conn, const struct exchange *x,
                        bool doubted)
{
    struct closing closing = conn_closing(conn);
    struct mark asked = exchange_asked(x);
    nanos wait = nanos_between(asked.time, closing.at.time);
    bool is_cut = !doubted && exchange_was_waiting(conn, x) &&
                  exchange_is_cut(infer->options.floor, &closing, x, wait);
    const struct route_use use = {
        .complete = exchange_went_well(conn, x),
        .bears = is_cut ? BEARS_CUT : BEARS_NOT,
        .took = wait,
        .at = closing.at,
    };

    server->exchanges++;
    servers_count(&infer->servers, server, x, &use);
    server->not_closed += doubted || closing.by != CLOSED_BY_SERVER;
    server->answered += mark_is_set(x->response.start) ||
                        conn->flow[conn_server(conn)].lost > 1; /* a FIN: 1 */
    if (doubted || !exchange_was_waiting(conn, x))
        return;
    server_log_event(server,
                     is_cut                           ? LOG_CUT
                     : closing.by == CLOSED_BY_CLIENT ? LOG_GIVEN_UP
                                                      : LOG_FAILED,
                     wait, closing.at);
}

static void add_outcome(struct infer *infer, struct server_facts *server,
                        const struct outcome *outcome)
{
    const struct conn *conn = outcome->conn;
    const struct exchange *waiting = outcome_first_waiting(outcome);
    bool end_doubted = false;

    server_note_said(server, outcome);
    for (const struct exchange *x = outcome->unfinished; x; x = x->next) {
        bool doubted;

        if (exchange_is_complete(x) && !exchange_was_left(conn, x)) {
            add_complete(infer, server, conn, x);
            continue;
        }
        doubted = is_in_doubt(infer, conn, outcome, x);
        add_failure(infer, server, conn, x, doubted);
        end_doubted |= doubted && x == waiting;
    }
    server_add_connection(server, outcome, infer->options.floor, end_doubted);
}

void infer_outcome(struct infer *infer, const struct outcome *outcome)
{
    struct server_facts *server = server_of(infer, outcome->conn);

    if (!server)
        return;
    add_outcome(infer, server, outcome);
    note_answered(infer, server);
}

void infer_preview(struct infer *infer, const struct outcome *outcome,
                   struct server_facts *server)
{
    const struct server_facts *known =
        servers_find(&infer->servers,
                     &outcome->conn->endpoint[conn_server(outcome->conn)]);

    /* the figures matter only for what is judged by them */
    if (outcome->unfinished)
        known = infer_server(infer, outcome->conn);
    *server = known ? *known : (struct server_facts){0};
    server->server = outcome->conn->endpoint[conn_server(outcome->conn)];
    server->log = NULL; /* these are the server's own */
    server->routes = NULL;
    server->use = NULL;
    server->timer = NULL;
    add_outcome(infer, server, outcome);
}
