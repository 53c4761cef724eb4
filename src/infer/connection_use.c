#include "infer/connection_use.h"

#include "base/arena.h"
#include "wire/endpoint.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CHURN_LEAST = 10 /* connections of one client, to speak of them */
};

static const struct {
    const char *name;
    const char *words;
} single_text[] = {
    [SINGLE_CLIENT_SAID] = {"client_said_close",
                            "its requests say Connection: close"          },
    [SINGLE_CLIENT_HTTP10] = {"client_http10",
                            "its requests are HTTP/1.0 without keep-alive"},
    [SINGLE_SERVER_SAID] = {"server_said_close",
                            "the answers say Connection: close"           },
    [SINGLE_SERVER_HTTP10] = {"server_http10",
                            "the answers are HTTP/1.0 without keep-alive" },
    [SINGLE_SERVER_ENDLESS] = {"server_without_length",
                            "the answers have no length but the close"    },
    [SINGLE_CLIENT_CLOSED] = {"client_closed",
                            "nobody asked for it, and the client closes"  },
    [SINGLE_SERVER_CLOSED] = {"server_closed",
                            "the server closes them, unannounced"         },
};

static_assert(sizeof single_text / sizeof *single_text == SINGLE_KINDS,
              "every kind has its words");

const char *single_use_name(enum single_use kind)
{
    return single_text[kind].name;
}

const char *single_use_words(enum single_use kind)
{
    return single_text[kind].words;
}

const char *reuse_answer_name(enum reuse_answer answer)
{
    static const char *const name[REUSE_ANSWERS] = {
        [REUSE_ACCEPTED] = "syn_ack",
        [REUSE_CHALLENGED] = "challenge_ack",
        [REUSE_REFUSED] = "rst",
        [REUSE_SILENCE] = "nothing",
    };

    return name[answer];
}

void connection_use_release(struct connection_use *use)
{
    free(use->reuse.port);
}

static void strain(struct connection_use *use, enum strained kind)
{
    struct strain *strain = &use->strain[kind];

    if (strain->count++ == 0 || use->open < strain->least_open)
        strain->least_open = use->open;
    if (use->open > strain->most_open)
        strain->most_open = use->open;
    if (use->opening > strain->most_opening)
        strain->most_opening = use->opening;
}

/* What was not counted when it came is not when it goes. */
static void leave(uint64_t *count)
{
    *count -= *count > 0;
}

void connection_use_move(struct connection_use *use, const struct conn *conn,
                         enum conn_stage was)
{
    if (was == CONN_OPENING)
        leave(&use->opening);
    if (was == CONN_OPEN)
        leave(&use->open);
    if (was == CONN_OPENING && conn->stage == CONN_OPENING)
        strain(use, STRAINED_AGAIN);
    if (was == CONN_OPENING && conn->stage == CONN_GONE && conn->refused)
        strain(use, STRAINED_REFUSED);
    use->opening += conn->stage == CONN_OPENING;
    use->open += conn->stage == CONN_OPEN;
    if (use->open > use->most_open)
        use->most_open = use->open;
}

/* The place of the client, or of one that has as few as none; NULL: all are
 * others'. */
static struct use_client *place_of(struct connection_use *use,
                                   const struct endpoint *client)
{
    struct use_client *least = &use->by[0];

    for (size_t i = 0; i < USE_CLIENTS_KEPT; i++) {
        struct use_client *one = &use->by[i];

        if (one->connections && endpoint_same(&one->client, client))
            return one;
        if (one->connections < least->connections)
            least = one;
    }
    return least;
}

/* One that is not kept takes the place of the one with the fewest, and its
 * number: none that has opened many is missing (Metwally et al. 2005). */
static void count_client(struct connection_use *use, const struct conn *conn)
{
    struct endpoint client = conn->endpoint[conn->client];
    struct use_client *place;

    client.port = 0;
    place = place_of(use, &client);
    if (!endpoint_same(&place->client, &client)) {
        place->client = client;
        place->missed = place->connections;
    }
    place->connections++;
}

static enum single_use single_kind(const struct outcome *outcome,
                                   const struct closing *closing)
{
    switch (outcome->last_close_word) {
    case CLOSE_CLIENT_SAID:
        return SINGLE_CLIENT_SAID;
    case CLOSE_CLIENT_HTTP10:
        return SINGLE_CLIENT_HTTP10;
    case CLOSE_SERVER_SAID:
        return SINGLE_SERVER_SAID;
    case CLOSE_SERVER_HTTP10:
        return SINGLE_SERVER_HTTP10;
    case CLOSE_SERVER_ENDLESS:
        return SINGLE_SERVER_ENDLESS;
    default:
        return closing->by == CLOSED_BY_CLIENT ? SINGLE_CLIENT_CLOSED
                                               : SINGLE_SERVER_CLOSED;
    }
}

