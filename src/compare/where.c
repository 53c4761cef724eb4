/*
 * Where the cause of a finding lies. What happened between the captures is
 * told of by events; where there is none, and all packets that the finding
 * cites are in both captures, it is the doing of an end, or of what is beyond
 * the capture there.
 */
#include "compare/compare.h"

#include "base/arena.h"

#include <stdlib.h>

/* A shorter delay explains nothing. */
#define HELD_LEAST (100 * NANOS_PER_MILLI)

/* tcp.stream of a side, and the connection that it is. */
struct known {
    uint64_t stream;
    struct compared *connection;
};

struct locating {
    struct comparison *comparison;
    struct known *known[2]; /* owned, by stream */
};

static int by_stream(const void *left, const void *right)
{
    const struct known *a = left;
    const struct known *b = right;

    return (a->stream > b->stream) - (a->stream < b->stream);
}

static struct locating begin(struct comparison *comparison)
{
    struct locating l = {.comparison = comparison};
    size_t count = comparison->connections;

    for (unsigned side = 0; side < 2; side++) {
        struct known *known = must_calloc(count + 1, sizeof *known);

        for (size_t i = 0; i < count; i++) {
            struct compared *c = &comparison->connection[i];

            known[i] = (struct known){c->of[side]->stream, c};
        }
        if (count)
            qsort(known, count, sizeof *known, by_stream);
        l.known[side] = known;
    }
    return l;
}

static void end(struct locating *l)
{
    free(l->known[0]);
    free(l->known[1]);
}

static struct compared *connection_of(const struct locating *l, unsigned side,
                                      const struct finding *finding)
{
    struct known key = {.stream = finding->connection.id};
    struct known *found =
        bsearch(&key, l->known[side], l->comparison->connections, sizeof key,
                by_stream);

    return found ? found->connection : NULL;
}

static bool is_asked_about(const struct finding *finding)
{
    return finding->severity >= SEVERITY_WARNING;
}

static void note_finding(struct locating *l, unsigned side,
                         const struct finding *f)
{
    struct compared *c = connection_of(l, side, f);

    if (!is_asked_about(f))
        return;
    if (!c) {
        l->comparison->elsewhere[side]++;
        return;
    }
    if (!c->is_told || f->severity > c->worst)
        c->worst = f->severity;
    c->is_told = true;
}

void comparison_note_findings(struct comparison *comparison)
{
    struct locating l = begin(comparison);

    for (unsigned side = 0; side < 2; side++) {
        const struct report *report = comparison->report[side];

        for (size_t i = 0; i < report->findings; i++)
            note_finding(&l, side, report->finding[i]);
    }
    end(&l);
}

static const struct trace_segment *segment_at(const struct comparison *c,
                                              unsigned side, struct mark mark)
{
    return mark_is_set(mark) ? trace_find(&c->trace[side], mark_frame(mark))
                             : NULL;
}

static const struct trace_segment *peer_of(const struct comparison *c,
                                           unsigned side,
                                           const struct trace_segment *s)
{
    return s && s->peer != TRACE_NONE ? &c->trace[1 - side].segment[s->peer]
                                      : NULL;
}

/* Both captures tell the same of the same exchange. */
static bool is_same(const struct comparison *c, const struct finding *a,
                    const struct finding *b)
{
    const struct trace_segment *asked = segment_at(c, CLIENT_SIDE, a->asked);

    if (a->code != b->code || !a->exchange != !b->exchange)
        return false;
    if (a->exchange && a->exchange->is_h2)
        return a->exchange->stream == b->exchange->stream;
    return !a->exchange || (asked && peer_of(c, CLIENT_SIDE, asked) ==
                                         segment_at(c, SERVER_SIDE, b->asked));
}

