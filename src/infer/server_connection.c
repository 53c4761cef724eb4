/* What a connection that is over says of its server. */
#include "infer/ending_of.h"
#include "infer/server_figures.h"

/* How a connection began and ended. */
static void add_ending(struct server_facts *server,
                       const struct outcome *outcome, nanos floor, bool doubted)
{
    const struct conn *conn = outcome->conn;
    struct closing closing = conn_closing(conn);
    struct ending ending = ending_of(outcome, floor, doubted);
    struct opening opening;

    server_add_ending(server, &ending);
    if (conn->refused)
        server_log_event(server, LOG_REFUSED, 0, conn->first);
    else if (opening_of(outcome, &opening))
        server_log_event(server, LOG_OPENED, 0, conn->first);
    if (ending.kind == ENDING_IDLE && !ending.by_client)
        server_log_event(server, LOG_CLOSED_IDLE, ending.took, ending.at);
    else if (closing.by != CLOSED_BY_NOBODY && !conn->refused)
        server_log_event(server,
                         closing.by == CLOSED_BY_SERVER ? LOG_CLOSED_BY_SERVER
                                                        : LOG_CLOSED_BY_CLIENT,
                         nanos_between(conn->first.time, closing.at.time),
                         closing.at);
    if (ending.kind != ENDING_IDLE && outcome_is_idle_close(outcome, &closing))
        server->unannounced++;
}

static void add_probes(struct server_facts *server, const struct conn *conn)
{
    for (unsigned i = 0; i < conn->episodes; i++) {
        const struct episode *episode = &conn->episode[i];
        bool by_server = episode->side == conn_server(conn);

        if (episode->kind == EPISODE_KEEPALIVE && episode->count > 1)
            durations_add(&server->probes[by_server],
                          nanos_between(episode->first.time,
                                        episode->last.time) /
                              (nanos)(episode->count - 1),
                          episode->last);
    }
}

static void keep_software(char kept[static INCIDENT_SOFTWARE_SIZE],
                          const char *said)
{
    size_t size = strnlen(said, INCIDENT_SOFTWARE_SIZE - 1);

    memcpy(kept, said, size);
    kept[size] = '\0';
}

/* The first of its connections that the server closed so, with all answered
 * whole (RFC 8446, 6.1). */
static void note_bare_close(struct server_facts *server,
                            const struct outcome *outcome)
{
    const struct conn *conn = outcome->conn;
    const struct tls_facts *tls = tls_facts_of(conn);
    unsigned side = conn_server(conn);

    if (!tls)
        return;
    server->notified += mark_is_set(tls->side[side].notify);
    if (!mark_is_set(server->bare_close) && outcome->complete > 0 &&
        !outcome->unfinished && !outcome->bare_end &&
        conn_closing(conn).by == CLOSED_BY_SERVER &&
        tls_is_bare_close(conn, tls, side))
        server->bare_close = conn->flow[side].fin;
}

void server_note_said(struct server_facts *server,
                      const struct outcome *outcome)
{
    const struct http_facts *http = outcome->http;
    struct closing closing = conn_closing(outcome->conn);

    note_bare_close(server, outcome);
    server->refused += outcome->conn->refused;
    server->tls +=
        http->first[0] == SNIFFED_TLS && http->first[1] == SNIFFED_TLS;
    if (server->protocol == PROTOCOL_NONE || http->protocol == PROTOCOL_HTTP1)
        server->protocol = http->protocol;
    if (outcome->server_software[0])
        keep_software(server->software, outcome->server_software);
    if (outcome->client_software[0] && outcome->unfinished &&
        closing.by == CLOSED_BY_CLIENT)
        keep_software(server->left, outcome->client_software);
    if (outcome->keep_alive)
        server->keep_alive = outcome->keep_alive;
}

void server_add_connection(struct server_facts *server,
                           const struct outcome *outcome, nanos floor,
                           bool doubted)
{
    add_ending(server, outcome, floor, doubted);
    if (server->use)
        connection_use_add(server->use, outcome);
    add_probes(server, outcome->conn);
}
