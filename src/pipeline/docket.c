#include "pipeline/docket.h"

#include "base/arena.h"
#include "pipeline/pipeline.h"

#include <stdlib.h>

enum {
    /* Of files: cases past it are judged as they come, and counted only. */
    CASES_KEPT = 10000,
    /* Live: as many as may still be judged anew. */
    LIVE_CASES_KEPT = 256,
    /* Hangs of this moment that are told of; no more are, until they end. */
    GOING_CASES_MOST = 4096
};

/* As often as this is what has ended judged anew. */
#define LOOKED_AT_LEAST (60 * NANOS_PER_SECOND)

void docket_init(struct docket *docket, const struct pipeline_options *options,
                 struct infer *infer, const struct timeline *timeline,
                 struct report_counts *counts)
{
    *docket = (struct docket){.options = options,
                              .infer = infer,
                              .timeline = timeline,
                              .counts = counts};
}

void docket_release(struct docket *docket)
{
    docket_list_release(&docket->ended);
    docket_list_release(&docket->going);
    docket_list_release(&docket->well);
    free(docket->finding);
}

static bool is_wanted(const struct docket *docket, enum verdict code,
                      const struct incident *incident)
{
    const struct pipeline_options *options = docket->options;
    bool some = false;

    if (options->has_stream && incident->conn.id != options->stream)
        return false;
    if (options->ignore[code])
        return false;
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        some |= options->only[i];
    return !some || options->only[code];
}

/* --port */
static bool is_forced(const struct docket *docket, uint16_t port)
{
    const struct http_options *http = &docket->options->http;

    for (size_t i = 0; i < http->ports; i++) {
        if (http->port[i] == port)
            return true;
    }
    return false;
}

/* What is known of its server is kept for as long as it may be judged. */
static void hold_server(const struct docket *docket, struct docket_case *one)
{
    if (!one->server)
        one->server = infer_hold(docket->infer, &one->incident->conn);
}

static void let_go_server(const struct docket *docket, struct docket_case *one)
{
    if (one->server)
        infer_let_go(docket->infer, one->server);
    one->server = NULL;
}

static void free_case(const struct docket *docket, struct docket_case *one)
{
    let_go_server(docket, one);
    docket_case_free(one);
}

const struct server_facts *docket_prepare(const struct docket *docket,
                                          struct docket_case *one)
{
    struct incident *incident = one->incident;
    const struct conn *conn = &incident->conn;
    uint16_t port = conn->endpoint[conn_server(conn)].port;
    const struct exchange *x = incident->exchange;
    nanos since = x ? x->request.start.time : incident->conn.first.time;
    nanos until = incident->conn.last.time;

    incident->capture_last =
        timeline_until(docket->timeline, incident->conn.last);
    if (one->goes_on)
        until = incident->capture_last.time;
    incident->drops = timeline_lost(docket->timeline, since, until);
    incident->port_is_http = infer_port_is_http(docket->infer, port) ||
                             is_forced(docket, port) ||
                             docket->counts->http_connections == 0;
    hold_server(docket, one);
    return one->server ? one->server : infer_server(docket->infer, conn);
}

/*
 * The finding before is the caller's. `preview` is what the server's facts
 * will be, NULL: as they are.
 */
static struct finding *judge(const struct docket *docket,
                             struct docket_case *one,
                             const struct server_facts *preview)
{
    const struct server_facts *server = docket_prepare(docket, one);
    struct finding *before = one->finding;

    one->finding = NULL;
    one->doubt = diagnose(&docket->options->settings, one->incident,
                          preview ? preview : server, &one->finding);
    one->wanted =
        one->finding && is_wanted(docket, one->finding->code, one->incident);
    one->judged = true;
    return before;
}

/*
 * An answer that was sent whole, and counts as such, though its client had
 * left before, or lost it with the request that it cut short.
 */
static bool was_in_vain(const struct incident *incident, enum verdict code)
{
    const struct exchange *x = incident->exchange;

    return x && mark_is_set(x->response.end) &&
           (!mark_is_set(x->request.end) || code == VERDICT_CLIENT_ABORT);
}