/* What the finding rests on: a segment of an event is among it. */
static bool cites(const struct finding *finding,
                  const struct trace_segment *segment)
{
    if (!segment)
        return false;
    if (mark_frame(finding->ended) == segment->frame)
        return true;
    for (size_t i = 0; i < finding->evidences; i++) {
        if (mark_frame(finding->evidence[i].at) == segment->frame)
            return true;
    }
    return false;
}

static bool cites_event(const struct located *located,
                        const struct compare_event *event)
{
    return (located->finding[0] && cites(located->finding[0], event->of[0])) ||
           (located->finding[1] && cites(located->finding[1], event->of[1]));
}

/* When the event was, by the clock of a side; NANOS_NEVER: not known. */
static nanos time_of(const struct comparison *c,
                     const struct compare_event *event, unsigned side)
{
    const struct trace_segment *s = event->of[side];

    if (s)
        return s->time;
    if (!clock_is_known(&c->clock))
        return NANOS_NEVER;
    s = event->of[1 - side];
    return side == SERVER_SIDE ? clock_there(&c->clock, s->time)
                               : clock_here(&c->clock, s->time);
}

/* While the exchange went on, or the connection, as the finding has it. */
static bool is_meanwhile(const struct comparison *c,
                         const struct located *located,
                         const struct compare_event *event)
{
    const nanos slack = c->clock.error + NANOS_PER_MILLI;

    for (unsigned side = 0; side < 2; side++) {
        const struct finding *f = located->finding[side];
        nanos time = f ? time_of(c, event, side) : NANOS_NEVER;
        nanos from;

        if (time == NANOS_NEVER || !mark_is_set(f->ended))
            continue;
        from = mark_is_set(f->asked) ? f->asked.time : f->connection.first.time;
        if (time >= nanos_after(from, -slack) &&
            time <= nanos_after(f->ended.time, slack))
            return true;
    }
    return false;
}

static bool is_about_time(const struct located *located)
{
    const struct finding *f = located->finding[located->finding[0] ? 0 : 1];

    return f->symptom == SYMPTOM_SLOW || f->symptom == SYMPTOM_HANG ||
           f->code == VERDICT_NETWORK_STALL;
}

/* What the event does to the finding; WHERE_UNKNOWN: nothing. */
static enum where says(const struct comparison *c,
                       const struct located *located,
                       const struct compare_event *event)
{
    switch (event->kind) {
    case EVENT_INJECTED:
        return cites_event(located, event) ? WHERE_MADE : WHERE_UNKNOWN;
    case EVENT_LOST:
        if (!is_meanwhile(c, located, event) && !cites_event(located, event))
            return WHERE_UNKNOWN;
        if (!event->healed)
            return WHERE_LOST;
        return is_about_time(located) ? WHERE_HELD_UP : WHERE_UNKNOWN;
    case EVENT_CHANGED:
        return event->changes & CHANGE_PAYLOAD ? WHERE_CHANGED : WHERE_UNKNOWN;
    default:
        return WHERE_UNKNOWN;
    }
}

/* What took long between the captures, for so much of the time that the
 * finding is about. */
static bool find_held(const struct comparison *c, struct located *located)
{
    const struct finding *f = located->finding[located->finding[0] ? 0 : 1];

    for (unsigned i = 0; i < 2; i++) {
        const struct compare_way *way = &located->connection->way[i];
        struct compare_event event = {.way = (enum way)i};

        if (!way->has_delay || way->most < HELD_LEAST ||
            way->most <= located->held)
            continue;
        memcpy(event.of, way->held, sizeof event.of);
        if (!is_meanwhile(c, located, &event) ||
            (!is_about_time(located) && way->most < f->wait / 2))
            continue;
        located->held = way->most;
        memcpy(located->of, way->held, sizeof located->of);
    }
    return located->held > 0;
}

