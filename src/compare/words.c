#include "compare/words.h"

#include <assert.h>
#include <math.h>

/* As much as one decimal of ppm shows. */
#define DRIFT_TOLD 0.05e-6

const char *words_side(unsigned side)
{
    return side == CLIENT_SIDE ? "client side" : "server side";
}

const char *words_event(enum event_kind kind)
{
    static const char *const name[] = {
        [EVENT_INJECTED] = "injected",
        [EVENT_CHANGED] = "changed",
        [EVENT_LOST] = "lost",
        [EVENT_DUPLICATED] = "duplicated",
    };

    static_assert(sizeof name / sizeof *name == EVENT_COUNT,
                  "every event has its name");
    return name[kind];
}

const char *words_where(enum where where)
{
    static const char *const name[] = {
        [WHERE_UNKNOWN] = "unknown",
        [WHERE_MADE] = "between-injected",
        [WHERE_LOST] = "between-lost",
        [WHERE_CHANGED] = "between-changed",
        [WHERE_HELD_UP] = "between-held-up",
        [WHERE_AT_CLIENT] = "client",
        [WHERE_AT_SERVER] = "server",
        [WHERE_AT_AN_END] = "not-between",
    };

    static_assert(sizeof name / sizeof *name == WHERE_COUNT,
                  "every place has its name");
    return name[where];
}

const struct change_name words_changes[] = {
    {"payload",   CHANGE_PAYLOAD  },
    {"flags",     CHANGE_FLAGS    },
    {"ack",       CHANGE_ACK      },
    {"window",    CHANGE_WINDOW   },
    {"mss",       CHANGE_MSS      },
    {"scale",     CHANGE_SCALE    },
    {"timestamp", CHANGE_TIMESTAMP},
    {NULL,        0               },
};

void words_add_frame(struct text *text, unsigned side,
                     const struct trace_segment *segment)
{
    text_addf(text, "%s-side #%" PRIu64,
              side == CLIENT_SIDE ? "client" : "server", segment->frame);
}

void words_add_segment(struct text *text, const struct trace_segment *s)
{
    const char *before = "";

    if (s->length) {
        text_addf(text, "%" PRIu32 " byte%s", s->length,
                  s->length == 1 ? "" : "s");
        before = " with ";
    }
    if (s->flags & TCP_SYN)
        text_addf(text, "%sSYN%s", before, s->flags & TCP_ACK ? "-ACK" : "");
    else if (s->flags & TCP_RST)
        text_addf(text, "%sRST", before);
    else if (s->flags & TCP_FIN)
        text_addf(text, "%sFIN", before);
    else if (!s->length)
        text_add(text, "ACK");
}

static void add_injected(struct text *text, const struct compared *connection,
                         const struct compare_event *event)
{
    unsigned to = 1 - event->way;
    const struct trace_segment *s = event->of[to];
    const struct trace_segment *other = connection->way[event->way].held[to];

    words_add_segment(text, s);
    text_add(text, ", ");
    words_add_frame(text, to, s);
    text_addf(text, ": the %s has no such segment: ", words_side(1 - to));
    if (event->maybe)
        text_add(text, "its capture missed it, or something between the "
                       "captures made it");
    else
        text_add(text, "neither end sent it, something between the captures "
                       "made it");
    if (other && other->ttl != s->ttl)
        text_addf(text, " (TTL %u, others of that end %u)", s->ttl, other->ttl);
}

static void add_lost(struct text *text, const struct compare_event *event)
{
    const struct trace_segment *s = event->of[event->way];
    uint32_t span = s->flags & TCP_RST ? 0 : trace_span(s);

    words_add_segment(text, s);
    text_add(text, ", ");
    words_add_frame(text, event->way, s);
    text_addf(text, ": left, and did not come to the %s",
              words_side(1 - event->way));
    if (event->missing < span)
        text_addf(text, ", %" PRIu32 " bytes of it", event->missing);
    if (event->unsure)
        text_add(text, " (or another copy of it did not)");
    if (event->healed)
        text_add(text, "; what it carried came in another segment");
    else if (s->length)
        text_add(text, "; no copy of them came");
    if (event->maybe)
        text_add(text, "; or the capture there missed it");
}

