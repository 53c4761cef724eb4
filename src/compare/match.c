#include "compare/match.h"

#include "base/arena.h"
#include "compare/look.h"
#include "wire/endpoint.h"

#include <stdlib.h>

enum {
    VOTES_ENOUGH = 64,
    CANDIDATES_MOST = 8,
    CLEARLY_MORE = 4,    /* times the votes of the next best */
    SHIFTED_LEAST = 2,   /* votes for a connection with other numbers */
    SHIFTED_CERTAIN = 4, /* the same, when timestamps say it */
    TELLING_MUCH = 16,   /* the same, where it is nearly all there is */
    BY_HAND = 1 << 16
};

struct candidate {
    struct match match;
    bool has_shift[2];
    bool by_time;    /* timestamps were the same */
    bool is_telling; /* so much was the same that it is no chance */
};

struct candidates {
    struct candidate candidate[CANDIDATES_MOST];
    uint32_t count;
};

/* Room is found for the first few: a connection that fits more is ambiguous
 * with them already. */
static struct candidate *candidate_for(struct candidates *all, uint32_t other,
                                       bool turned)
{
    struct candidate *c = all->candidate;

    for (; c < all->candidate + all->count; c++) {
        if (c->match.connection[1] == other && c->match.turned == turned)
            return c;
    }
    if (all->count == CANDIDATES_MOST)
        return NULL;
    all->count++;
    *c = (struct candidate){0};
    c->match.connection[1] = other;
    c->match.turned = turned;
    return c;
}

/* The shift of one direction; false: it is another than before. */
static bool take_shift(struct candidate *c, unsigned from, uint32_t shift)
{
    if (c->has_shift[from])
        return c->match.shift[from] == shift;
    c->has_shift[from] = true;
    c->match.shift[from] = shift;
    return true;
}

/*
 * A number that a host has chosen at random, and more that is the same with it.
 * What is made by hand begins at small numbers, everywhere.
 */
static bool is_telling(const struct trace_segment *s)
{
    return s->seq >= BY_HAND &&
           (s->length >= TELLING_MUCH || (s->has_timestamp && s->timestamp) ||
            ((s->flags & TCP_SYN) && s->ack >= BY_HAND));
}

static void vote(struct candidates *all, const struct trace_segment *a,
                 const struct trace_segment *b, uint32_t other)
{
    struct candidate *c = candidate_for(all, other, a->from != b->from);

    if (!c || !take_shift(c, a->from, b->seq - a->seq))
        return;
    if ((a->flags & b->flags & TCP_ACK) &&
        !take_shift(c, !a->from, b->ack - a->ack))
        return;
    c->is_telling |= is_telling(a);
    c->by_time |= a->has_timestamp && b->has_timestamp;
    c->match.votes++;
}

static bool is_translated(const struct trace trace[2],
                          const struct match *match)
{
    const struct endpoint *a =
        trace[0].connection[match->connection[0]].endpoint;
    const struct endpoint *b =
        trace[1].connection[match->connection[1]].endpoint;

    return !endpoint_same(&a[0], &b[match->turned]) ||
           !endpoint_same(&a[1], &b[!match->turned]);
}

struct matching {
    struct trace *trace; /* both */
    const uint32_t *owner;
    struct look_index index;
    look_key *key_of;
};

static void collect(const struct matching *m, uint32_t connection,
                    struct candidates *all)
{
    const struct trace *trace = m->trace;
    uint32_t at = trace[0].connection[connection].first;

    for (; at != TRACE_NONE; at = trace[0].segment[at].next) {
        const struct trace_segment *a = &trace[0].segment[at];
        const struct look *look;
        uint64_t key;
        size_t count;

        if (!m->key_of(&trace[0], a, &key))
            continue;
        look = look_find(&m->index, key, &count);
        if (count > LOOK_ALIKE_MOST)
            continue;
        for (size_t i = 0; i < count; i++)
            vote(all, a, &trace[1].segment[look[i].segment],
                 m->owner[look[i].segment]);
        if (all->count == 1 && all->candidate[0].match.votes >= VOTES_ENOUGH)
            return;
    }
}

/* That of the same ports; else that of more votes. */
static bool is_better(const struct match *a, const struct match *b)
{
    if (a->translated != b->translated)
        return b->translated;
    return a->votes > b->votes;
}

static bool is_clear(const struct match *best, const struct match *next)
{
    return (!best->translated && next->translated) ||
           best->votes >= next->votes * CLEARLY_MORE;
}

/* The first segment of an end that has a SYN; else, that takes any number;
 * NULL: none does. */
static const struct trace_segment *first_of(const struct trace *trace,
                                            uint32_t connection, unsigned from)
{
    const struct trace_segment *found = NULL;
    uint32_t at = trace->connection[connection].first;

    for (; at != TRACE_NONE; at = trace->segment[at].next) {
        const struct trace_segment *s = &trace->segment[at];

        if (s->from != from || trace_span(s) == 0)
            continue;
        if (s->flags & TCP_SYN)
            return s;
        found = found ? found : s;
    }
    return found;
}

/*
 * How far apart the numbers of an end are of which no segment was asked, by its
 * SYNs. False: that cannot be known, though both traces have numbers of it.
 */