/* Enters the case into the counts, or takes it out again. */
static void count(struct docket *docket, const struct docket_case *one,
                  bool enter)
{
    struct report_counts *counts = docket->counts;
    uint64_t by = enter ? 1 : UINT64_MAX;

    if (!one->judged)
        return;
    if (one->doubt && !one->finding && one->incident->exchange)
        counts->doubtful += by;
    if (!one->finding)
        return;
    if (was_in_vain(one->incident, one->finding->code))
        counts->complete -= by;
    if (!one->wanted) {
        counts->hidden += by;
        return;
    }
    counts->by_severity[one->finding->severity] += by;
    counts->by_code[one->finding->code] += by;
}

static void say(struct docket *docket, struct docket_case *one,
                struct finding *finding, enum standing standing)
{
    const struct pipeline_watcher *watcher = &docket->options->watcher;

    if (one->id)
        one->revision++;
    else
        one->id = ++docket->ids;
    finding->id = one->id;
    finding->revision = one->revision;
    finding->standing = standing;
    finding->settled_before = one->settled;
    one->settled |= standing == STANDING_SETTLED;
    one->told = standing != STANDING_WITHDRAWN;
    if (watcher->finding)
        watcher->finding(watcher->context, finding);
}

static bool differs(const struct finding *a, const struct finding *b)
{
    return a->code != b->code || a->severity != b->severity ||
           a->confidence != b->confidence;
}

/* Tells what is new of it; `before` is what was found last. */
static void tell(struct docket *docket, struct docket_case *one,
                 struct finding *before)
{
    bool goes_on = one->goes_on && one->incident->ending == CONN_STILL_OPEN;
    enum standing standing = goes_on ? STANDING_GOES_ON : STANDING_SETTLED;

    if (one->wanted) {
        if (!one->told || !before || before->standing != standing ||
            differs(before, one->finding)) {
            say(docket, one, one->finding, standing);
        } else {
            one->finding->id = one->id;
            one->finding->revision = one->revision;
            one->finding->standing = standing;
        }
    } else if (one->told && before) {
        say(docket, one, before, STANDING_WITHDRAWN);
    }
}

/* Judges it anew, and tells and counts what has changed. */
static void look_at(struct docket *docket, struct docket_case *one)
{
    nanos now = docket->timeline->now;
    nanos age = nanos_between(one->opened, now);
    struct finding *before;

    if (one->closed)
        return;
    count(docket, one, false);
    before = judge(docket, one, NULL);
    count(docket, one, true);
    tell(docket, one, before);
    finding_free(before);
    if (age < NANOS_PER_SECOND)
        age = NANOS_PER_SECOND;
    if (age > LOOKED_AT_LEAST)
        age = LOOKED_AT_LEAST;
    one->look_at = nanos_after(now, age);
}

bool docket_has_room(const struct docket *docket)
{
    return docket->going.count < GOING_CASES_MOST;
}

/* Nothing had gone wrong by now: of what goes on that says nothing. */
static bool is_worth_telling(const struct docket_case *one)
{
    return one->wanted && one->finding->code != VERDICT_ENDING_NOT_CAPTURED;
}

/* What it was is judged by the newer incident from now on. */
static void renew(struct docket *docket, struct docket_case *known,
                  struct incident *incident, const struct server_facts *preview)
{
    struct docket_case trial = {.incident = incident, .goes_on = true};
    struct finding *before = known->finding;

    finding_free(judge(docket, &trial, preview));
    let_go_server(docket, &trial);
    if (!is_worth_telling(&trial)) {
        /* it moves again: its end will tell what came of it */
        finding_free(trial.finding);
        incident_free(incident);
        return;
    }
    count(docket, known, false);
    incident_free(known->incident);
    known->incident = incident;
    known->finding = trial.finding;
    known->doubt = trial.doubt;
    known->wanted = trial.wanted;
    count(docket, known, true);
    tell(docket, known, before);
    finding_free(before);
}

