#include "model/incident.h"

#include "base/arena.h"
#include "model/cut_record.h"

#include <stdlib.h>

static void copy_conn(struct conn *copy, const struct conn *conn)
{
    *copy = *conn;
    conn_copy_episodes(copy, conn);
    for (unsigned side = 0; side < 2; side++) {
        copy->flow[side].held = NULL;
        copy->flow[side].held_count = 0;
    }
    copy->tls = NULL;
    copy->http = NULL;
    copy->model = NULL;
    copy->hash_next = NULL;
    copy->newer = NULL;
    copy->older = NULL;
}

static void copy_software(char to[static INCIDENT_SOFTWARE_SIZE],
                          const char *from)
{
    size_t size = strnlen(from, INCIDENT_SOFTWARE_SIZE - 1);

    memcpy(to, from, size);
}

static void keep_tls(struct incident *incident, const struct conn *conn)
{
    const struct tls_facts *facts = tls_facts_of(conn);

    if (!facts)
        return;
    incident->has_tls = true;
    incident->tls = *facts;
}

struct incident *incident_new(const struct outcome *outcome,
                              const struct exchange *x)
{
    struct incident *incident = must_calloc(1, sizeof *incident);

    copy_conn(&incident->conn, outcome->conn);
    keep_tls(incident, outcome->conn);
    incident->exchange = x ? exchange_copy(x) : NULL;
    incident->is_complete = x && exchange_is_complete(x);
    incident->http = *outcome->http;
    incident->ending = outcome->ending;
    incident->complete = outcome->complete;
    incident->orphans = outcome->orphans;
    incident->unfollowed = outcome->crowded_out + outcome->http->h2.dropped;
    if (x && x->number > outcome->said_close_by)
        incident->said_close = outcome->said_close;
    incident->said_408 = outcome->said_408;
    copy_software(incident->server_software, outcome->server_software);
    copy_software(incident->client_software, outcome->client_software);
    if (x && (x == outcome->unfinished || x == outcome->opaque))
        cut_record_take(incident);
    return incident;
}

struct incident *incident_of_exchange(const struct conn *conn,
                                      const struct exchange *x)
{
    struct incident *incident = must_calloc(1, sizeof *incident);

    copy_conn(&incident->conn, conn);
    keep_tls(incident, conn);
    incident->exchange = exchange_copy(x);
    incident->is_complete = exchange_is_complete(x);
    incident->http = http_facts_of(conn);
    if (incident->http.protocol == PROTOCOL_NONE) {
        incident->http.protocol = exchange_protocol(x);
        incident->http.minor = x->is_h2 ? 0 : 1;
    }
    return incident;
}

struct incident *incident_copy(const struct incident *incident)
{
    struct incident *copy = must_calloc(1, sizeof *copy);

    *copy = *incident;
    copy_conn(&copy->conn, &incident->conn);
    if (incident->exchange)
        copy->exchange = exchange_copy(incident->exchange);
    return copy;
}

void incident_free(struct incident *incident)
{
    if (!incident)
        return;
    conn_free_episodes(&incident->conn);
    exchange_free(incident->exchange);
    free(incident);
}

static enum closer closed_by(const struct conn *conn, unsigned side)
{
    return side == conn->client ? CLOSED_BY_CLIENT : CLOSED_BY_SERVER;
}

/* Does the FIN of `side` acknowledge that of the other? */
static bool fin_answers(const struct conn *conn, unsigned side)
{
    const struct flow *flow = &conn->flow[side];
    const struct flow *peer = &conn->flow[1 - side];

    return flow->fin_acks != CONN_NO_OFFSET && flow->fin_acks > peer->fin_at;
}

static void take_first_fin(const struct conn *conn, struct closing *closing)
{
    bool has[2] = {mark_is_set(conn->flow[0].fin),
                   mark_is_set(conn->flow[1].fin)};
    unsigned first = 0;

    if (!has[0] && !has[1])
        return;
    if (has[0] != has[1])
        first = has[1];
    else if (fin_answers(conn, 0) != fin_answers(conn, 1))
        first = fin_answers(conn, 0);
    else
        first = conn->flow[1].fin.time < conn->flow[0].fin.time;
    closing->by = closed_by(conn, first);
    closing->at = conn->flow[first].fin;
    closing->acks = conn->flow[first].fin_acks;
}

/* What the RST's sender had acknowledged by then, at most. */
static void take_reset(const struct conn *conn, const struct reset *reset,
                       struct closing *closing)
{
    closing->by = closed_by(conn, reset->from);
    closing->by_reset = true;
    closing->at = reset->at;
    closing->acks = conn->flow[1 - reset->from].acked;
    closing->reset = reset;
}

/* What TLS said: close_notify or a fatal alert. */
static void take_shut(const struct conn *conn, unsigned side,
                      struct closing *closing)
{
    closing->by = closed_by(conn, side);
    closing->by_reset = false;
    closing->at = conn->flow[side].shut;
    closing->acks = conn->flow[side].shut_acks;
    closing->reset = NULL;
}

/*
 * The reset at which it was over; else one that its receiver would ignore, but
 * that is the last word of its sender's socket.
 */
static const struct reset *closing_reset(const struct conn *conn)
{
    for (unsigned i = 0; i < conn->resets; i++) {
        const struct reset *reset = &conn->reset[i];

        if (mark_is_set(conn->over) ? reset->at.time >= conn->over.time
                                    : !reset->in_window)
            return reset;
    }
    return NULL;
}

