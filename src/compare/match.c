#include "compare/match.h"

#include "base/arena.h"
#include "base/hash.h"
#include "wire/endpoint.h"

#include <stdlib.h>

enum {
    VOTES_ENOUGH = 64,
    CANDIDATES_MOST = 8,
    ALIKE_MOST = 4,      /* segments of one look: more of them say nothing */
    CLEARLY_MORE = 4,    /* times the votes of the next best */
    SHIFTED_LEAST = 2,   /* votes for a connection with other numbers */
    SHIFTED_CERTAIN = 4, /* the same, when timestamps say it */
    TELLING_MUCH = 16,   /* the same, where it is nearly all there is */
    BY_HAND = 1 << 16,
    TELLING = 4 /* bytes that a payload must have for it */
};

/* A segment by what both captures have of it, if they both have it. */
struct look {
    uint64_t key;
    uint32_t segment;
};

struct index {
    struct look *look; /* owned, by key */
    size_t looks;
};

typedef bool look_key(const struct trace *trace, const struct trace_segment *s,
                      uint64_t *key);

/* With the same sequence numbers at both ends. */
static bool same_key(const struct trace *trace, const struct trace_segment *s,
                     uint64_t *key)
{
    const uint8_t controls = s->flags & (TCP_SYN | TCP_FIN | TCP_RST);
    uint64_t sum = trace->seed;

    if (trace_span(s) == 0 || !s->has_head)
        return false;
    sum = hash_mix(sum, (uint64_t)s->seq << 32 | s->ack);
    sum = hash_mix(sum, (uint64_t)s->length << 32 | s->head);
    if ((s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        sum = hash_mix(sum, (uint64_t)s->timestamp << 8 | s->scale);
    *key = hash_mix(sum, controls);
    return true;
}

/* Whatever its sequence numbers are. */
static bool other_key(const struct trace *trace, const struct trace_segment *s,
                      uint64_t *key)
{
    uint64_t sum = trace->seed;

    if (s->length < TELLING || !s->has_head ||
        (!s->has_timestamp && s->ip_id == 0))
        return false;
    if (s->has_timestamp)
        sum = hash_mix(sum, (uint64_t)s->timestamp << 32 | s->echo);
    else
        sum = hash_mix(sum, (uint64_t)s->ip_id << 16 | s->window);
    *key = hash_mix(sum, (uint64_t)s->length << 32 | s->head);
    return true;
}

static int by_key(const void *left, const void *right)
{
    const struct look *a = left;
    const struct look *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->segment > b->segment) - (a->segment < b->segment);
}

/* Which connection each segment of a trace is of; the caller frees it. */
static uint32_t *list_owners(const struct trace *trace)
{
    uint32_t *owner = must_calloc(trace->segments + 1u, sizeof *owner);

    for (uint32_t c = 0; c < trace->connections; c++) {
        uint32_t at = trace->connection[c].first;

        for (; at != TRACE_NONE; at = trace->segment[at].next)
            owner[at] = c;
    }
    return owner;
}

static struct index make_index(const struct trace *trace, const uint32_t *owner,
                               look_key *key_of)
{
    struct index index = {
        .look = must_calloc(trace->segments + 1u, sizeof *index.look)};

    for (uint32_t i = 0; i < trace->segments; i++) {
        uint64_t key;

        if (trace->connection[owner[i]].is_paired ||
            !key_of(trace, &trace->segment[i], &key))
            continue;
        index.look[index.looks++] = (struct look){key, i};
    }
    qsort(index.look, index.looks, sizeof *index.look, by_key);
    return index;
}

/* The first of that key; `count` of them. */
static const struct look *find_looks(const struct index *index, uint64_t key,
                                     size_t *count)
{
    size_t low = 0;
    size_t high = index->looks;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (index->look[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < index->looks && *count <= ALIKE_MOST &&
           index->look[low + *count].key == key)
        ++*count;
    return &index->look[low];
}

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
    struct index index;
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
        look = find_looks(&m->index, key, &count);
        if (count > ALIKE_MOST)
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

/* The one that the votes are for, of ->connection[0]. False: none, or it is
 * not clear which. */
static bool choose(const struct matching *m, struct candidates *all,
                   struct match *chosen)
{
    uint32_t connection = chosen->connection[0];
    const struct candidate *best = NULL;
    bool numbers_differ = m->key_of == other_key;

    for (uint32_t i = 0; i < all->count; i++) {
        struct candidate *c = &all->candidate[i];

        c->match.connection[0] = connection;
        c->match.translated = is_translated(m->trace, &c->match);
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
    if (numbers_differ ? best->by_time && chosen->votes >= SHIFTED_CERTAIN
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
    uint32_t *owner = list_owners(&trace[1]);
    uint32_t *claim =
        must_realloc(NULL, trace[1].connections + 1u, sizeof *claim);
    struct matching m = {.trace = trace, .owner = owner, .key_of = key_of};
    uint32_t kept = all->count;

    memset(claim, 0xff, trace[1].connections * sizeof *claim);
    m.index = make_index(&trace[1], owner, key_of);
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

    match_by(trace, same_key, &all);
    match_by(trace, other_key, &all);
    qsort(all.match, all.count, sizeof *all.match, by_connection);
    for (uint32_t c = 0; c < trace[0].connections; c++)
        all.ambiguous += trace[0].connection[c].is_ambiguous &&
                         !trace[0].connection[c].is_paired;
    return all;
}