struct docket_case *docket_watch(struct docket *docket,
                                 struct docket_case *known,
                                 struct incident *incident,
                                 const struct server_facts *preview)
{
    struct docket_case *one;

    if (known) {
        renew(docket, known, incident, preview);
        return known;
    }
    one = docket_case_new(incident, docket->timeline->now);
    one->goes_on = true;
    (void)judge(docket, one, preview);
    if (!is_worth_telling(one)) {
        free_case(docket, one);
        return NULL;
    }
    docket_list_append(&docket->going, one);
    count(docket, one, true);
    tell(docket, one, NULL);
    return one;
}

static void settle(struct docket *docket, struct docket_case *one)
{
    if (!one->judged)
        look_at(docket, one);
    docket->counts->not_detailed += one->wanted;
    docket->unshown += docket_is_asked_why(docket, &one->incident->conn,
                                           one->incident->exchange);
    docket_list_remove(&docket->ended, one);
    free_case(docket, one);
}

/* What cannot be followed any further stays as it was told. */
static bool stays_as_told(const struct docket_case *known,
                          const struct incident *incident)
{
    return known && known->told && incident->ending == CONN_EVICTED;
}

static void end_case(struct docket *docket, struct docket_case *known,
                     struct incident *incident)
{
    docket_list_remove(&docket->going, known);
    docket_list_append(&docket->ended, known);
    known->goes_on = false;
    if (stays_as_told(known, incident)) {
        incident_free(incident);
        known->closed = true;
        say(docket, known, known->finding, STANDING_SETTLED);
        return;
    }
    count(docket, known, false);
    known->judged = false;
    incident_free(known->incident);
    known->incident = incident;
    /* it is still compared with what is found now */
    if (known->finding)
        known->finding->incident = incident;
}

void docket_add(struct docket *docket, struct docket_case *known,
                struct incident *incident)
{
    struct docket_case *one = known;
    size_t kept = docket->options->live ? LIVE_CASES_KEPT : CASES_KEPT;

    if (known) {
        end_case(docket, known, incident);
    } else {
        one = docket_case_new(incident, docket->timeline->now);
        docket_list_append(&docket->ended, one);
    }
    hold_server(docket, one);
    if (docket->options->at_once) {
        look_at(docket, one);
        if (docket->ended.count > kept)
            settle(docket, docket->ended.oldest);
    } else if (docket->ended.count > kept) {
        settle(docket, one);
    }
}

void docket_withdraw(struct docket *docket, struct docket_case *known)
{
    count(docket, known, false);
    docket_list_remove(&docket->going, known);
    if (known->told)
        say(docket, known, known->finding, STANDING_WITHDRAWN);
    free_case(docket, known);
}

void docket_look_again(struct docket *docket, nanos now)
{
    for (struct docket_case *one = docket->ended.oldest; one;
         one = one->newer) {
        if (conn_is_due(one->look_at, now))
            look_at(docket, one);
    }
}

static int by_time(const void *left, const void *right)
{
    const struct finding *a = *(struct finding *const *)left;
    const struct finding *b = *(struct finding *const *)right;

    if (a->asked.frame != b->asked.frame)
        return a->asked.frame < b->asked.frame ? -1 : 1;
    return (a->code > b->code) - (a->code < b->code);
}

void docket_finish(struct docket *docket)
{
    for (struct docket_case *one = docket->ended.oldest; one; one = one->newer)
        look_at(docket, one);
    docket->finding =
        must_realloc(NULL, docket->ended.count + 1, sizeof *docket->finding);
    for (struct docket_case *one = docket->ended.oldest; one;
         one = one->newer) {
        if (one->wanted)
            docket->finding[docket->findings++] = one->finding;
    }
    if (docket->findings)
        qsort(docket->finding, docket->findings, sizeof *docket->finding,
              by_time);
    for (size_t i = 0; i < docket->findings && !docket->options->live; i++)
        docket->finding[i]->id = i + 1;
}
