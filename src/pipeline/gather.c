#include "pipeline/gather.h"

#include "base/arena.h"

#include <stdlib.h>

/* How soon after a refusal another connection counts as the client's way out.
 * RFC 8305, 5: attempts follow each other within 2 s. */
#define GOES_ON_WITHIN (2 * NANOS_PER_SECOND)

/* Incidents that are looked at again when a connection has worked. */
enum {
    LOOK_BACK = 256
};

void gather_init(struct gather *gather, const struct pipeline_options *options)
{
    struct infer_options infer = {.floor = options->settings.timeout_floor};

    *gather = (struct gather){.options = options};
    gather->infer = infer_new(&infer);
}

void gather_release(struct gather *gather)
{
    for (size_t i = 0; i < gather->incidents; i++)
        incident_free(gather->incident[i]);
    for (size_t i = 0; i < gather->findings; i++)
        finding_free(gather->finding[i]);
    for (size_t i = 0; i < gather->exchanges; i++)
        exchange_free((struct exchange *)(uintptr_t)gather->exchange[i].x);
    free(gather->incident);
    free(gather->finding);
    free(gather->exchange);
    infer_free(gather->infer);
}

/* Makes room for one more; room grows by doubling from 16. */
static void *grow(void *array, size_t count, size_t size)
{
    if (count == 0)
        return must_realloc(array, 16, size);
    if (count >= 16 && (count & (count - 1)) == 0)
        return must_realloc(array, 2 * count, size);
    return array;
}

void gather_tick(struct gather *gather, struct mark at)
{
    nanos step = nanos_between(gather->now, at.time);

    gather->now = at.time;
    if (!mark_is_set(gather->last)) {
        gather->last = at;
        return;
    }
    if (step > GATHER_STANDSTILL || step < -GATHER_STANDSTILL) {
        if (gather->runs < GATHER_RUNS_MAX)
            gather->run[gather->runs++] = gather->last;
        gather->last = at;
    } else if (at.time > gather->last.time) {
        gather->last = at;
    }
}

/* Until when a connection could have been seen, that was last seen then. */
static struct mark seen_until(const struct gather *gather, struct mark last)
{
    for (size_t i = 0; i < gather->runs; i++) {
        if (gather->run[i].frame >= last.frame)
            return gather->run[i];
    }
    return gather->last;
}

static bool is_wanted(const struct gather *gather, enum verdict code,
                      const struct incident *incident)
{
    const struct pipeline_options *options = gather->options;
    bool some = false;

    if (options->has_stream && incident->conn.id != options->stream)
        return false;
    if (options->ignore[code])
        return false;
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        some |= options->only[i];
    return !some || options->only[code];
}

static void count_finding(struct gather *gather, const struct finding *finding)
{
    gather->counts.by_severity[finding->severity]++;
    gather->counts.by_code[finding->code]++;
}

/* --port */
static bool is_forced(const struct gather *gather, uint16_t port)
{
    const struct http_options *http = &gather->options->http;

    for (size_t i = 0; i < http->ports; i++) {
        if (http->port[i] == port)
            return true;
    }
    return false;
}

