/*
 * What became of the segments that are in one capture only.
 *
 * A capture may have missed them, and then nothing happened to them on the
 * path: the receiver acknowledged bytes that its own capture lacks, or the
 * sender's numbers go on behind bytes that the sender's capture lacks. It may
 * not have run yet, or no more. Only what is left can be the path's doing.
 */
#include "compare/passage.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    NEAR_ITEMS = 64 /* that are looked at for another copy */
};

/* An acknowledgement may wait for so long (RFC 9293, 3.8.6.3). */
#define LATE_ACK (500 * NANOS_PER_MILLI)

struct range {
    int64_t start;
    int64_t end;
};

struct judging {
    struct passage *passage;
    const struct passage_world *world;
    struct range *range[2]; /* owned: what each capture has; sorted, apart */
    size_t ranges[2];
    int64_t sent_end; /* the last number that the sender used */
    nanos last_plain; /* when it last sent anything but an RST */
    nanos last_bare;  /* a bare acknowledgement, which has its next number */
    uint64_t unrecorded[2]; /* segments that each capture lacks */
};

static void find_ranges(struct judging *j, enum passage_end at)
{
    const struct passage *passage = j->passage;
    struct range *range = must_calloc(passage->items + 1, sizeof *range);
    size_t count = 0;

    for (size_t i = 0; i < passage->items; i++) {
        const struct passage_item *item = &passage->item[i];

        if (item->at != at || item->end == item->start || item->is_other)
            continue;
        if (count && item->start <= range[count - 1].end) {
            if (item->end > range[count - 1].end)
                range[count - 1].end = item->end;
            continue;
        }
        range[count++] = (struct range){item->start, item->end};
    }
    j->range[at] = range;
    j->ranges[at] = count;
}

static void find_last(struct judging *j)
{
    const struct passage *passage = j->passage;

    j->sent_end = INT64_MIN;
    j->last_plain = j->last_bare = NANOS_NEVER;
    for (size_t i = 0; i < passage->items; i++) {
        const struct passage_item *item = &passage->item[i];
        nanos time = passage_segment(passage, item)->time;

        if (item->at != SENT || (item->controls & TCP_RST))
            continue;
        if (item->end > j->sent_end)
            j->sent_end = item->end;
        if (time > j->last_plain)
            j->last_plain = time;
        if (item->end == item->start && time > j->last_bare)
            j->last_bare = time;
    }
}

/* Does that capture have all the bytes, in whatever segments? */
static bool has_all(const struct judging *j, enum passage_end at,
                    const struct passage_item *item)
{
    size_t low = 0;
    size_t high = j->ranges[at];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (j->range[at][middle].end <= item->start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < j->ranges[at] && j->range[at][low].start <= item->start &&
           j->range[at][low].end >= item->end;
}

/* Something of the same flow was joined before and behind it. */
static bool is_between(const struct passage *passage,
                       const struct passage_item *item)
{
    return passage->joined && item->segment > passage->first_joined[item->at] &&
           item->segment < passage->last_joined[item->at];
}

/* Did the other capture run when it was, or would have been, there? It did when
 * it has what was sent before, and what was sent behind. */
static bool is_in_time(const struct judging *j, const struct passage_item *item)
{
    const struct passage *passage = j->passage;
    nanos time = passage_segment(passage, item)->time;
    nanos slack = nanos_after(2 * passage->error, passage->longest);
    nanos from, to;

    if (!passage_is_timed(passage))
        return is_between(passage, item);
    if (item->at == SENT) {
        from = nanos_after(passage_there(passage, time), -passage->error);
        to = nanos_after(from, slack);
        return (from >= j->world->first[CAME] ||
                item->segment > passage->first_joined[SENT]) &&
               (to <= j->world->last[CAME] ||
                item->segment < passage->last_joined[SENT]);
    }
    to = nanos_after(passage_back(passage, time), passage->error);
    from = nanos_after(to, -slack);
    return (to <= j->world->last[SENT] ||
            item->segment < passage->last_joined[CAME]) &&
           (from >= j->world->first[SENT] ||
            item->segment > passage->first_joined[CAME]);
}

/* Next to it is a copy that was joined. */
static bool has_joined_copy(const struct passage *passage,
                            const struct passage_item *item)
{
    const struct passage_item *first = passage->item;
    const struct passage_item *last = first + passage->items - 1;

    return (item > first && item[-1].same == item->same &&
            item[-1].start == item->start && item[-1].end == item->end &&
            item[-1].controls == item->controls && item[-1].is_joined) ||
           (item < last && item[1].same == item->same &&
            item[1].start == item->start && item[1].end == item->end &&
            item[1].controls == item->controls && item[1].is_joined);
}

/* The sender writes another one into each segment, and the path leaves it. */
static bool is_marked(const struct passage *passage,
                      const struct passage_item *item)
{
    const struct trace_segment *s = passage_segment(passage, item);

    return (passage->kept.ip_id && s->ip_id) ||
           (passage->kept.timestamp && s->has_timestamp);
}

/* Another one of the same numbers, which did not come either. */
static bool is_lost_copy(const struct passage_item *other,
                         const struct passage_item *item)
{
    return other->at == SENT && !other->is_joined &&
           other->start == item->start && other->end == item->end;
}

/* What brought the last byte of the item first, by the receiver's capture, of
 * segments that begin near it; NULL: nothing. */
static const struct passage_item *first_bringer(const struct passage *passage,
                                                const struct passage_item *item)
{
    const struct passage_item *near = item;
    const struct passage_item *first = NULL;

    while (near > passage->item && item - near < NEAR_ITEMS)
        near--;
    for (; near < passage->item + passage->items && near - item < NEAR_ITEMS &&
           near->start < item->end;
         near++) {
        if (near->at == CAME && near->end >= item->end &&
            (!first || near->segment < first->segment))
            first = near;
    }
    return first;
}

/* The receiver acknowledged it before its capture has another copy. */
static bool is_acked_early(const struct passage *passage,
                           const struct passage_item *item)
{
    const struct passage_item *bringer = first_bringer(passage, item);
    size_t low = 0;
    size_t high = passage->acks;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (passage->ack[middle].acked < item->end)
            low = middle + 1;
        else
            high = middle;
    }
    return bringer && low < passage->acks &&
           passage->ack[low].time < passage_segment(passage, bringer)->time;
}