/* By FIN or RST, as TCP has it. */
static void take_tcp(const struct conn *conn, struct closing *closing)
{
    const struct reset *reset = closing_reset(conn);

    take_first_fin(conn, closing);
    if (reset &&
        (closing->by == CLOSED_BY_NOBODY || closing->at.time > reset->at.time))
        take_reset(conn, reset, closing);
}

struct closing conn_closing(const struct conn *conn)
{
    struct closing first = {.acks = CONN_NO_OFFSET};

    take_tcp(conn, &first);
    for (unsigned side = 0; side < 2; side++) {
        const struct flow *flow = &conn->flow[side];

        if (mark_is_set(flow->shut) &&
            (first.by == CLOSED_BY_NOBODY || flow->shut.time < first.at.time))
            take_shut(conn, side, &first);
    }
    return first;
}

/* Data for a socket that nobody has any more meets an RST without ACK; one
 * that was half-closed goes on acknowledging (RFC 9293, 3.10.7.4). */
static bool refused_data(const struct conn *conn)
{
    for (unsigned i = 0; i < conn->resets; i++) {
        const struct reset *reset = &conn->reset[i];

        if (reset->from == conn->client && !reset->has_ack &&
            reset_is_in_character(reset))
            return true;
    }
    return false;
}

bool exchange_was_left(const struct conn *conn, const struct exchange *x)
{
    struct closing closing;

    if (x->is_h2 || x->tunnel || !mark_is_set(x->response.start))
        return false;
    closing = conn_closing(conn);
    if (closing.by != CLOSED_BY_CLIENT ||
        closing.at.frame < x->request.start.frame ||
        x->response.last.frame <= closing.at.frame)
        return false;
    if (!mark_is_set(x->request.end))
        return closing.at.frame < x->response.start.frame;
    return conn->flow[conn_server(conn)].acked < x->response.reached &&
           (closing.by_reset || refused_data(conn));
}

bool exchange_is_without_end(const struct conn *conn, const struct exchange *x)
{
    struct closing closing;

    if (x->is_h2 || x->tunnel || x->response.framing != FRAMING_CLOSE ||
        x->says_close || x->is_event_stream)
        return false;
    closing = conn_closing(conn);
    return closing.by == CLOSED_BY_CLIENT &&
           closing.at.frame > x->response.last.frame &&
           nanos_between(x->response.last.time, closing.at.time) >=
               NANOS_PER_SECOND;
}

/* What is said because the request did not come to its end. */
static bool is_status_of_unfinished(uint16_t status)
{
    return status == 408 || status == 502 || status == 504;
}

bool exchange_went_well(const struct conn *conn, const struct exchange *x)
{
    if (!exchange_is_answered(x) || exchange_is_short(x) ||
        exchange_was_left(conn, x) || exchange_is_without_end(conn, x) ||
        x->bare_end || exchange_is_garbled(x) || exchange_is_long(x))
        return false;
    return mark_is_set(x->request.end) ||
           (!conn->resets && !x->request.broken &&
            !is_status_of_unfinished(x->status));
}

static bool is_before(struct mark a, struct mark b)
{
    return mark_is_set(a) && a.frame < b.frame;
}

/* The side's GOAWAY that gave the whole connection up. NULL: none. */
static const struct h2_goaway *fatal_goaway(const struct h2_facts *h2,
                                            unsigned side)
{
    const struct h2_goaway *goaway = &h2->goaway[side];

    return mark_is_set(goaway->at) && goaway->code ? goaway : NULL;
}

/* Recorded the other way round: whoever closed had all that its peer ever
 * sent, the reset of a stream with it. */
static bool closed_behind_all(const struct conn *conn,
                              const struct closing *closing, unsigned resetter)
{
    return closing->by == closed_by(conn, 1 - resetter) && !closing->by_reset &&
           closing->acks != CONN_NO_OFFSET &&
           closing->acks >= conn->flow[resetter].top;
}

bool was_ended_by_reset(const struct conn *conn, const struct h2_facts *h2,
                        const struct exchange *x)
{
    return x->h2 && mark_is_set(x->h2->reset) &&
           stream_closing(conn, h2, x).at.frame == x->h2->reset.frame;
}

struct closing stream_closing(const struct conn *conn,
                              const struct h2_facts *h2,
                              const struct exchange *x)
{
    struct closing closing = conn_closing(conn);
    const struct h2_goaway *fatal;
    unsigned other;

    if (!x->h2 || !mark_is_set(x->h2->reset))
        return closing;
    other = x->h2->reset_by_client ? conn_server(conn) : conn->client;
    fatal = fatal_goaway(h2, other);
    if (is_before(closing.at, x->h2->reset) &&
        !closed_behind_all(conn, &closing, 1 - other) &&
        !(fatal && is_before(fatal->at, closing.at)))
        return closing;
    closing = (struct closing){.by = x->h2->reset_by_client ? CLOSED_BY_CLIENT
                                                            : CLOSED_BY_SERVER,
                               .at = x->h2->reset,
                               .acks = CONN_NO_OFFSET};
    if (fatal && is_before(fatal->at, x->h2->reset)) {
        closing.by =
            other == conn->client ? CLOSED_BY_CLIENT : CLOSED_BY_SERVER;
        closing.at = fatal->at;
    }
    return closing;
}
