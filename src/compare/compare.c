#include "compare/compare.h"

#include "base/arena.h"
#include "base/hash.h"
#include "compare/tally.h"

#include <stdlib.h>

/* Two clocks may be off by that until an offset is known. */
#define STAMPING      (50 * NANOS_PER_MILLI / 1000)
#define DRIFT_PER_ONE 10000

struct comparison *comparison_new(void)
{
    struct comparison *comparison = must_calloc(1, sizeof *comparison);
    uint64_t seed = hash_seed();

    trace_init(&comparison->trace[0], seed);
    trace_init(&comparison->trace[1], seed);
    return comparison;
}

void comparison_free(struct comparison *comparison)
{
    if (!comparison)
        return;
    for (size_t i = 0; i < comparison->connections; i++)
        free(comparison->connection[i].event);
    trace_release(&comparison->trace[0]);
    trace_release(&comparison->trace[1]);
    free(comparison->matches.match);
    free(comparison->connection);
    free(comparison->located);
    free(comparison->unarrived);
    free(comparison);
}

void comparison_take(struct comparison *comparison, unsigned capture,
                     uint64_t stream, enum opener opener,
                     const struct segment *segment)
{
    trace_take(&comparison->trace[capture], stream, opener, segment);
}

struct passage_world comparison_world(const struct comparison *comparison,
                                      enum way way)
{
    struct passage_world world;

    for (unsigned i = 0; i < 2; i++) {
        unsigned at = way == WAY_UP ? i : 1 - i;
        const struct capture_input *input = comparison->report[i]->input;
        nanos last = input->last_time;

        if (comparison->trace[i].full_since != NANOS_NEVER)
            last = comparison->trace[i].full_since;
        world.first[at] = input->first_time;
        world.last[at] =
            input->end_time > last && comparison->trace[i].left_out == 0
                ? input->end_time
                : last;
        world.drops[at] = input->has_drops && input->interface_drops > 0;
    }
    return world;
}

/* Who of the first trace's connection is at that trace's side, when the other
 * end is at the other's; `flipped`: it is not the client. */
static unsigned find_near(struct trace trace[2], const struct match *match,
                          bool *flipped, bool *sure)
{
    const struct trace_connection *c =
        &trace[0].connection[match->connection[0]];
    unsigned client = c->client;
    nanos lasts = nanos_between(trace[0].segment[c->first].time,
                                trace[0].segment[c->last].time);
    struct passage_lean lean[2];
    int64_t hops;

    for (unsigned from = 0; from < 2; from++) {
        struct passage passage;

        passage_open(&passage, trace, match, from, WAY_UP);
        lean[from] = passage_lean(&passage);
        passage_close(&passage);
    }
    hops = lean[client].hops - lean[1 - client].hops;
    *flipped = hops < 0;
    *sure = hops != 0;
    if (hops == 0 && lean[0].segments && lean[1].segments) {
        /* what goes there comes later than what goes here, by any clock */
        nanos gap =
            nanos_between(lean[1 - client].latest, lean[client].earliest);
        nanos other =
            nanos_between(lean[client].latest, lean[1 - client].earliest);

        *flipped = gap < -STAMPING - lasts / DRIFT_PER_ONE && other >= 0;
        *sure = *flipped || gap > STAMPING + lasts / DRIFT_PER_ONE;
    }
    return *flipped ? 1 - client : client;
}

/* Which end of each connection is at the first side. True: of most it is the
 * server, so that the captures are the other way round. */
static bool find_sides(struct comparison *comparison)
{
    uint64_t flipped[2] = {0, 0};

    for (size_t i = 0; i < comparison->connections; i++) {
        struct compared *c = &comparison->connection[i];
        bool is_flipped;
        bool sure;

        c->near = find_near(comparison->trace, &c->match, &is_flipped, &sure);
        flipped[is_flipped] += sure;
    }
    return flipped[true] > flipped[false];
}

static void find_matches(struct comparison *comparison)
{
    struct matches *matches = &comparison->matches;

    *matches = match_connections(comparison->trace);
    comparison->connections = matches->count;
    comparison->connection =
        must_calloc(matches->count + 1u, sizeof *comparison->connection);
    for (size_t i = 0; i < matches->count; i++) {
        struct compared *c = &comparison->connection[i];

        c->match = matches->match[i];
        for (unsigned side = 0; side < 2; side++)
            c->of[side] =
                &comparison->trace[side].connection[c->match.connection[side]];
    }
}