/* The server's word after several requests: is there a limit to them? */
static void count_limit(struct connection_use *use,
                        const struct outcome *outcome)
{
    if (outcome->last_close_word != CLOSE_SERVER_SAID || outcome->complete < 2)
        return;
    if (use->limited++ > 0)
        use->limit_varies |= use->limit != outcome->complete;
    use->limit = outcome->complete;
}

static void count_requests(struct connection_use *use,
                           const struct outcome *outcome)
{
    struct closing closing = conn_closing(outcome->conn);

    if (outcome->complete == 0 || closing.by == CLOSED_BY_NOBODY ||
        outcome->http->tunnel || !conn_start_seen(outcome->conn))
        return;
    use->ended++;
    use->requests += outcome->complete;
    count_limit(use, outcome);
    if (outcome->exchanges != 1)
        return;
    use->single[single_kind(outcome, &closing)]++;
    count_client(use, outcome->conn);
}

static enum reuse_answer reuse_answer_of(const struct conn *conn)
{
    return conn->challenged                     ? REUSE_CHALLENGED
           : conn->refused                      ? REUSE_REFUSED
           : conn->flow[conn_server(conn)].seen ? REUSE_ACCEPTED
                                                : REUSE_SILENCE;
}

static void count_port(struct port_reuse *reuse, uint16_t port)
{
    size_t at = 0;

    if (reuse->count == 1 || port < reuse->lowest)
        reuse->lowest = port;
    if (port > reuse->highest)
        reuse->highest = port;
    if (!reuse->port)
        reuse->port = must_calloc(USE_PORTS_KEPT, sizeof *reuse->port);
    while (at < reuse->ports && reuse->port[at] < port)
        at++;
    if (at < reuse->ports && reuse->port[at] == port)
        return;
    if (reuse->ports == USE_PORTS_KEPT) {
        reuse->more = true;
        return;
    }
    memmove(reuse->port + at + 1, reuse->port + at,
            (reuse->ports - at) * sizeof *reuse->port);
    reuse->port[at] = port;
    reuse->ports++;
}

nanos connection_use_rested(const struct conn *conn)
{
    nanos rested = conn->ports.rested * NANOS_PER_MILLI;

    return conn->ports.before == PORTS_FRESH || rested > USE_TIME_WAIT ||
                   !mark_is_set(conn->flow[conn->client].syn)
               ? -1
               : rested;
}

static void count_reuse(struct port_reuse *reuse, const struct conn *conn)
{
    nanos rested = connection_use_rested(conn);

    if (rested < 0)
        return;
    if (reuse->count++ == 0 || rested < reuse->shortest)
        reuse->shortest = rested;
    reuse->answer[reuse_answer_of(conn)]++;
    reuse->server_closed += conn->ports.before == PORTS_OF_SERVER_CLOSED;
    count_port(reuse, conn->endpoint[conn->client].port);
}

void connection_use_add(struct connection_use *use,
                        const struct outcome *outcome)
{
    count_requests(use, outcome);
    count_reuse(&use->reuse, outcome->conn);
}

uint64_t connection_use_single(const struct connection_use *use)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < SINGLE_KINDS; i++)
        sum += use->single[i];
    return sum;
}

const struct use_client *connection_use_by(const struct connection_use *use,
                                           uint64_t *connections)
{
    const struct use_client *most = NULL;

    *connections = 0;
    for (size_t i = 0; i < USE_CLIENTS_KEPT; i++) {
        const struct use_client *one = &use->by[i];

        if (one->connections - one->missed > *connections) {
            *connections = one->connections - one->missed;
            most = one;
        }
    }
    return most;
}

bool connection_use_churns(const struct connection_use *use)
{
    uint64_t single = connection_use_single(use);
    uint64_t by_one;

    return connection_use_by(use, &by_one) && by_one >= CHURN_LEAST &&
           10 * single >= 9 * use->ended && by_one >= 2 * use->most_open;
}

bool connection_use_has_few_ports(const struct connection_use *use)
{
    const struct port_reuse *reuse = &use->reuse;

    return !reuse->more && reuse->ports > 0 && reuse->count >= 2 * reuse->ports;
}

uint64_t connection_use_limit(const struct connection_use *use)
{
    return use->limited >= 2 && !use->limit_varies ? use->limit : 0;
}
