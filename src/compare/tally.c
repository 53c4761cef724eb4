#include "compare/tally.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ROOM_FIRST = 4
};

/* Of too many those go that are less bad. */
static void make_way(struct compared *connection,
                     const struct compare_event *event)
{
    for (size_t i = connection->events; i > 0; i--) {
        if (connection->event[i - 1].severity < event->severity) {
            connection->event[i - 1] = *event;
            return;
        }
    }
}

static void add_event(struct compared *connection,
                      const struct compare_event *event)
{
    size_t room = connection->events;

    if (event->severity > connection->worst || !connection->is_told)
        connection->worst = event->severity;
    connection->is_told = true;
    if (room == COMPARE_EVENTS_KEPT) {
        connection->events_left_out++;
        make_way(connection, event);
        return;
    }
    if (room == 0 || (room >= ROOM_FIRST && (room & (room - 1)) == 0))
        connection->event =
            must_realloc(connection->event, room ? room * 2 : ROOM_FIRST,
                         sizeof *connection->event);
    connection->event[connection->events++] = *event;
}

/* A passage begins at the side whose number that of its way is. */
static_assert((int)WAY_UP == (int)CLIENT_SIDE &&
                  (int)WAY_DOWN == (int)SERVER_SIDE,
              "a way begins at the side of its number");

static struct compare_event event_of(const struct passage *passage,
                                     const struct passage_item *item,
                                     enum event_kind kind)
{
    const struct trace_segment *s = passage_segment(passage, item);
    struct compare_event event = {.kind = kind,
                                  .way = passage->way,
                                  .maybe = s->maybe,
                                  .unsure = s->unsure,
                                  .missing = item->missing};

    event.of[item->at == SENT ? passage->way : 1 - passage->way] = s;
    return event;
}

static void take_lost(struct compared *connection, struct compare_way *way,
                      const struct passage *passage,
                      const struct passage_item *item)
{
    struct compare_event event = event_of(passage, item, EVENT_LOST);

    if (trace_is_bare(passage_segment(passage, item))) {
        way->lost_bare++;
        return;
    }
    way->lost++;
    event.healed = item->is_healed;
    event.severity = item->is_healed ? SEVERITY_INFO : SEVERITY_WARNING;
    add_event(connection, &event);
}

static void take_injected(struct compared *connection, struct compare_way *way,
                          const struct passage *passage,
                          const struct passage_item *item)
{
    struct compare_event event = event_of(passage, item, EVENT_INJECTED);

    way->injected++;
    event.severity = event.maybe ? SEVERITY_WARNING : SEVERITY_ERROR;
    add_event(connection, &event);
}

static unsigned changes_between(const struct passage *passage,
                                const struct trace_segment *a,
                                const struct trace_segment *b)
{
    uint32_t shift = a->flags & b->flags & TCP_ACK ? passage->ack_shift : 0;
    unsigned changes = 0;

    if (a->has_whole && b->has_whole
            ? a->whole != b->whole
            : a->has_head && b->has_head && a->head != b->head)
        changes |= CHANGE_PAYLOAD;
    if (a->flags != b->flags)
        changes |= CHANGE_FLAGS;
    if (a->ack + shift != b->ack)
        changes |= CHANGE_ACK;
    if (a->window != b->window)
        changes |= CHANGE_WINDOW;
    if (a->has_mss != b->has_mss || a->mss != b->mss)
        changes |= CHANGE_MSS;
    if (a->has_scale != b->has_scale || a->scale != b->scale)
        changes |= CHANGE_SCALE;
    if (a->has_timestamp != b->has_timestamp ||
        (passage->kept.timestamp && a->timestamp != b->timestamp))
        changes |= CHANGE_TIMESTAMP;
    return changes;
}

static struct compare_event *find_alike(struct compared *connection,
                                        enum way way, unsigned changes)
{
    for (size_t i = 0; i < connection->events; i++) {
        struct compare_event *event = &connection->event[i];

        if (event->kind == EVENT_CHANGED && event->way == way &&
            event->changes == changes)
            return event;
    }
    return NULL;
}

static void take_changes(struct compared *connection, struct compare_way *way,
                         const struct passage *passage,
                         const struct passage_item *item, unsigned changes)
{
    const struct trace_segment *s = passage_segment(passage, item);
    struct compare_event event = event_of(passage, item, EVENT_CHANGED);
    struct compare_event *alike = find_alike(connection, passage->way, changes);

    way->changed++;
    if (alike) {
        alike->alike++;
        return;
    }
    event.changes = changes;
    event.severity = changes & CHANGE_PAYLOAD ? SEVERITY_ERROR : SEVERITY_INFO;
    event.of[1 - passage->way] = &passage->trace[CAME]->segment[s->peer];
    add_event(connection, &event);
}

static int by_segment(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;

    return (*a > *b) - (*a < *b);
}

struct delays {
    nanos *delay; /* owned */
    size_t count;
};

static void take_delay(struct compare_way *way, struct delays *delays,
                       const struct passage *passage,
                       const struct trace_segment *a,
                       const struct trace_segment *b)
{
    nanos delay = nanos_between(passage_there(passage, a->time), b->time);

    if (delay < 0)
        delay = 0;
    delays->delay[delays->count++] = delay;
    if (way->held[0] && delay <= way->most)
        return;
    way->most = delay;
    way->held[passage->way] = a;
    way->held[1 - passage->way] = b;
}

