#include "compare/passage.h"

#include "base/arena.h"
#include "base/hash.h"

#include <math.h>
#include <stdlib.h>

/* One number in this many may differ where the path leaves them alone: a copy
 * was recorded at each end, and they are not the same one. */
enum {
    RARELY = 8
};

/* How exactly packets are stamped; and what a clock may be off for a while. */
#define STAMPING (50 * NANOS_PER_MILLI / 1000)

struct trace_segment *passage_segment(const struct passage *passage,
                                      const struct passage_item *item)
{
    return &passage->trace[item->at]->segment[item->segment];
}

bool passage_is_timed(const struct passage *passage)
{
    return passage->clock && clock_is_known(passage->clock);
}

nanos passage_there(const struct passage *passage, nanos sent)
{
    return passage->way == WAY_UP ? clock_there(passage->clock, sent)
                                  : clock_here(passage->clock, sent);
}

nanos passage_back(const struct passage *passage, nanos came)
{
    return passage->way == WAY_UP ? clock_here(passage->clock, came)
                                  : clock_there(passage->clock, came);
}

/* Order of time, of what is alike. */
static int by_segment(const struct passage_item *a,
                      const struct passage_item *b)
{
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->segment > b->segment) - (a->segment < b->segment);
}

static bool is_bare(const struct passage_item *item)
{
    return item->start == item->end && item->controls == 0;
}

/* The same bytes, or the same acknowledgement. */
static int by_place(const struct passage_item *a, const struct passage_item *b)
{
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    if (a->controls != b->controls)
        return a->controls < b->controls ? -1 : 1;
    if (is_bare(a) && a->ack != b->ack)
        return a->ack < b->ack ? -1 : 1;
    return 0;
}

static int by_likeness(const void *left, const void *right)
{
    const struct passage_item *a = left;
    const struct passage_item *b = right;
    int order = by_place(a, b);

    if (order == 0 && a->same != b->same)
        order = a->same < b->same ? -1 : 1;
    return order ? order : by_segment(a, b);
}

void passage_sort(struct passage *passage)
{
    if (passage->items)
        qsort(passage->item, passage->items, sizeof *passage->item,
              by_likeness);
}

void passage_close(struct passage *passage)
{
    free(passage->item);
    free(passage->ack);
}

/* How many of the items from `at` on are at the same place. */
static size_t count_group(const struct passage *passage, size_t at,
                          bool also_same)
{
    const struct passage_item *first = &passage->item[at];
    size_t count = 1;

    while (at + count < passage->items &&
           by_place(first, &passage->item[at + count]) == 0 &&
           (!also_same || first->same == passage->item[at + count].same))
        count++;
    return count;
}

/* Two of a group, one of each end: they are one, unless each capture lacks
 * another copy. */
static bool is_single(const struct passage *passage, size_t at, size_t count)
{
    return count == 2 && passage->item[at].at == SENT &&
           passage->item[at + 1].at == CAME;
}

struct tally {
    unsigned equal;
    unsigned other;
};

static void count_equal(struct tally *tally, bool counts, bool equal)
{
    tally->equal += counts && equal;
    tally->other += counts && !equal;
}

static bool is_kept(const struct tally *tally)
{
    return tally->equal > 0 && tally->other <= tally->equal / RARELY;
}

static struct kept find_kept(const struct passage *passage)
{
    struct tally id = {0}, timestamp = {0}, window = {0}, ack = {0};
    size_t count;

    for (size_t i = 0; i < passage->items; i += count) {
        const struct trace_segment *a, *b;

        count = count_group(passage, i, false);
        if (!is_single(passage, i, count))
            continue;
        a = passage_segment(passage, &passage->item[i]);
        b = passage_segment(passage, &passage->item[i + 1]);
        count_equal(&id, a->ip_id && b->ip_id, a->ip_id == b->ip_id);
        count_equal(&timestamp, a->has_timestamp && b->has_timestamp,
                    a->timestamp == b->timestamp && a->echo == b->echo);
        count_equal(&window, true, a->window == b->window);
        count_equal(&ack, true,
                    passage->item[i].ack == passage->item[i + 1].ack);
    }
    return (struct kept){
        .ip_id = is_kept(&id),
        .timestamp = is_kept(&timestamp),
        .window = is_kept(&window),
        .ack = is_kept(&ack),
    };
}