static void forget_matches(struct trace *trace)
{
    for (uint32_t i = 0; i < trace->connections; i++) {
        trace->connection[i].is_paired = false;
        trace->connection[i].is_ambiguous = false;
    }
}

static void swap_sides(struct comparison *comparison)
{
    struct trace trace = comparison->trace[0];
    const struct report *report = comparison->report[0];

    comparison->trace[0] = comparison->trace[1];
    comparison->trace[1] = trace;
    comparison->report[0] = comparison->report[1];
    comparison->report[1] = report;
    comparison->swapped = true;
    forget_matches(&comparison->trace[0]);
    forget_matches(&comparison->trace[1]);
    free(comparison->matches.match);
    free(comparison->connection);
}

static void open_passage(struct comparison *comparison, struct passage *passage,
                         const struct compared *c, enum way way)
{
    passage_open(passage, comparison->trace, &c->match,
                 way == WAY_UP ? c->near : 1 - c->near, way);
}

static void align(struct comparison *comparison)
{
    const struct capture_input *input = comparison->report[0]->input;

    clock_init(&comparison->clock, input->first_time, input->last_time);
    for (size_t i = 0; i < comparison->connections * 2; i++) {
        struct passage passage;

        open_passage(comparison, &passage, &comparison->connection[i / 2],
                     i % 2 ? WAY_DOWN : WAY_UP);
        passage_tell_clock(&passage, &comparison->clock);
        passage_close(&passage);
    }
    clock_fit(&comparison->clock);
}

static void compare_way(struct comparison *comparison, struct compared *c,
                        enum way way)
{
    struct passage_world world = comparison_world(comparison, way);
    struct passage passage;

    open_passage(comparison, &passage, c, way);
    passage_join(&passage, &comparison->clock);
    passage_join_recut(&passage);
    passage_judge(&passage, &world);
    tally_passage(c, &passage);
    passage_close(&passage);
}

static int worst_first(const void *left, const void *right)
{
    const struct compared *a = left;
    const struct compared *b = right;

    if (a->is_told != b->is_told)
        return a->is_told ? -1 : 1;
    if (a->worst != b->worst)
        return a->worst > b->worst ? -1 : 1;
    return (a->match.connection[0] > b->match.connection[0]) -
           (a->match.connection[0] < b->match.connection[0]);
}

static void count_all(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->connections; i++) {
        const struct compared *c = &comparison->connection[i];

        for (size_t e = 0; e < c->events; e++)
            comparison->by_severity[c->event[e].severity]++;
    }
    for (size_t i = 0; i < comparison->locateds; i++) {
        const struct located *l = &comparison->located[i];

        comparison->by_severity[l->finding[l->finding[0] ? 0 : 1]->severity]++;
    }
    for (size_t i = 0; i < comparison->unarriveds; i++) {
        const struct finding *f = comparison->unarrived[i].finding;

        comparison->by_severity[SEVERITY_WARNING]++;
        if (f && f->severity >= SEVERITY_WARNING) {
            comparison->by_severity[f->severity]++;
            comparison->elsewhere[CLIENT_SIDE]--;
        }
    }
}

void comparison_finish(struct comparison *comparison,
                       const struct report *const report[2])
{
    comparison->report[0] = report[0];
    comparison->report[1] = report[1];
    find_matches(comparison);
    if (find_sides(comparison)) {
        swap_sides(comparison);
        find_matches(comparison);
        (void)find_sides(comparison);
    }
    align(comparison);
    for (size_t i = 0; i < comparison->connections; i++) {
        struct compared *c = &comparison->connection[i];

        compare_way(comparison, c, WAY_UP);
        compare_way(comparison, c, WAY_DOWN);
        tally_settle(c);
    }
    comparison_note_findings(comparison);
    if (comparison->connections)
        qsort(comparison->connection, comparison->connections,
              sizeof *comparison->connection, worst_first);
    comparison_locate(comparison);
    comparison_find_unarrived(comparison);
    count_all(comparison);
}