/* Takes the incident over. */
static void judge(struct gather *gather, struct incident *incident, bool keep)
{
    const struct server_facts *server =
        infer_server(gather->infer, &incident->conn);
    struct finding *finding = NULL;
    enum diagnosis diagnosis;

    incident->capture_last = seen_until(gather, incident->conn.last);
    incident->port_is_http =
        infer_port_is_http(gather->infer, server->server.port) ||
        is_forced(gather, server->server.port) ||
        gather->counts.http_connections == 0;
    diagnosis =
        diagnose(&gather->options->settings, incident, server, &finding);
    if (diagnosis != DIAGNOSIS_FINDING) {
        gather->counts.doubtful +=
            diagnosis == DIAGNOSIS_DOUBT && incident->exchange;
        incident_free(incident);
        return;
    }
    /* an answer that came after its client had left was not taken */
    if (incident->is_complete && finding->code == VERDICT_CLIENT_ABORT)
        gather->counts.complete--;
    if (!is_wanted(gather, finding->code, incident)) {
        gather->counts.hidden++;
        finding_free(finding);
        return;
    }
    count_finding(gather, finding);
    if (!keep) {
        gather->counts.not_detailed++;
        finding_free(finding);
        return;
    }
    gather->finding =
        grow(gather->finding, gather->findings, sizeof *gather->finding);
    gather->finding[gather->findings++] = finding;
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

static void keep(struct gather *gather, struct incident *incident)
{
    look_for_ease(gather, incident);
    if (gather->incidents == GATHER_INCIDENTS_MAX) {
        judge(gather, incident, false);
        return;
    }
    gather->incident =
        grow(gather->incident, gather->incidents, sizeof *gather->incident);
    gather->incident[gather->incidents++] = incident;
}

static void list_exchange(struct gather *gather, const struct conn *conn,
                          const struct exchange *x)
{
    struct report_exchange *listed;

    if (!gather->options->list_exchanges ||
        (gather->options->has_stream && conn->id != gather->options->stream))
        return;
    gather->exchange =
        grow(gather->exchange, gather->exchanges, sizeof *gather->exchange);
    listed = &gather->exchange[gather->exchanges++];
    *listed = (struct report_exchange){
        .connection = conn->id,
        .client = conn->endpoint[conn->client],
        .server = conn->endpoint[conn_server(conn)],
        .x = exchange_copy(x),
        .protocol = x->is_h2 ? PROTOCOL_HTTP2 : PROTOCOL_HTTP1,
        .minor = 1,
        .complete = exchange_is_complete(x),
    };
}

static void take_complete(void *context, struct conn *conn,
                          const struct exchange *x)
{
    struct gather *gather = context;

    gather->counts.exchanges++;
    gather->counts.complete++;
    infer_complete(gather->infer, conn, x);
    list_exchange(gather, conn, x);
    if (diagnose_wants_complete(&gather->options->settings, conn, x))
        keep(gather, incident_of_exchange(conn, x));
}

static void take_ended(void *context, struct conn *conn,
                       const struct exchange *x)
{
    struct gather *gather = context;

    gather->counts.exchanges++;
    gather->counts.complete += mark_is_set(x->response.end);
    infer_ended(gather->infer, conn, x);
    list_exchange(gather, conn, x);
    keep(gather, incident_of_exchange(conn, x));
}

static void look_back(struct gather *gather, const struct outcome *outcome)
{
    const struct conn *conn = outcome->conn;
    struct worked worked = {.server = conn->endpoint[conn_server(conn)],
                            .first = conn->first.time};
    size_t first =
        gather->incidents > LOOK_BACK ? gather->incidents - LOOK_BACK : 0;

    if (outcome->complete == 0 &&
        !(mark_is_set(conn->flow[0].syn) && mark_is_set(conn->flow[1].syn)))
        return;
    gather->worked[gather->workeds++ % GATHER_WORKED_KEPT] = worked;
    for (size_t i = first; i < gather->incidents; i++) {
        struct incident *incident = gather->incident[i];

        if (!incident->later_works)
            incident->later_works = eases(&worked, incident);
    }
}

static void count_connection(struct report_counts *counts,
                             const struct outcome *outcome)
{
    counts->connections++;
    counts->http_connections += outcome->http->protocol == PROTOCOL_HTTP1;
    counts->tls_connections += outcome->http->protocol == PROTOCOL_TLS;
    counts->h2_connections += outcome->http->protocol == PROTOCOL_HTTP2;
    counts->crowded_out += outcome->crowded_out;
    counts->one_way += conn_is_one_way(outcome->conn) &&
                       outcome->http->protocol == PROTOCOL_HTTP1;
    counts->other_connections += outcome->http->protocol == PROTOCOL_OTHER;
}

static void take_over(void *context, const struct outcome *outcome)
{
    struct gather *gather = context;

    gather->has_stream |= outcome->conn->id == gather->options->stream;
    count_connection(&gather->counts, outcome);
    infer_outcome(gather->infer, outcome);
    for (const struct exchange *x = outcome->unfinished; x; x = x->next) {
        gather->counts.exchanges++;
        gather->counts.complete += exchange_is_complete(x);
        list_exchange(gather, outcome->conn, x);
        keep(gather, incident_new(outcome, x));
    }
    if (diagnose_wants_connection(&gather->options->settings, outcome))
        keep(gather, incident_new(outcome, NULL));
    look_back(gather, outcome);
}

struct model_sink gather_model_sink(struct gather *gather)
{
    return (struct model_sink){.context = gather,
                               .complete = take_complete,
                               .ended = take_ended,
                               .over = take_over};
}

static int by_time(const void *left, const void *right)
{
    const struct finding *a = *(struct finding *const *)left;
    const struct finding *b = *(struct finding *const *)right;

    if (a->asked.frame != b->asked.frame)
        return a->asked.frame < b->asked.frame ? -1 : 1;
    return (a->code > b->code) - (a->code < b->code);
}

void gather_judge(struct gather *gather)
{
    for (size_t i = 0; i < gather->incidents; i++)
        judge(gather, gather->incident[i], true);
    gather->incidents = 0;
    if (gather->findings)
        qsort(gather->finding, gather->findings, sizeof *gather->finding,
              by_time);
    for (size_t i = 0; i < gather->findings; i++)
        gather->finding[i]->id = i + 1;
}