static bool complete_shift(const struct trace *trace, struct candidate *c,
                           unsigned from)
{
    const struct trace_segment *a, *b;

    if (c->has_shift[from])
        return true;
    a = first_of(&trace[0], c->match.connection[0], from);
    b = first_of(&trace[1], c->match.connection[1], from ^ c->match.turned);
    if (!a || !b)
        return true;
    if (!(a->flags & b->flags & TCP_SYN))
        return false;
    c->match.shift[from] = b->seq - a->seq;
    return true;
}

/* The one that the votes are for, of ->connection[0]. False: none, or it is
 * not clear which. */
static bool choose(const struct matching *m, struct candidates *all,
                   struct match *chosen)
{
    uint32_t connection = chosen->connection[0];
    const struct candidate *best = NULL;
    bool numbers_differ = m->key_of == look_other;

    for (uint32_t i = 0; i < all->count; i++) {
        struct candidate *c = &all->candidate[i];

        c->match.connection[0] = connection;
        c->match.translated = is_translated(m->trace, &c->match);
        if (!complete_shift(m->trace, c, 0) || !complete_shift(m->trace, c, 1))
            continue;
        c->match.shifted = c->match.shift[0] || c->match.shift[1];
        if (c->match.translated && !numbers_differ && !c->is_telling)
            continue;
        if (numbers_differ && (c->match.votes < SHIFTED_LEAST ||
                               !c->has_shift[0] || !c->has_shift[1]))
            continue;
        if (!best || is_better(&c->match, &best->match))
            best = c;
    }
    for (uint32_t i = 0; best && i < all->count; i++) {
        const struct candidate *c = &all->candidate[i];

        if (c != best && !is_clear(&best->match, &c->match)) {
            m->trace[0].connection[chosen->connection[0]].is_ambiguous = true;
            return false;
        }
    }
    if (!best || best->match.votes == 0)
        return false;
    *chosen = best->match;
    chosen->confidence = CONFIDENCE_LIKELY;
    if (chosen->shifted ? best->by_time && chosen->votes >= SHIFTED_CERTAIN
                        : !chosen->translated || chosen->votes > 1)
        chosen->confidence = CONFIDENCE_CERTAIN;
    return true;
}

/*
 * Two connections of the first trace may claim the same one: before and behind
 * a NAT, when it recorded both. `claim` has which match each connection of the
 * second trace went to, and TRACE_NONE for nobody.
 */
static void stake(struct trace *trace, struct matches *all, uint32_t *claim,
                  const struct match *match)
{
    uint32_t *mine = &claim[match->connection[1]];
    struct match *old;

    if (*mine == TRACE_NONE) {
        *mine = all->count;
        all->match[all->count++] = *match;
        return;
    }
    old = &all->match[*mine];
    if (old->votes && is_clear(old, match) && !is_clear(match, old))
        return;
    if (old->votes && is_clear(match, old) && !is_clear(old, match)) {
        *old = *match;
        return;
    }
    trace->connection[match->connection[0]].is_ambiguous = true;
    trace->connection[old->connection[0]].is_ambiguous = true;
    old->votes = 0; /* nobody's */
}

static void match_by(struct trace trace[2], look_key *key_of,
                     struct matches *all)
{
    uint32_t *owner = look_owners(&trace[1]);
    uint32_t *claim =
        must_realloc(NULL, trace[1].connections + 1u, sizeof *claim);
    struct matching m = {.trace = trace, .owner = owner, .key_of = key_of};
    uint32_t kept = all->count;

    memset(claim, 0xff, trace[1].connections * sizeof *claim);
    m.index = look_index(&trace[1], owner, key_of);
    for (uint32_t c = 0; c < trace[0].connections; c++) {
        struct candidates candidates = {.count = 0};
        struct match match = {.connection = {c}};

        if (trace[0].connection[c].is_paired)
            continue;
        collect(&m, c, &candidates);
        if (choose(&m, &candidates, &match))
            stake(trace, all, claim, &match);
    }
    for (uint32_t i = kept; i < all->count; i++) {
        const struct match *match = &all->match[i];

        if (match->votes == 0)
            continue;
        trace[0].connection[match->connection[0]].is_paired = true;
        trace[1].connection[match->connection[1]].is_paired = true;
        all->match[kept++] = *match;
    }
    all->count = kept;
    free(m.index.look);
    free(claim);
    free(owner);
}

static int by_connection(const void *left, const void *right)
{
    const struct match *a = left;
    const struct match *b = right;

    return (a->connection[0] > b->connection[0]) -
           (a->connection[0] < b->connection[0]);
}

struct matches match_connections(struct trace trace[2])
{
    struct matches all = {
        .match = must_calloc(trace[0].connections + 1u, sizeof *all.match)};

    match_by(trace, look_same, &all);
    match_by(trace, look_other, &all);
    qsort(all.match, all.count, sizeof *all.match, by_connection);
    for (uint32_t c = 0; c < trace[0].connections; c++)
        all.ambiguous += trace[0].connection[c].is_ambiguous &&
                         !trace[0].connection[c].is_paired;
    return all;
}
