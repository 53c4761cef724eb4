#include "judge/cases.h"

#include "base/arena.h"
#include "judge/cases_count.h"
#include "judge/links.h"
#include "judge/telling.h"

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

void cases_init(struct cases *cases, const struct judge_options *options,
                struct infer *infer, const struct coverage *coverage,
                struct judge_counts *counts)
{
    *cases = (struct cases){.options = options,
                            .infer = infer,
                            .coverage = coverage,
                            .counts = counts};
}

void cases_release(struct cases *cases)
{
    case_list_release(&cases->ended);
    case_list_release(&cases->going);
    case_list_release(&cases->well);
    free(cases->finding);
}

static bool is_wanted(const struct cases *cases, enum verdict code,
                      const struct incident *incident)
{
    const struct judge_options *options = cases->options;
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
static bool is_forced(const struct cases *cases, uint16_t port)
{
    const struct http_options *http = cases->options->http;

    for (size_t i = 0; i < http->ports; i++) {
        if (http->port[i] == port)
            return true;
    }
    return false;
}

/* What is known of its server is kept for as long as it may be judged. */
static void hold_server(const struct cases *cases, struct judged_case *one)
{
    if (!one->server)
        one->server = infer_hold(cases->infer, &one->incident->conn);
}

void cases_let_go_server(const struct cases *cases, struct judged_case *one)
{
    if (one->server)
        infer_let_go(cases->infer, one->server);
    one->server = NULL;
}

static void free_case(const struct cases *cases, struct judged_case *one)
{
    cases_let_go_server(cases, one);
    case_free(one);
}

const struct circumstances *cases_prepare(const struct cases *cases,
                                          struct judged_case *one)
{
    const struct incident *incident = one->incident;
    struct circumstances *around = &one->around;
    const struct conn *conn = &incident->conn;
    uint16_t port = conn->endpoint[conn_server(conn)].port;
    const struct exchange *x = incident->exchange;
    nanos since = x ? x->request.start.time : conn->first.time;
    nanos until = conn->last.time;

    around->capture_last = coverage_until(cases->coverage, conn->last);
    if (one->goes_on)
        until = around->capture_last.time;
    around->drops = coverage_lost(cases->coverage, since, until);
    around->port_is_http =
        infer_port_is_http(cases->infer, port) || is_forced(cases, port) ||
        cases->counts->http_connections + cases->counts->fastcgi_connections ==
            0;
    around->port_is_https =
        infer_port_is_http(cases->infer, port) || is_forced(cases, port);
    hold_server(cases, one);
    around->server = infer_server(cases->infer, conn);
    links_pair(cases, one);
    around->behind = around->upstream.sure == LEG_SURE
                         ? infer_at(cases->infer, &around->upstream.leg.server)
                         : NULL;
    if (x && status_is_gateways(x->status)) {
        if (cases->options->live)
            infer_find_pools_by(cases->infer, cases->coverage->now);
        around->pool =
            infer_pool_of(cases->infer, &conn->endpoint[conn_server(conn)]);
    }
    return around;
}

/*
 * The finding before is the caller's. `preview` is what the server's facts
 * will be, NULL: as they are.
 */
static struct finding *judge(const struct cases *cases, struct judged_case *one,
                             const struct server_facts *preview)
{
    struct finding *before = one->finding;
    struct circumstances around = *cases_prepare(cases, one);

    if (preview)
        around.server = preview;
    one->finding = NULL;
    one->doubt = diagnose(&cases->options->settings, one->incident, &around,
                          &one->finding);
    one->wanted =
        one->finding && is_wanted(cases, one->finding->code, one->incident);
    one->judged = true;
    if (one->finding && cases->options->live) {
        links_name_cause(cases, one, before ? before->caused_by : 0);
        links_list_effects(one);
    }
    return before;
}

/* Judges it anew, and tells and counts what has changed. */
static void look_at(struct cases *cases, struct judged_case *one)
{
    nanos now = cases->coverage->now;
    nanos age = nanos_between(one->opened, now);
    struct finding *before;

    if (one->closed)
        return;
    cases_count(cases, one, false);
    before = judge(cases, one, NULL);
    cases_count(cases, one, true);
    telling_tell(cases, one, before);
    finding_free(before);
    if (age < NANOS_PER_SECOND)
        age = NANOS_PER_SECOND;
    if (age > LOOKED_AT_LEAST)
        age = LOOKED_AT_LEAST;
    one->look_at = nanos_after(now, age);
}

bool cases_has_room(const struct cases *cases)
{
    return cases->going.count < GOING_CASES_MOST;
}

/* Nothing had gone wrong by now: of what goes on that says nothing. */
static bool is_worth_telling(const struct judged_case *one)
{
    return one->wanted && one->finding->code != VERDICT_ENDING_NOT_CAPTURED;
}

/* What it was is judged by the newer incident from now on. */
static void renew(struct cases *cases, struct judged_case *known,
                  struct incident *incident, const struct server_facts *preview)
{
    struct judged_case trial = {.incident = incident, .goes_on = true};
    struct finding *before = known->finding;

    finding_free(judge(cases, &trial, preview));
    cases_let_go_server(cases, &trial);
    if (!is_worth_telling(&trial)) {
        /* it moves again: its end will tell what came of it */
        finding_free(trial.finding);
        incident_free(incident);
        return;
    }
    cases_count(cases, known, false);
    incident_free(known->incident);
    known->incident = incident;
    known->finding = trial.finding;
    known->doubt = trial.doubt;
    known->wanted = trial.wanted;
    cases_count(cases, known, true);
    telling_tell(cases, known, before);
    finding_free(before);
}

struct judged_case *cases_watch(struct cases *cases, struct judged_case *known,
                                struct incident *incident,
                                const struct server_facts *preview)
{
    struct judged_case *one;

    if (known) {
        renew(cases, known, incident, preview);
        return known;
    }
    one = case_new(incident, cases->coverage->now);
    one->goes_on = true;
    (void)judge(cases, one, preview);
    if (!is_worth_telling(one)) {
        free_case(cases, one);
        return NULL;
    }
    case_list_append(&cases->going, one);
    cases_count(cases, one, true);
    telling_tell(cases, one, NULL);
    return one;
}

static void settle(struct cases *cases, struct judged_case *one)
{
    if (!one->judged)
        look_at(cases, one);
    cases->counts->not_detailed += one->wanted;
    cases->unshown += why_asks(&cases->options->why, one->incident->conn.id,
                               one->incident->exchange);
    case_list_remove(&cases->ended, one);
    free_case(cases, one);
}

/* What cannot be followed any further stays as it was told. */
static bool stays_as_told(const struct judged_case *known,
                          const struct incident *incident)
{
    return known && known->told && incident->ending == CONN_EVICTED;
}

static void end_case(struct cases *cases, struct judged_case *known,
                     struct incident *incident, bool later_works)
{
    case_list_remove(&cases->going, known);
    case_list_append(&cases->ended, known);
    known->goes_on = false;
    if (stays_as_told(known, incident)) {
        incident_free(incident);
        known->closed = true;
        telling_say(cases, known, known->finding, STANDING_SETTLED);
        return;
    }
    cases_count(cases, known, false);
    known->judged = false;
    incident_free(known->incident);
    known->incident = incident;
    known->around.later_works = later_works;
}

static void add_ended(struct cases *cases, struct judged_case *one)
{
    size_t kept = cases->options->live ? LIVE_CASES_KEPT : CASES_KEPT;

    one->legs_seen = infer_legs(cases->infer)->added;
    hold_server(cases, one);
    if (cases->options->at_once) {
        look_at(cases, one);
        if (cases->ended.count > kept)
            settle(cases, cases->ended.oldest);
    } else if (cases->ended.count > kept) {
        settle(cases, one);
    }
}

void cases_add(struct cases *cases, struct judged_case *known,
               struct incident *incident, bool later_works)
{
    struct judged_case *one = known;

    if (known) {
        end_case(cases, known, incident, later_works);
    } else {
        one = case_new(incident, cases->coverage->now);
        one->around.later_works = later_works;
        case_list_append(&cases->ended, one);
    }
    if (!later_works)
        case_wait(&cases->uneased, one);
    add_ended(cases, one);
}

void cases_add_well(struct cases *cases, struct incident *incident)
{
    struct judged_case *one = case_new(incident, cases->coverage->now);

    one->well = true;
    case_list_append(&cases->ended, one);
    add_ended(cases, one);
}

void cases_add_chain(struct cases *cases, const struct judged_case *one)
{
    struct judged_case *chain =
        case_new(incident_copy(one->incident), cases->coverage->now);

    chain->finding = diagnose_chain(&cases->options->settings, chain->incident,
                                    &one->around);
    if (!chain->finding) {
        case_free(chain);
        return;
    }
    chain->is_chain = true;
    chain->judged = true;
    chain->closed = true;
    chain->paired = true;
    chain->wanted = is_wanted(cases, chain->finding->code, chain->incident);
    case_list_append(&cases->ended, chain);
    cases_count(cases, chain, true);
    telling_tell(cases, chain, NULL);
}

void cases_withdraw(struct cases *cases, struct judged_case *known)
{
    cases_count(cases, known, false);
    case_list_remove(&cases->going, known);
    if (known->told)
        telling_say(cases, known, known->finding, STANDING_WITHDRAWN);
    free_case(cases, known);
}

void cases_look_again(struct cases *cases, nanos now)
{
    for (struct judged_case *one = cases->ended.oldest; one; one = one->newer) {
        if (conn_is_due(one->look_at, now))
            look_at(cases, one);
    }
}

void cases_finish(struct cases *cases)
{
    for (struct judged_case *one = cases->ended.oldest; one; one = one->newer)
        look_at(cases, one);
}

void cases_order(struct cases *cases)
{
    links_order(cases);
}