static void tell_apart(struct passage *passage)
{
    for (size_t i = 0; i < passage->items; i++) {
        struct passage_item *item = &passage->item[i];
        const struct trace_segment *s = passage_segment(passage, item);
        uint64_t same = 0;

        if (passage->kept.ip_id)
            same = hash_mix(same, s->ip_id);
        if (passage->kept.timestamp && s->has_timestamp)
            same = hash_mix(same, (uint64_t)s->timestamp << 32 | s->echo);
        if (passage->kept.window)
            same = hash_mix(same, s->window);
        if (passage->kept.ack)
            same = hash_mix(same, item->ack);
        item->same = same;
    }
    passage_sort(passage);
}

/* The next segment from `at` on that can be mistaken for no other; false: there
 * is none. `kept` is what the path keeps. */
static bool next_single(const struct passage *passage, const struct kept *kept,
                        size_t *at, const struct trace_segment *of[2])
{
    while (*at < passage->items) {
        size_t count = count_group(passage, *at, false);
        size_t i = *at;

        *at += count;
        if (!is_single(passage, i, count))
            continue;
        of[SENT] = passage_segment(passage, &passage->item[i]);
        of[CAME] = passage_segment(passage, &passage->item[i + 1]);
        if (!(kept->ip_id && of[SENT]->ip_id != of[CAME]->ip_id) &&
            !(kept->timestamp && of[SENT]->timestamp != of[CAME]->timestamp) &&
            !(of[SENT]->flags & TCP_RST))
            return true;
    }
    return false;
}

void passage_tell_clock(const struct passage *passage, struct clock *clock)
{
    struct kept kept = find_kept(passage);
    const struct trace_segment *of[2];
    size_t at = 0;

    while (next_single(passage, &kept, &at, of)) {
        if (passage->way == WAY_UP)
            clock_take(clock, of[SENT]->time, of[CAME]->time, false);
        else
            clock_take(clock, of[CAME]->time, of[SENT]->time, true);
    }
}

struct passage_lean passage_lean(const struct passage *passage)
{
    struct kept kept = find_kept(passage);
    struct passage_lean lean = {.earliest = INT64_MAX, .latest = INT64_MIN + 1};
    const struct trace_segment *of[2];
    size_t at = 0;

    while (next_single(passage, &kept, &at, of)) {
        nanos apart = nanos_between(of[SENT]->time, of[CAME]->time);

        lean.segments++;
        lean.hops += of[SENT]->ttl - of[CAME]->ttl;
        if (apart < lean.earliest)
            lean.earliest = apart;
        if (apart > lean.latest)
            lean.latest = apart;
    }
    return lean;
}

bool passage_is_causal(const struct passage *passage,
                       const struct passage_item *sent,
                       const struct passage_item *came)
{
    return !passage_is_timed(passage) ||
           nanos_between(passage_there(passage,
                                       passage_segment(passage, sent)->time),
                         passage_segment(passage, came)->time) >=
               -passage->error - STAMPING;
}

bool passage_fits(const struct passage *passage,
                  const struct passage_item *sent,
                  const struct passage_item *came)
{
    const struct trace_segment *a = passage_segment(passage, sent);
    const struct trace_segment *b = passage_segment(passage, came);
    bool as_far = !passage->has_hops || a->ttl - b->ttl == passage->hops;

    if (!passage_is_causal(passage, sent, came) ||
        (passage->kept.ip_id && a->ip_id && b->ip_id && a->ip_id != b->ip_id) ||
        (passage->kept.timestamp && a->has_timestamp && b->has_timestamp &&
         (a->timestamp != b->timestamp || a->echo != b->echo)))
        return false;
    if (sent->controls & TCP_RST)
        return as_far && a->window == b->window;
    if (a->has_whole && b->has_whole && a->whole != b->whole)
        return as_far;
    return true;
}

