#include "infer/infer.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    BUCKETS = 1024,
    SERVERS_MAX = 4096
};

struct infer {
    struct infer_options options;
    struct server_facts *bucket[BUCKETS];
    struct server_facts *first;
    struct server_facts *last;
    struct server_facts rest; /* of all servers past the limit together */
    size_t servers;
};

/* Who gives up sooner has not waited: it was done, or went away. */
#define GIVES_UP_LEAST (100 * NANOS_PER_MILLI)

void durations_add(struct durations *set, nanos duration, struct mark at)
{
    if (duration < 0)
        return;
    if (set->samples == 0 || duration < set->shortest) {
        set->shortest = duration;
        set->shortest_at = at;
    }
    if (set->samples == 0 || duration > set->longest) {
        set->longest = duration;
        set->longest_at = at;
    }
    set->samples++;
}

bool durations_alike(nanos a, nanos b)
{
    nanos larger = a > b ? a : b;
    nanos difference = a > b ? a - b : b - a;
    nanos jitter = larger / 10;

    if (jitter > 50 * NANOS_PER_MILLI)
        jitter = 50 * NANOS_PER_MILLI;
    return difference <= jitter || difference <= larger / 50;
}

bool durations_end_together(const struct durations *set)
{
    nanos ends = nanos_between(set->shortest_at.time, set->longest_at.time);

    return set->samples >= 2 &&
           (ends < 0 ? -ends : ends) < (set->longest - set->shortest) / 2;
}

bool durations_constant(const struct durations *set, uint64_t samples)
{
    return set->samples >= samples &&
           durations_alike(set->shortest, set->longest);
}

struct infer *infer_new(const struct infer_options *options)
{
    struct infer *infer = must_calloc(1, sizeof *infer);

    infer->options = *options;
    return infer;
}

void infer_free(struct infer *infer)
{
    while (infer->first) {
        struct server_facts *server = infer->first;

        infer->first = server->next;
        free(server);
    }
    free(infer);
}

static size_t bucket_of(const struct endpoint *endpoint)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < sizeof endpoint->address.byte; i++)
        hash = (hash ^ endpoint->address.byte[i]) * UINT64_C(1099511628211);
    hash = (hash ^ endpoint->port) * UINT64_C(1099511628211);
    return (size_t)((hash ^ (hash >> 32)) % BUCKETS);
}

static struct server_facts *find(const struct infer *infer,
                                 const struct endpoint *endpoint)
{
    struct server_facts *server = infer->bucket[bucket_of(endpoint)];

    while (server && (server->server.port != endpoint->port ||
                      memcmp(&server->server.address, &endpoint->address,
                             sizeof endpoint->address) != 0))
        server = server->hash_next;
    return server;
}

static void add_gave_up(struct server_facts *server, nanos wait, struct mark at)
{
    if (wait >= GIVES_UP_LEAST)
        durations_add(&server->client_gave_up, wait, at);
}

static struct server_facts *server_of(struct infer *infer,
                                      const struct conn *conn)
{
    const struct endpoint *endpoint = &conn->endpoint[conn_server(conn)];
    struct server_facts *server = find(infer, endpoint);

    if (server)
        return server;
    if (infer->servers == SERVERS_MAX)
        return &infer->rest;
    server = must_calloc(1, sizeof *server);
    server->server = *endpoint;
    server->hash_next = infer->bucket[bucket_of(endpoint)];
    infer->bucket[bucket_of(endpoint)] = server;
    if (infer->last)
        infer->last->next = server;
    else
        infer->first = server;
    infer->last = server;
    infer->servers++;
    return server;
}

const struct server_facts *infer_server(const struct infer *infer,
                                        const struct conn *conn)
{
    const struct server_facts *server =
        find(infer, &conn->endpoint[conn_server(conn)]);

    return server ? server : &infer->rest;
}

const struct server_facts *infer_first(const struct infer *infer)
{
    return infer->first;
}

bool infer_port_is_http(const struct infer *infer, uint16_t port)
{
    if (port == 80 || port == 443 || port == 3000 || port == 5000 ||
        (port >= 8000 && port <= 8999))
        return true;
    for (const struct server_facts *s = infer->first; s; s = s->next) {
        if (s->server.port == port && s->answered > 0)
            return true;
    }
    return false;
}

struct mark exchange_asked(const struct exchange *x)
{
    return mark_is_set(x->request.head) ? x->request.head : x->request.start;
}

static void add_complete(struct server_facts *server, const struct exchange *x)
{
    struct mark asked = exchange_asked(x);
    nanos wait = nanos_between(asked.time, x->response.end.time);

    server->exchanges++;
    server->answered++;
    if (exchange_is_short(x)) {
        server->failed++;
        return;
    }
    server->complete++;
    if (x->tunnel || exchange_is_doubtful(x))
        return;
    /* a body that ends with the connection may have been cut */
    if (x->response.framing != FRAMING_CLOSE)
        durations_add(&server->success, wait, x->response.end);
    if (x->status >= 502 && x->status <= 504)
        durations_add(&server->gateway, wait, x->response.start);
    if (mark_is_set(x->idle_since))
        durations_add(&server->reused,
                      nanos_between(x->idle_since.time, x->request.start.time),
                      x->request.start);
}

void infer_complete(struct infer *infer, const struct conn *conn,
                    const struct exchange *x)
{
    add_complete(server_of(infer, conn), x);
}