/* One value as it was sent and as it came. */
static void add_change(struct text *text, enum change change,
                       const struct trace_segment *a,
                       const struct trace_segment *b)
{
    switch (change) {
    case CHANGE_PAYLOAD:
        text_add(text, "the payload");
        break;
    case CHANGE_FLAGS:
        text_addf(text, "flags 0x%02x to 0x%02x", a->flags, b->flags);
        break;
    case CHANGE_ACK:
        text_addf(text, "the acknowledgement %" PRIu32 " to %" PRIu32, a->ack,
                  b->ack);
        break;
    case CHANGE_WINDOW:
        text_addf(text, "the window %u to %u", a->window, b->window);
        break;
    case CHANGE_MSS:
        if (a->has_mss && b->has_mss)
            text_addf(text, "the MSS %u to %u", a->mss, b->mss);
        else
            text_addf(text, "the MSS, which was %s",
                      a->has_mss ? "taken out" : "put in");
        break;
    case CHANGE_SCALE:
        if (a->has_scale && b->has_scale)
            text_addf(text, "the window scale %u to %u", a->scale, b->scale);
        else
            text_addf(text, "the window scale, which was %s",
                      a->has_scale ? "taken out" : "put in");
        break;
    case CHANGE_TIMESTAMP:
        text_addf(text, "the timestamps%s",
                  a->has_timestamp == b->has_timestamp ? ""
                  : a->has_timestamp ? ", which were taken out"
                                     : ", which were put in");
        break;
    }
}

static void add_changed(struct text *text, const struct compare_event *event)
{
    const struct trace_segment *a = event->of[event->way];
    const struct trace_segment *b = event->of[1 - event->way];
    const char *before = "";

    words_add_segment(text, a);
    text_add(text, ", ");
    words_add_frame(text, event->way, a);
    text_add(text, " and ");
    words_add_frame(text, 1 - event->way, b);
    text_add(text, ": changed on the way: ");
    for (const struct change_name *c = words_changes; c->name; c++) {
        if (!(event->changes & c->change))
            continue;
        text_add(text, before);
        add_change(text, c->change, a, b);
        before = ", ";
    }
    if (event->alike)
        text_addf(text, "; %" PRIu64 " more like it", event->alike);
}

static void add_duplicated(struct text *text, const struct compare_event *event)
{
    words_add_segment(text, event->of[1 - event->way]);
    text_add(text, ", ");
    words_add_frame(text, 1 - event->way, event->of[1 - event->way]);
    text_add(text, ": came once more than it was sent");
}

void words_add_event(struct text *text, const struct compared *connection,
                     const struct compare_event *event)
{
    switch (event->kind) {
    case EVENT_INJECTED:
        add_injected(text, connection, event);
        break;
    case EVENT_CHANGED:
        add_changed(text, event);
        break;
    case EVENT_LOST:
        add_lost(text, event);
        break;
    default:
        add_duplicated(text, event);
    }
}

static void add_end(struct text *text, const struct located *located)
{
    text_add(text, "not between the captures: the ");
    words_add_segment(text, located->of[CLIENT_SIDE]);
    text_add(text, " is in both (");
    words_add_frame(text, CLIENT_SIDE, located->of[CLIENT_SIDE]);
    text_add(text, ", ");
    words_add_frame(text, SERVER_SIDE, located->of[SERVER_SIDE]);
    text_addf(text,
              "), and comes from the %s, or from beyond the capture on "
              "its side",
              located->where == WHERE_AT_CLIENT ? "client" : "server");
}

static void add_held(struct text *text, const struct located *located)
{
    const struct compare_way *up = &located->connection->way[WAY_UP];
    unsigned from = up->held[CLIENT_SIDE] == located->of[CLIENT_SIDE] &&
                            up->most == located->held
                        ? CLIENT_SIDE
                        : SERVER_SIDE;
    char held[NANOS_TEXT_SIZE];

    text_add(text, "between the captures: ");
    words_add_segment(text, located->of[from]);
    text_add(text, ", ");
    words_add_frame(text, from, located->of[from]);
    text_addf(text, ", took %s to come, as ",
              nanos_print_duration(held, located->held));
    words_add_frame(text, 1 - from, located->of[1 - from]);
}