static void take_paired(struct compared *connection, struct compare_way *way,
                        const struct passage *passage,
                        const struct passage_item *item, struct delays *delays)
{
    const struct trace_segment *a = passage_segment(passage, item);
    const struct trace_segment *b = &passage->trace[CAME]->segment[a->peer];
    unsigned changes = changes_between(passage, a, b);

    way->paired++;
    if (passage_is_timed(passage) && !a->unsure)
        take_delay(way, delays, passage, a, b);
    if (changes && !a->unsure)
        take_changes(connection, way, passage, item, changes);
}

static void take_sent(struct compared *connection, struct compare_way *way,
                      const struct passage *passage,
                      const struct passage_item *item, struct delays *delays)
{
    way->sent++;
    switch (passage_segment(passage, item)->fate) {
    case FATE_PAIRED:
        take_paired(connection, way, passage, item, delays);
        return;
    case FATE_RECUT:
        way->recut++;
        return;
    case FATE_LOST:
        take_lost(connection, way, passage, item);
        return;
    case FATE_OUTSIDE:
        way->outside++;
        return;
    default:
        way->unrecorded++;
    }
}

static void take_came(struct compared *connection, struct compare_way *way,
                      const struct passage *passage,
                      const struct passage_item *item)
{
    struct compare_event event;

    way->came++;
    switch (passage_segment(passage, item)->fate) {
    case FATE_PAIRED:
    case FATE_RECUT:
        return;
    case FATE_INJECTED:
        take_injected(connection, way, passage, item);
        return;
    case FATE_DUPLICATE:
        way->duplicates++;
        event = event_of(passage, item, EVENT_DUPLICATED);
        event.severity = SEVERITY_INFO;
        add_event(connection, &event);
        return;
    case FATE_OUTSIDE:
        way->outside++;
        return;
    default:
        way->unsent++;
    }
}

/* In the order in which they came. */
static uint64_t count_reordered(const struct passage *passage)
{
    const struct trace *trace = passage->trace[CAME];
    uint32_t *came = must_calloc(passage->items + 1, sizeof *came);
    uint32_t latest = 0;
    uint64_t reordered = 0;
    size_t count = 0;

    for (size_t i = 0; i < passage->items; i++) {
        const struct passage_item *item = &passage->item[i];

        if (item->at == CAME && item->is_joined &&
            trace->segment[item->segment].fate == FATE_PAIRED &&
            !trace->segment[item->segment].unsure)
            came[count++] = item->segment;
    }
    qsort(came, count, sizeof *came, by_segment);
    for (size_t i = 0; i < count; i++) {
        uint32_t peer = trace->segment[came[i]].peer;

        reordered += i > 0 && peer < latest;
        latest = peer > latest ? peer : latest;
    }
    free(came);
    return reordered;
}

void tally_passage(struct compared *connection, const struct passage *passage)
{
    struct compare_way *way = &connection->way[passage->way];
    struct delays delays = {
        .delay = must_calloc(passage->items + 1, sizeof *delays.delay)};

    for (size_t i = 0; i < passage->items; i++) {
        const struct passage_item *item = &passage->item[i];

        if (item->at == SENT)
            take_sent(connection, way, passage, item, &delays);
        else
            take_came(connection, way, passage, item);
    }
    way->has_hops = passage->has_hops;
    way->hops = passage->hops;
    way->reordered = count_reordered(passage);
    way->has_delay = delays.count > 0;
    if (way->has_delay) {
        qsort(delays.delay, delays.count, sizeof *delays.delay, nanos_in_order);
        way->least = delays.delay[0];
        way->median = delays.delay[delays.count / 2];
    }
    free(delays.delay);
}

static int worst_first(const void *left, const void *right)
{
    const struct compare_event *a = left;
    const struct compare_event *b = right;
    const struct trace_segment *s, *t;

    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->way != b->way)
        return a->way < b->way ? -1 : 1;
    s = a->of[a->way] ? a->of[a->way] : a->of[1 - a->way];
    t = b->of[b->way] ? b->of[b->way] : b->of[1 - b->way];
    return (s->time > t->time) - (s->time < t->time);
}

static bool is_injected_reset(const struct compare_event *event, enum way way)
{
    return event->kind == EVENT_INJECTED && event->way == way &&
           (event->of[1 - way]->flags & TCP_RST);
}

void tally_settle(struct compared *connection)
{
    bool has[2] = {false, false};

    for (size_t i = 0; i < connection->events; i++) {
        has[WAY_UP] |= is_injected_reset(&connection->event[i], WAY_UP);
        has[WAY_DOWN] |= is_injected_reset(&connection->event[i], WAY_DOWN);
    }
    for (size_t i = 0; i < connection->events && has[0] && has[1]; i++) {
        struct compare_event *event = &connection->event[i];

        if (!is_injected_reset(event, event->way))
            continue;
        event->maybe = false;
        event->severity = connection->worst = SEVERITY_ERROR;
    }
    if (connection->events)
        qsort(connection->event, connection->events, sizeof *connection->event,
              worst_first);
}
