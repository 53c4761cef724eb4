#include "judge/intake.h"

#include "diagnose/legs.h"
#include "judge/leg_notes.h"

/* What stands still for long is looked at as often as this. */
#define LOOK_AT_LEAST (60 * NANOS_PER_SECOND)

/* Incidents that are looked at again when a connection has worked. */
enum {
    LOOK_BACK_MOST = 256
};

void intake_init(struct intake *intake, const struct judge_options *options)
{
    struct infer_options infer = {.floor = options->settings.timeout_floor,
                                  .is_in_doubt = cases_is_in_doubt,
                                  .context = &intake->cases};

    *intake = (struct intake){.options = options};
    intake->coverage.back =
        options->live ? NANOS_PER_SECOND : COVERAGE_STANDSTILL;
    intake->coverage.of_files = !options->live;
    intake->infer = infer_new(&infer);
    /* what is told before the end is told while others go on */
    infer_legs(intake->infer)->open.counts =
        options->at_once || options->list_exchanges;
    cases_init(&intake->cases, options, intake->infer, &intake->coverage,
               &intake->counts);
}

void intake_release(struct intake *intake)
{
    followed_release(&intake->followed);
    cases_release(&intake->cases);
    infer_free(intake->infer);
}

static void keep(struct intake *intake, struct judged_case *known,
                 struct incident *incident)
{
    bool later_works = openings_ease(infer_openings(intake->infer), incident);

    cases_add(&intake->cases, known, incident, later_works);
}

/* Whose turn it was, by what is known so far. Nothing is copied. */
static struct turns turns_by_now(const struct intake *intake,
                                 const struct outcome *outcome,
                                 const struct conn *conn,
                                 const struct exchange *x,
                                 const struct leg_pair *upstream)
{
    const struct incident incident = {
        .conn = *conn,
        .exchange = (struct exchange *)x,
        .http = outcome ? *outcome->http : http_facts_of(conn),
        .ending = outcome ? outcome->ending : CONN_STILL_OPEN,
        .is_complete = exchange_is_complete(x),
    };
    const struct circumstances around = {
        .server = infer_server(intake->infer, conn),
        .capture_last = coverage_until(&intake->coverage, conn->last),
        .upstream = *upstream,
    };

    return diagnose_turns(&intake->options->settings, &incident, &around);
}

/*
 * `outcome`: NULL, its connection goes on. `incident` is what it is judged by;
 * NULL: it needs no judgement. `may_be_leg`: it is noted as one.
 */
static void list(struct intake *intake, const struct outcome *outcome,
                 const struct conn *conn, const struct exchange *x,
                 struct incident *incident, bool may_be_leg)
{
    const struct judge_watcher *watcher = &intake->options->watcher;
    struct leg_pair upstream = {.sure = LEG_NONE};
    struct listed_exchange listed = {
        .connection = conn->id,
        .client = conn->endpoint[conn->client],
        .server = conn->endpoint[conn_server(conn)],
        .x = x,
        .protocol = exchange_protocol(x),
        .complete = exchange_went_well(conn, x),
    };

    intake->listed++;
    if (incident)
        listed.not_judged = cases_doubt(&intake->cases, incident);
    if (may_be_leg)
        upstream = leg_notes_upstream(&intake->cases, outcome, conn, x);
    listed.turns = turns_by_now(intake, outcome, conn, x, &upstream);
    listed.upstream = other_leg_of(&upstream);
    if (watcher->exchange)
        watcher->exchange(watcher->context, &listed);
}

static bool is_listed(const struct intake *intake, const struct conn *conn)
{
    return intake->options->list_exchanges &&
           (!intake->options->has_stream ||
            conn->id == intake->options->stream);
}

/* It counts, and is followed no longer; what was known of it. */
static struct followed_one count_ended(struct intake *intake,
                                       const struct conn *conn,
                                       const struct exchange *x)
{
    intake->counts.exchanges++;
    /* an answer may come before the request has ended: RFC 9110, 9.1 */
    intake->counts.complete += exchange_went_well(conn, x);
    return followed_end(&intake->followed, conn->id, x->number);
}

static void take_begun(void *context, const struct conn *conn)
{
    struct intake *intake = context;

    legs_meet(infer_legs(intake->infer), conn);
}

/* Did it come close to a limit, or outlive the client it was for? */
static bool is_to_look_at(const struct intake *intake, const struct conn *conn,
                          const struct exchange *x, bool stands_out)
{
    const struct judge_options *options = intake->options;
    nanos took = nanos_between(x->request.start.time, x->response.end.time);

    if (x->stream == 0 || x->tunnel || x->behind)
        return false;
    return stands_out || (took >= options->settings.stall_threshold &&
                          legs_may_be_behind(infer_legs(intake->infer), conn));
}