/* Its bytes came first in a copy that was sent behind it. One that was sent
 * before makes it of no use, and nobody would have said that it came. */
static bool is_brought_later(const struct passage *passage,
                             const struct passage_item *item)
{
    const struct passage_item *bringer = first_bringer(passage, item);

    return bringer && passage_segment(passage, bringer)->peer != TRACE_NONE &&
           passage_segment(passage, bringer)->peer > item->segment;
}

/* Would the receiver have said so, had it come? */
static bool is_known_lost(const struct judging *j,
                          const struct passage_item *item)
{
    const struct passage *passage = j->passage;
    const struct passage_item *last = passage->item + passage->items - 1;
    nanos arrival;

    if (item->is_healed)
        return is_brought_later(passage, item);
    if (item->end > item->start && !j->world->drops[CAME] &&
        ((item > passage->item && is_lost_copy(item - 1, item)) ||
         (item < last && is_lost_copy(item + 1, item))))
        return true;
    if (!passage_is_timed(passage) || passage->last_said == NANOS_NEVER)
        return false;
    arrival = passage_there(passage, passage_segment(passage, item)->time);
    arrival = nanos_after(arrival, passage->error);
    arrival = nanos_after(arrival, passage->longest);
    return passage->last_said > nanos_after(arrival, LATE_ACK);
}

static enum fate fate_of_sent(struct judging *j, struct passage_item *item)
{
    struct passage *passage = j->passage;
    struct trace_segment *s = passage_segment(passage, item);
    bool is_acked = item->end > item->start && passage->acked >= item->end;

    if (!is_in_time(j, item))
        return FATE_OUTSIDE;
    if (is_acked && (!has_all(j, CAME, item) || is_acked_early(passage, item)))
        return FATE_UNRECORDED;
    if (j->unrecorded[CAME] && item->end == item->start && !item->controls)
        return FATE_UNRECORDED;
    item->is_healed = is_acked;
    s->unsure = has_joined_copy(passage, item);
    s->maybe = !is_known_lost(j, item);
    return FATE_LOST;
}

/* When it came, the sender had gone on as if it had not been sent. */
static bool is_contradicted(const struct judging *j,
                            const struct passage_item *item)
{
    const struct passage *passage = j->passage;
    nanos last = item->controls & TCP_RST ? j->last_plain : j->last_bare;

    if (item->is_other)
        return true;
    return passage_is_timed(passage) && last != NANOS_NEVER &&
           last >
               nanos_after(passage_back(passage,
                                        passage_segment(passage, item)->time),
                           passage->error);
}

static enum fate fate_of_came(struct judging *j,
                              const struct passage_item *item)
{
    struct passage *passage = j->passage;
    struct trace_segment *s = passage_segment(passage, item);

    if (is_marked(passage, item) && has_joined_copy(passage, item))
        return FATE_DUPLICATE;
    if (!is_in_time(j, item))
        return FATE_OUTSIDE;
    if (item->end == item->start && !(item->controls & TCP_RST))
        return FATE_UNRECORDED;
    if (item->end > item->start && !item->is_other &&
        (j->sent_end >= item->end || has_all(j, SENT, item)))
        return FATE_UNRECORDED;
    s->maybe = !is_contradicted(j, item);
    return FATE_INJECTED;
}

static void judge(struct judging *j, struct passage_item *item)
{
    struct passage *passage = j->passage;
    struct trace_segment *s = passage_segment(passage, item);
    enum passage_end lacking = item->at == SENT ? CAME : SENT;
    enum fate fate = FATE_UNRECORDED;

    if (item->is_joined) {
        if (s->fate != FATE_RECUT)
            s->fate = FATE_PAIRED;
        return;
    }
    if (passage->joined && !passage->is_tangled)
        fate = item->at == SENT ? fate_of_sent(j, item) : fate_of_came(j, item);
    s->fate = (uint8_t)fate;
    j->unrecorded[lacking] += fate == FATE_UNRECORDED;
}

void passage_judge(struct passage *passage, const struct passage_world *world)
{
    struct judging j = {.passage = passage, .world = world};

    find_ranges(&j, SENT);
    find_ranges(&j, CAME);
    find_last(&j);
    /* What takes numbers tells of the captures, and that of all else. */
    for (unsigned rest = 0; rest < 2; rest++) {
        for (size_t i = 0; i < passage->items; i++) {
            if ((passage->item[i].end == passage->item[i].start) == rest)
                judge(&j, &passage->item[i]);
        }
    }
    free(j.range[SENT]);
    free(j.range[CAME]);
}