void words_add_where(struct text *text, const struct located *located)
{
    if (located->held) {
        add_held(text, located);
        return;
    }
    switch (located->where) {
    case WHERE_AT_CLIENT:
    case WHERE_AT_SERVER:
        add_end(text, located);
        break;
    case WHERE_AT_AN_END:
        text_add(text, "not between the captures: all packets that show it "
                       "are in both");
        break;
    case WHERE_UNKNOWN:
        text_add(text, "that cannot be told: not all packets that show it are "
                       "in both captures");
        break;
    default:
        text_addf(text, "between the captures%s: ",
                  located->event->maybe ? ", perhaps" : "");
        words_add_event(text, located->connection, located->event);
    }
}

void words_add_clock(struct text *text, const struct clock *clock)
{
    char offset[NANOS_TEXT_SIZE];
    char error[NANOS_TEXT_SIZE];
    nanos apart = clock->offset < 0 ? -clock->offset : clock->offset;

    switch (clock->state) {
    case CLOCK_UNKNOWN:
        text_add(text, "not aligned: no packet that is in both can be "
                       "mistaken for no other");
        return;
    case CLOCK_BROKEN:
        text_add(text, "not aligned: no offset and drift fit, one of them was "
                       "set meanwhile; no delays are told, and of losses only "
                       "those between packets that came");
        return;
    default:
        break;
    }
    text_addf(text, "that of the server side is %s %s",
              nanos_print_duration(offset, apart),
              clock->offset < 0 ? "behind" : "ahead");
    if (clock->state == CLOCK_ONE_SIDED) {
        text_add(text, " or less: packets of one direction tell; their "
                       "delays are told from the smallest on");
        return;
    }
    text_addf(text, ", give or take %s",
              nanos_print_duration(error, clock->error));
    if (fabs(clock->drift) >= DRIFT_TOLD)
        text_addf(text, ", and runs %.1f ppm %s (from %.1f to %.1f)",
                  fabs(clock->drift) * 1e6,
                  clock->drift < 0 ? "slower" : "faster",
                  clock->drift_least * 1e6, clock->drift_most * 1e6);
    text_add(text, ". A path that is slower one way than the other looks like "
                   "an offset within that");
}

static void add_count(struct text *text, uint64_t count, const char *what)
{
    if (count)
        text_addf(text, ", %" PRIu64 " %s", count, what);
}

static void add_delay(struct text *text, const struct compare_way *way,
                      enum way direction)
{
    char least[NANOS_TEXT_SIZE];
    char median[NANOS_TEXT_SIZE];
    char most[NANOS_TEXT_SIZE];

    if (!way->has_delay)
        return;
    text_addf(text, "; on the way %s at least, %s in the middle, %s at most (",
              nanos_print_duration(least, way->least),
              nanos_print_duration(median, way->median),
              nanos_print_duration(most, way->most));
    words_add_frame(text, direction, way->held[direction]);
    text_add(text, ", ");
    words_add_frame(text, 1 - direction, way->held[1 - direction]);
    text_add(text, ")");
}

void words_add_way(struct text *text, const struct compared *connection,
                   enum way direction)
{
    const struct compare_way *way = &connection->way[direction];

    text_addf(text, "%" PRIu64 " segment%s left, %" PRIu64 " came", way->sent,
              way->sent == 1 ? "" : "s", way->came);
    add_count(text, way->lost, "lost");
    add_count(text, way->lost_bare, "bare ACKs did not come");
    add_count(text, way->injected, "sent by neither end");
    add_count(text, way->changed, "changed");
    add_count(text, way->duplicates, "came twice");
    add_count(text, way->reordered, "came out of order");
    add_count(text, way->recut, "came cut anew");
    if (way->has_hops && way->hops)
        text_addf(text, ", %d router%s between", way->hops,
                  way->hops == 1 ? "" : "s");
    add_delay(text, way, direction);
    if (way->unrecorded)
        text_addf(text,
                  ". %" PRIu64 " %s not in the capture of the %s, and not lost "
                  "on the way: it missed them",
                  way->unrecorded, way->unrecorded == 1 ? "is" : "are",
                  words_side(1 - direction));
    if (way->unsent)
        text_addf(text,
                  ". %" PRIu64 " that came %s not in the capture of the %s, "
                  "which missed them",
                  way->unsent, way->unsent == 1 ? "is" : "are",
                  words_side(direction));
    if (way->outside)
        text_addf(text,
                  ". Of %" PRIu64 " nothing is said: the other capture may not "
                  "have run",
                  way->outside);
}
