#include "pipeline/gather.h"

/* What stands still for long is looked at as often as this. */
#define LOOK_AT_LEAST (60 * NANOS_PER_SECOND)

/* How soon after a refusal another connection counts as the client's way out.
 * RFC 8305, 5: attempts follow each other within 2 s. */
#define GOES_ON_WITHIN (2 * NANOS_PER_SECOND)

/* Connections to one server that begin together are one to who asks. */
#define ALIKE_WITHIN (GOES_ON_WITHIN / 8)

/* Incidents that are looked at again when a connection has worked. */
enum {
    LOOK_BACK_MOST = 256
};

void gather_init(struct gather *gather, const struct pipeline_options *options)
{
    struct infer_options infer = {.floor = options->settings.timeout_floor};

    *gather = (struct gather){.options = options};
    gather->timeline.back =
        options->live ? NANOS_PER_SECOND : TIMELINE_STANDSTILL;
    gather->infer = infer_new(&infer);
    docket_init(&gather->docket, options, gather->infer, &gather->timeline,
                &gather->counts);
}

void gather_release(struct gather *gather)
{
    docket_release(&gather->docket);
    infer_free(gather->infer);
}

static bool same_address(const struct endpoint *a, const struct endpoint *b)
{
    return memcmp(&a->address, &b->address, sizeof a->address) == 0;
}

/* Does a connection that worked explain, or ease, what befell another? */
static bool eases(const struct worked *worked, const struct incident *incident)
{
    const struct conn *conn = &incident->conn;
    const struct endpoint *theirs = &conn->endpoint[conn_server(conn)];
    nanos apart = nanos_between(conn->last.time, worked->first);

    if (worked->server.port != theirs->port)
        return false;
    if (incident->exchange)
        return same_address(&worked->server, theirs) &&
               worked->first > incident->exchange->request.start.time;
    return !same_address(&worked->server, theirs) && apart >= -GOES_ON_WITHIN &&
           apart <= GOES_ON_WITHIN;
}

/* Those that worked are looked at for a new incident, and the other way. */
static void look_for_ease(const struct gather *gather,
                          struct incident *incident)
{
    uint64_t kept = gather->workeds < GATHER_WORKED_KEPT ? gather->workeds
                                                         : GATHER_WORKED_KEPT;

    for (size_t i = 0; i < kept && !incident->later_works; i++)
        incident->later_works = eases(&gather->worked[i], incident);
}

static void keep(struct gather *gather, struct docket_case *known,
                 struct incident *incident)
{
    look_for_ease(gather, incident);
    docket_add(&gather->docket, known, incident);
}

static void list_exchange(struct gather *gather, const struct conn *conn,
                          const struct exchange *x)
{
    const struct pipeline_watcher *watcher = &gather->options->watcher;
    struct report_exchange listed = {
        .connection = conn->id,
        .client = conn->endpoint[conn->client],
        .server = conn->endpoint[conn_server(conn)],
        .x = x,
        .protocol = x->is_h2 ? PROTOCOL_HTTP2 : PROTOCOL_HTTP1,
        .complete = mark_is_set(x->response.end) && !exchange_is_short(x),
    };

    if (!gather->options->list_exchanges ||
        (gather->options->has_stream && conn->id != gather->options->stream))
        return;
    gather->listed++;
    if (watcher->exchange)
        watcher->exchange(watcher->context, &listed);
}

static void take_complete(void *context, struct conn *conn,
                          const struct exchange *x)
{
    struct gather *gather = context;

    gather->counts.exchanges++;
    gather->counts.complete += !exchange_is_short(x);
    infer_complete(gather->infer, conn, x);
    list_exchange(gather, conn, x);
    if (diagnose_wants_complete(&gather->options->settings, conn, x))
        keep(gather, x->told, incident_of_exchange(conn, x));
    else if (x->told)
        docket_withdraw(&gather->docket, x->told);
    else if (docket_is_asked_why(&gather->docket, conn, x))
        docket_keep_well(&gather->docket, incident_of_exchange(conn, x));
}

static void take_ended(void *context, struct conn *conn,
                       const struct exchange *x)
{
    struct gather *gather = context;

    gather->counts.exchanges++;
    gather->counts.complete += mark_is_set(x->response.end);
    infer_ended(gather->infer, conn, x);
    list_exchange(gather, conn, x);
    keep(gather, x->told, incident_of_exchange(conn, x));
}

/* One of the same server at nearly the same time stands for both. */
static void keep_worked(struct gather *gather, const struct worked *worked)
{
    uint64_t kept = gather->workeds < GATHER_WORKED_KEPT ? gather->workeds
                                                         : GATHER_WORKED_KEPT;

    for (size_t i = 0; i < kept; i++) {
        const struct worked *other = &gather->worked[i];
        nanos apart = nanos_between(other->first, worked->first);

        if (apart > -ALIKE_WITHIN && apart < ALIKE_WITHIN &&
            other->server.port == worked->server.port &&
            same_address(&other->server, &worked->server))
            return;
    }
    gather->worked[gather->workeds++ % GATHER_WORKED_KEPT] = *worked;
}