static void note_hops(struct passage *passage, int hops)
{
    if (passage->hops_vary)
        return;
    passage->hops_vary = passage->has_hops && passage->hops != hops;
    passage->has_hops = !passage->hops_vary;
    passage->hops = hops;
}

static void note_joined(struct passage *passage,
                        const struct passage_item *item)
{
    if (!passage->joined || item->segment < passage->first_joined[item->at])
        passage->first_joined[item->at] = item->segment;
    if (!passage->joined || item->segment > passage->last_joined[item->at])
        passage->last_joined[item->at] = item->segment;
}

void passage_link(struct passage *passage, struct passage_item *sent,
                  struct passage_item *came, bool unsure)
{
    struct trace_segment *a = passage_segment(passage, sent);
    struct trace_segment *b = passage_segment(passage, came);

    a->peer = came->segment;
    b->peer = sent->segment;
    a->unsure = b->unsure = unsure;
    sent->is_joined = came->is_joined = true;
    note_joined(passage, sent);
    note_joined(passage, came);
    passage->joined++;
    if (passage_is_timed(passage)) {
        nanos delay = nanos_between(passage_there(passage, a->time), b->time);

        passage->longest = delay > passage->longest ? delay : passage->longest;
    }
}

/*
 * Items of one look: as many as were sent came, or the latest that can have
 * come in time did. Copies are sent further apart than a path holds one, as a
 * rule, and nothing is sure.
 */
static void join_same(struct passage *passage, size_t at, size_t count)
{
    struct passage_item *item = &passage->item[at];
    size_t sents = 0;
    size_t s, c;
    bool unsure;

    while (sents < count && item[sents].at == SENT)
        sents++;
    unsure = sents != count - sents;
    for (s = sents, c = count; s > 0 && c > sents; c--) {
        while (s > 0 && !passage_is_causal(passage, &item[s - 1], &item[c - 1]))
            s--;
        if (s == 0)
            break;
        note_hops(passage, passage_segment(passage, &item[s - 1])->ttl -
                               passage_segment(passage, &item[c - 1])->ttl);
        passage_link(passage, &item[s - 1], &item[c - 1], unsure);
        s--;
    }
}

/* Those of one place that are left, in order: what fits, though it changed. */
static void join_rest(struct passage *passage, size_t at, size_t count)
{
    struct passage_item *sent = &passage->item[at];
    struct passage_item *came = sent;
    struct passage_item *end = sent + count;
    bool is_only = count == 2;

    while (sent < end && came < end) {
        bool skips_sent = sent->at != SENT || sent->is_joined;
        bool skips_came = came->at != CAME || came->is_joined;

        if (!skips_sent && !skips_came && passage_fits(passage, sent, came))
            passage_link(passage, sent++, came++, !is_only);
        else if (skips_sent ||
                 (!skips_came && passage_is_causal(passage, sent, came)))
            sent++;
        else
            came++;
    }
}

/* The error of the offset, and what the drift may add until the end. */
static nanos error_of(const struct clock *clock)
{
    double lasts = (double)clock->width * CLOCK_BINS_KEPT;
    double off = fmax(clock->drift_most - clock->drift,
                      clock->drift - clock->drift_least);

    if (clock->state != CLOCK_ALIGNED)
        return 0;
    return nanos_after(clock->error, (nanos)fmin(lasts * off, 1e18));
}

void passage_join(struct passage *passage, const struct clock *clock)
{
    size_t count;

    passage->clock = clock;
    passage->error = error_of(clock);
    passage->kept = find_kept(passage);
    tell_apart(passage);
    for (size_t i = 0; i < passage->items; i += count) {
        count = count_group(passage, i, true);
        join_same(passage, i, count);
    }
    for (size_t i = 0; i < passage->items; i += count) {
        count = count_group(passage, i, false);
        join_rest(passage, i, count);
    }
}