/* Every packet that the finding cites is in both captures. */
static bool is_in_both(const struct comparison *c,
                       const struct located *located)
{
    unsigned side = located->finding[CLIENT_SIDE] ? CLIENT_SIDE : SERVER_SIDE;
    const struct finding *f = located->finding[side];
    bool some = false;

    for (size_t i = 0; i < f->evidences; i++) {
        const struct trace_segment *s = segment_at(c, side, f->evidence[i].at);

        if (!s || s->fate == FATE_ALONE)
            continue; /* no TCP, or of a connection that is not in both */
        if (s->fate != FATE_PAIRED && s->fate != FATE_RECUT)
            return false;
        some = true;
    }
    return some;
}

/* Nothing of it may have been lost unseen. */
static bool is_all_told(const struct compared *connection)
{
    return connection->way[WAY_UP].outside == 0 &&
           connection->way[WAY_DOWN].outside == 0;
}

/* Who sent the last word of it. */
static enum where end_of(const struct comparison *c, struct located *located)
{
    unsigned side = located->finding[CLIENT_SIDE] ? CLIENT_SIDE : SERVER_SIDE;
    const struct trace_segment *s =
        segment_at(c, side, located->finding[side]->ended);
    const struct trace_segment *peer = peer_of(c, side, s);
    unsigned client = located->connection->of[side]->client;

    if (!is_in_both(c, located))
        return WHERE_UNKNOWN;
    if (!s || !peer || !(s->flags & (TCP_FIN | TCP_RST)))
        return is_all_told(located->connection) ? WHERE_AT_AN_END
                                                : WHERE_UNKNOWN;
    located->of[side] = s;
    located->of[1 - side] = peer;
    return s->from == client ? WHERE_AT_CLIENT : WHERE_AT_SERVER;
}

static void locate(const struct comparison *c, struct located *located)
{
    const struct compared *connection = located->connection;

    for (size_t i = 0; i < connection->events; i++) {
        enum where where = says(c, located, &connection->event[i]);

        if (where == WHERE_UNKNOWN ||
            (located->event && where >= located->where))
            continue;
        located->where = where;
        located->event = &connection->event[i];
    }
    if (!located->event)
        located->where =
            find_held(c, located) ? WHERE_HELD_UP : end_of(c, located);
}

static void add(struct comparison *c, const struct compared *connection,
                unsigned side, const struct finding *finding)
{
    for (size_t i = 0; side == SERVER_SIDE && i < c->locateds; i++) {
        struct located *other = &c->located[i];

        if (other->connection == connection && !other->finding[SERVER_SIDE] &&
            is_same(c, other->finding[CLIENT_SIDE], finding)) {
            other->finding[SERVER_SIDE] = finding;
            return;
        }
    }
    c->located[c->locateds] =
        (struct located){.number = c->locateds, .connection = connection};
    c->located[c->locateds++].finding[side] = finding;
}

static int by_connection(const void *left, const void *right)
{
    const struct located *a = left;
    const struct located *b = right;

    if (a->connection != b->connection)
        return a->connection < b->connection ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* Each connection knows its own. */
static void list(struct comparison *c)
{
    if (c->locateds)
        qsort(c->located, c->locateds, sizeof *c->located, by_connection);
    for (size_t i = 0; i < c->locateds; i++) {
        size_t at = (size_t)(c->located[i].connection - c->connection);

        if (c->connection[at].locateds++ == 0)
            c->connection[at].located = i;
    }
}

void comparison_locate(struct comparison *comparison)
{
    struct locating l = begin(comparison);

    comparison->located = must_calloc(comparison->report[0]->findings +
                                          comparison->report[1]->findings + 1,
                                      sizeof *comparison->located);
    for (unsigned side = 0; side < 2; side++) {
        const struct report *report = comparison->report[side];

        for (size_t i = 0; i < report->findings; i++) {
            const struct finding *f = report->finding[i];
            const struct compared *c = connection_of(&l, side, f);

            if (c && is_asked_about(f))
                add(comparison, c, side, f);
        }
    }
    end(&l);
    for (size_t i = 0; i < comparison->locateds; i++)
        locate(comparison, &comparison->located[i]);
    list(comparison);
}