static void take_asked(void *context, const struct conn *conn,
                       const struct exchange *x)
{
    struct intake *intake = context;

    leg_notes_begin(&intake->cases, conn, x);
}

static void take_complete(void *context, struct conn *conn,
                          const struct exchange *x)
{
    struct intake *intake = context;
    struct followed_one known = count_ended(intake, conn, x);
    bool stands_out = infer_complete(intake->infer, conn, x);
    bool may_be_leg = leg_notes_take(&intake->cases, NULL, conn, x);

    if (is_listed(intake, conn))
        list(intake, NULL, conn, x, NULL, may_be_leg);
    if (diagnose_wants_complete(&intake->options->settings, conn, x)) {
        keep(intake, known.told, incident_of_exchange(conn, x));
        return;
    }
    if (known.told)
        cases_withdraw(&intake->cases, known.told);
    if (is_to_look_at(intake, conn, x, stands_out))
        cases_add_well(&intake->cases, incident_of_exchange(conn, x));
    else if (why_asks(&intake->options->why, conn->id, x))
        cases_keep_well(&intake->cases, incident_of_exchange(conn, x));
}

/* It counts already; what came behind it is told by itself. */
static void take_late(void *context, const struct outcome *outcome,
                      const struct exchange *x)
{
    struct intake *intake = context;

    if (!diagnose_wants_late(outcome, x))
        return;
    cases_forget_well(&intake->cases, outcome->conn->id, x);
    keep(intake, NULL, incident_new(outcome, x));
}

static void take_ended(void *context, struct conn *conn,
                       const struct exchange *x)
{
    struct intake *intake = context;
    struct followed_one known = count_ended(intake, conn, x);
    struct incident *incident;
    bool may_be_leg;

    infer_ended(intake->infer, conn, x);
    may_be_leg = leg_notes_take(&intake->cases, NULL, conn, x);
    incident = incident_of_exchange(conn, x);
    if (is_listed(intake, conn))
        list(intake, NULL, conn, x, incident, may_be_leg);
    keep(intake, known.told, incident);
}

/* What was kept before is looked at for one that worked, as the other way. */
static bool look_back(struct intake *intake, const struct outcome *outcome)
{
    struct judged_case *one = intake->cases.uneased;
    struct judged_case *next;
    struct opening opening;

    if (!opening_of(outcome, &opening))
        return false;
    openings_add(infer_openings(intake->infer), &opening);
    for (size_t i = 0; i < LOOK_BACK_MOST && one; i++, one = next) {
        next = one->next_waiting;
        if (!opening_eases(&opening, one->incident))
            continue;
        one->around.later_works = true;
        one->look_at = 0;
        case_wait_no_more(one);
    }
    return true;
}

static void count_connection(struct judge_counts *counts,
                             const struct outcome *outcome)
{
    counts->connections++;
    counts->http_connections += outcome->http->protocol == PROTOCOL_HTTP1;
    counts->fastcgi_connections += outcome->http->protocol == PROTOCOL_FASTCGI;
    counts->tls_connections += outcome->http->protocol == PROTOCOL_TLS;
    counts->h2_connections += outcome->http->protocol == PROTOCOL_HTTP2;
    counts->crowded_out += outcome->crowded_out + outcome->http->h2.dropped;
    counts->one_way += conn_is_one_way(outcome->conn) &&
                       outcome->http->protocol == PROTOCOL_HTTP1;
    counts->other_connections += outcome->http->protocol == PROTOCOL_OTHER;
}

static void take_unfinished(struct intake *intake,
                            const struct outcome *outcome)
{
    for (const struct exchange *x = outcome->unfinished; x; x = x->next) {
        struct followed_one known = count_ended(intake, outcome->conn, x);
        struct incident *incident = incident_new(outcome, x);
        bool may_be_leg =
            leg_notes_take(&intake->cases, outcome, outcome->conn, x);

        if (is_listed(intake, outcome->conn))
            list(intake, outcome, outcome->conn, x, incident, may_be_leg);
        keep(intake, known.told, incident);
    }
}

static void take_over(void *context, const struct outcome *outcome)
{
    struct intake *intake = context;
    const struct judge_watcher *watcher = &intake->options->watcher;
    struct followed_one known =
        followed_end(&intake->followed, outcome->conn->id, FOLLOWED_CONN);

    coverage_span(&intake->coverage, outcome->conn->first, outcome->conn->last);
    count_connection(&intake->counts, outcome);
    tls_tally_add(&intake->tls, outcome);
    infer_outcome(intake->infer, outcome);
    leg_notes_take_connection(&intake->cases, outcome->conn);
    take_unfinished(intake, outcome);
    if (outcome->opaque)
        cases_add_well(&intake->cases, incident_new(outcome, outcome->opaque));
    else if (diagnose_wants_connection(&intake->options->settings, outcome))
        keep(intake, known.told, incident_new(outcome, NULL));
    else if (known.told)
        cases_withdraw(&intake->cases, known.told);
    else if (why_asks(&intake->options->why, outcome->conn->id, NULL))
        cases_keep_well(&intake->cases, incident_new(outcome, NULL));
    if (!known.known_to_work)
        (void)look_back(intake, outcome);
    if (watcher->over)
        watcher->over(watcher->context, outcome->conn->id,
                      intake->coverage.now);
}