/* RFC 9113, 7. */
enum {
    H2_INTERNAL_ERROR = 2
};

void infer_ended(struct infer *infer, const struct conn *conn,
                 const struct exchange *x)
{
    struct server_facts *server = server_of(infer, conn);
    nanos wait = nanos_between(exchange_asked(x).time, x->h2->reset.time);

    server->exchanges++;
    server->answered += mark_is_set(x->response.start);
    if (mark_is_set(x->response.end)) {
        server->complete++;
        return;
    }
    server->failed++;
    if (x->h2->reset_by_client)
        add_gave_up(server, wait, x->h2->reset);
    else if (x->h2->reset_code == H2_INTERNAL_ERROR)
        durations_add(&server->reset, wait, x->h2->reset);
}

/* What a request that got no whole answer adds. */
static void add_failure(const struct infer *infer, struct server_facts *server,
                        const struct conn *conn, const struct exchange *x)
{
    struct closing closing = conn_closing(conn);
    struct mark asked = exchange_asked(x);
    nanos wait = nanos_between(asked.time, closing.at.time);

    server->exchanges++;
    /* an answer to a request that it did not wait for is one all the same
     * (RFC 9112, 9.6), if no reset has overtaken it */
    if (mark_is_set(x->response.end) && !conn->resets && x->status != 408)
        server->complete++;
    else
        server->failed++;
    server->answered += mark_is_set(x->response.start) ||
                        conn->flow[conn_server(conn)].lost > 1; /* a FIN: 1 */
    /* under HTTP/2 a server's timeouts reset the stream, not the connection */
    if (!mark_is_set(x->request.end) || exchange_is_doubtful(x) || x->tunnel ||
        mark_is_set(x->response.end))
        return;
    if (closing.by == CLOSED_BY_SERVER && !closing.by_reset &&
        closing.acks != CONN_NO_OFFSET && closing.acks >= x->request.reached &&
        wait >= infer->options.floor && !x->is_h2)
        durations_add(&server->cut, wait, closing.at);
    if (closing.by == CLOSED_BY_CLIENT)
        add_gave_up(server, wait, closing.at);
}

/* The server closed a connection on which nothing was outstanding. */
static void add_idle_close(struct server_facts *server,
                           const struct outcome *outcome)
{
    const struct h2_facts *h2 = &outcome->http->h2;
    struct mark said = h2->first_goaway[conn_server(outcome->conn)];
    struct closing closing = conn_closing(outcome->conn);
    const struct exchange *x = outcome->unfinished;
    struct mark active =
        outcome->last_reset.frame > outcome->last_response_end.frame
            ? outcome->last_reset
            : outcome->last_response_end;

    /* under HTTP/2 GOAWAY comes first, and the connection may be drained */
    if (mark_is_set(said))
        closing.at = said;
    if (closing.by != CLOSED_BY_SERVER || closing.by_reset ||
        outcome->last_closes || !mark_is_set(outcome->last_response_end) ||
        mark_is_set(outcome->http->h2.goaway[outcome->conn->client].at) ||
        outcome->complete == 0)
        return;
    /* a request that crossed the FIN was not there when it was decided */
    if (x &&
        (closing.acks == CONN_NO_OFFSET || closing.acks > x->request.begin))
        return;
    durations_add(&server->idle, nanos_between(active.time, closing.at.time),
                  closing.at);
}

static void add_probes(struct server_facts *server, const struct conn *conn)
{
    for (unsigned i = 0; i < conn->notes; i++) {
        const struct note *note = &conn->note[i];
        bool by_server = note->side == conn_server(conn);

        if (note->kind == NOTE_KEEPALIVE && note->count > 1)
            durations_add(&server->probes[by_server],
                          nanos_between(note->first.time, note->last.time) /
                              (nanos)(note->count - 1),
                          note->last);
    }
}

static void add_outcome(const struct infer *infer, struct server_facts *server,
                        const struct outcome *outcome)
{
    const struct conn *conn = outcome->conn;
    const struct http_facts *http = outcome->http;
    bool both_tls =
        http->first[0] == SNIFFED_TLS && http->first[1] == SNIFFED_TLS;

    server->refused += conn->refused;
    server->tls += both_tls;
    if (server->protocol == PROTOCOL_NONE || http->protocol == PROTOCOL_HTTP1)
        server->protocol = http->protocol;
    if (outcome->server_software[0])
        memcpy(server->software, outcome->server_software,
               strnlen(outcome->server_software, INCIDENT_SOFTWARE_SIZE - 1));
    if (outcome->keep_alive)
        server->keep_alive = outcome->keep_alive;
    for (const struct exchange *x = outcome->unfinished; x; x = x->next) {
        if (exchange_is_complete(x))
            add_complete(server, x);
        else
            add_failure(infer, server, conn, x);
    }
    add_idle_close(server, outcome);
    add_probes(server, conn);
}

void infer_outcome(struct infer *infer, const struct outcome *outcome)
{
    add_outcome(infer, server_of(infer, outcome->conn), outcome);
}

void infer_preview(const struct infer *infer, const struct outcome *outcome,
                   struct server_facts *server)
{
    *server = *infer_server(infer, outcome->conn);
    server->server = outcome->conn->endpoint[conn_server(outcome->conn)];
    add_outcome(infer, server, outcome);
}