static bool look_back(struct gather *gather, const struct outcome *outcome)
{
    const struct conn *conn = outcome->conn;
    struct worked worked = {.server = conn->endpoint[conn_server(conn)],
                            .first = conn->first.time};
    struct docket_case *one = gather->docket.ended.newest;

    if (outcome->complete == 0 &&
        !(mark_is_set(conn->flow[0].syn) && mark_is_set(conn->flow[1].syn)))
        return false;
    keep_worked(gather, &worked);
    for (size_t i = 0; i < LOOK_BACK_MOST && one; i++, one = one->older) {
        if (!one->incident->later_works && eases(&worked, one->incident)) {
            one->incident->later_works = true;
            one->look_at = 0;
        }
    }
    return true;
}

static void count_connection(struct report_counts *counts,
                             const struct outcome *outcome)
{
    counts->connections++;
    counts->http_connections += outcome->http->protocol == PROTOCOL_HTTP1;
    counts->tls_connections += outcome->http->protocol == PROTOCOL_TLS;
    counts->h2_connections += outcome->http->protocol == PROTOCOL_HTTP2;
    counts->crowded_out += outcome->crowded_out + outcome->http->h2.dropped;
    counts->one_way += conn_is_one_way(outcome->conn) &&
                       outcome->http->protocol == PROTOCOL_HTTP1;
    counts->other_connections += outcome->http->protocol == PROTOCOL_OTHER;
}

static void take_over(void *context, const struct outcome *outcome)
{
    struct gather *gather = context;
    const struct pipeline_watcher *watcher = &gather->options->watcher;

    gather->has_stream |= outcome->conn->id == gather->options->stream;
    count_connection(&gather->counts, outcome);
    infer_outcome(gather->infer, outcome);
    for (const struct exchange *x = outcome->unfinished; x; x = x->next) {
        gather->counts.exchanges++;
        /* an answer may come before the request has ended: RFC 9110, 9.1 */
        gather->counts.complete += mark_is_set(x->response.end);
        list_exchange(gather, outcome->conn, x);
        keep(gather, x->told, incident_new(outcome, x));
    }
    if (diagnose_wants_connection(&gather->options->settings, outcome))
        keep(gather, outcome->conn->told, incident_new(outcome, NULL));
    else if (outcome->conn->told)
        docket_withdraw(&gather->docket, outcome->conn->told);
    else if (docket_is_asked_why(&gather->docket, outcome->conn, NULL))
        docket_keep_well(&gather->docket, incident_new(outcome, NULL));
    if (!outcome->conn->known_to_work)
        (void)look_back(gather, outcome);
    if (watcher->over)
        watcher->over(watcher->context, outcome->conn->id,
                      gather->timeline.now);
}

/*
 * Something may stand still from now on; it counts when it has done so for the
 * threshold. What was looked at is looked at again when it has lasted a quarter
 * longer.
 */
static nanos next_look(const struct gather *gather, nanos since)
{
    nanos now = gather->timeline.now;
    nanos threshold = gather->options->settings.stall_threshold;
    nanos lasted = nanos_between(since, now);

    if (lasted < threshold)
        return nanos_after(since, threshold);
    lasted /= 4;
    if (lasted < threshold / 4)
        lasted = threshold / 4;
    return nanos_after(now, lasted < LOOK_AT_LEAST ? lasted : LOOK_AT_LEAST);
}

/* One that goes on: does it hang by now? */
static void look_at_exchange(struct gather *gather,
                             const struct outcome *outcome, struct exchange *x,
                             const struct server_facts *preview)
{
    nanos since = exchange_moved(x).time;
    bool ended = outcome->ending == CONN_ENDED;

    if (ended ? exchange_is_complete(x) && !x->client_had_closed
              : exchange_is_complete(x) ||
                    !conn_is_due(x->look_at, gather->timeline.now))
        return;
    x->look_at = next_look(gather, since);
    if (!ended && nanos_between(since, gather->timeline.now) <
                      gather->options->settings.stall_threshold)
        return;
    if (x->told || docket_has_room(&gather->docket))
        x->told = docket_watch(&gather->docket, x->told,
                               incident_new(outcome, x), preview);
}

static void look_at_connection(struct gather *gather,
                               const struct outcome *outcome,
                               const struct server_facts *preview)
{
    struct conn *conn = outcome->conn;

    if (!diagnose_wants_connection(&gather->options->settings, outcome))
        return;
    if (conn->told || docket_has_room(&gather->docket))
        conn->told = docket_watch(&gather->docket, conn->told,
                                  incident_new(outcome, NULL), preview);
}

static void take_look(void *context, const struct outcome *outcome)
{
    struct gather *gather = context;
    struct conn *conn = outcome->conn;
    nanos now = gather->timeline.now;
    struct server_facts soon;
    const struct server_facts *preview = NULL;

    if (outcome->ending == CONN_ENDED) {
        infer_preview(gather->infer, outcome, &soon);
        preview = &soon;
    }
    conn->look_at =
        nanos_after(now, gather->options->settings.stall_threshold / 2);
    if (!conn->known_to_work)
        conn->known_to_work = look_back(gather, outcome);
    for (struct exchange *x = outcome->unfinished; x; x = x->next) {
        look_at_exchange(gather, outcome, x, preview);
        if (x->look_at > now && x->look_at < conn->look_at)
            conn->look_at = x->look_at;
    }
    look_at_connection(gather, outcome, preview);
    if (outcome->ending == CONN_ENDED)
        conn->look_at = CONN_NEVER_DUE;
}

struct model_sink gather_model_sink(struct gather *gather)
{
    return (struct model_sink){.context = gather,
                               .complete = take_complete,
                               .ended = take_ended,
                               .over = take_over,
                               .look = take_look};
}