/*
 * Something may stand still from now on; it counts when it has done so for the
 * threshold. What was looked at is looked at again when it has lasted a quarter
 * longer.
 */
static nanos next_look(const struct intake *intake, nanos since)
{
    nanos now = intake->coverage.now;
    nanos threshold = intake->options->settings.stall_threshold;
    nanos lasted = nanos_between(since, now);

    if (lasted < threshold)
        return nanos_after(since, threshold);
    lasted /= 4;
    if (lasted < threshold / 4)
        lasted = threshold / 4;
    return nanos_after(now, lasted < LOOK_AT_LEAST ? lasted : LOOK_AT_LEAST);
}

/* One that goes on: does it hang by now? Gives when to look at it next. */
static nanos look_at_exchange(struct intake *intake,
                              const struct outcome *outcome,
                              const struct exchange *x,
                              const struct server_facts *preview)
{
    uint64_t conn = outcome->conn->id;
    nanos since = exchange_moved(x).time;
    bool ended = outcome->ending == CONN_ENDED;
    struct followed_one *known =
        followed_find(&intake->followed, conn, x->number);
    nanos look_at = known ? known->look_at : 0;

    if (ended ? exchange_is_complete(x) && !x->client_had_closed
              : exchange_is_complete(x) ||
                    !conn_is_due(look_at, intake->coverage.now))
        return look_at;
    known = followed_begin(&intake->followed, conn, x->number);
    known->look_at = next_look(intake, since);
    if (!ended && nanos_between(since, intake->coverage.now) <
                      intake->options->settings.stall_threshold)
        return known->look_at;
    if (known->told || cases_has_room(&intake->cases))
        known->told = cases_watch(&intake->cases, known->told,
                                  incident_new(outcome, x), preview);
    return known->look_at;
}

static void look_at_connection(struct intake *intake,
                               const struct outcome *outcome,
                               const struct server_facts *preview)
{
    struct followed_one *known =
        followed_find(&intake->followed, outcome->conn->id, FOLLOWED_CONN);
    struct judged_case *told = known ? known->told : NULL;

    if (!diagnose_wants_connection(&intake->options->settings, outcome) ||
        (!told && !cases_has_room(&intake->cases)))
        return;
    told =
        cases_watch(&intake->cases, told, incident_new(outcome, NULL), preview);
    if (told)
        followed_begin(&intake->followed, outcome->conn->id, FOLLOWED_CONN)
            ->told = told;
}

static void look_whether_it_works(struct intake *intake,
                                  const struct outcome *outcome)
{
    uint64_t conn = outcome->conn->id;
    const struct followed_one *known =
        followed_find(&intake->followed, conn, FOLLOWED_CONN);

    if ((!known || !known->known_to_work) && look_back(intake, outcome))
        followed_begin(&intake->followed, conn, FOLLOWED_CONN)->known_to_work =
            true;
}

static nanos take_look(void *context, const struct outcome *outcome)
{
    struct intake *intake = context;
    nanos now = intake->coverage.now;
    nanos next =
        nanos_after(now, intake->options->settings.stall_threshold / 2);
    struct server_facts soon;
    const struct server_facts *preview = NULL;

    if (outcome->ending == CONN_ENDED) {
        infer_preview(intake->infer, outcome, &soon);
        preview = &soon;
    }
    look_whether_it_works(intake, outcome);
    for (const struct exchange *x = outcome->unfinished; x; x = x->next) {
        nanos look_at = look_at_exchange(intake, outcome, x, preview);

        if (look_at > now && look_at < next)
            next = look_at;
    }
    look_at_connection(intake, outcome, preview);
    return outcome->ending == CONN_ENDED ? CONN_NEVER_DUE : next;
}

static void take_stage(void *context, const struct conn *conn,
                       enum conn_stage was)
{
    const struct intake *intake = context;

    infer_stage(intake->infer, conn, was);
}

struct stage_watch intake_stage_watch(struct intake *intake)
{
    return (struct stage_watch){.context = intake, .moved = take_stage};
}

struct model_sink intake_model_sink(struct intake *intake)
{
    return (struct model_sink){.context = intake,
                               .begun = take_begun,
                               .asked = take_asked,
                               .complete = take_complete,
                               .ended = take_ended,
                               .over = take_over,
                               .late = take_late,
                               .look = take_look};
}
