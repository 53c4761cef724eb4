/*
 * A datagram is a flat buffer and a bit for each of its 8-byte units that
 * has come: offsets are multiples of 8, so no finer account is needed, and
 * overlaps cost nothing. One that was given out stays for a moment without
 * its buffer, so that mirrored copies of its fragments do not start anew.
 */
#include "wire/fragments.h"

#include "base/arena.h"
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

enum {
    UNIT = 8,
    DATAGRAM_SIZE_MAX = 65535,
    UNITS_MAX = DATAGRAM_SIZE_MAX / UNIT + 1,
    DATAGRAMS_MAX = 512
};

#define TIME_LIMIT (30 * NANOS_PER_SECOND) /* as Linux: ipfrag_time */
#define COPY_LIMIT (100 * NANOS_PER_MILLI)

struct fragment_key {
    struct address source;
    struct address destination;
    uint32_t id;
    uint8_t protocol; /* RFC 791 only; RFC 8200 leaves it out */
};

struct partial {
    struct fragment_key key;
    bool whole;
    bool has_total;
    uint8_t protocol;
    uint32_t total;        /* size of the datagram, if has_total */
    uint32_t highest;      /* end of the furthest fragment */
    uint32_t recorded;     /* nothing behind this may be given out as bytes */
    uint32_t units;        /* units that have come */
    uint32_t fragments;    /* fragments held in it */
    size_t room;           /* size of bytes */
    uint8_t *bytes;        /* owned; NULL once whole */
    uint8_t *unit_is_here; /* UNITS_MAX bits; owned; NULL once whole */
};

struct fragments {
    size_t budget;
    size_t held;
    uint64_t joined;
    uint64_t lost;
    uint64_t waiting;
    uint8_t *given; /* the bytes of the last whole datagram */
    uint64_t seed;
    nanos swept; /* when expired ones were looked for last */
    size_t count;
    /* Of each datagram, apart because every fragment looks through them: a
     * digest of the key, and the time of the fragment that came first; of the
     * one that came last, once it is whole. */
    uint32_t digest[DATAGRAMS_MAX];
    nanos since[DATAGRAMS_MAX];
    struct partial partial[DATAGRAMS_MAX];
};

struct fragments *fragments_new(size_t budget)
{
    struct fragments *fragments = must_calloc(1, sizeof *fragments);

    fragments->budget = budget;
    fragments->seed = hash_seed();
    return fragments;
}

static void drop_buffers(struct fragments *fragments, struct partial *partial)
{
    if (partial->bytes)
        fragments->held -= partial->room + UNITS_MAX / 8;
    free(partial->bytes);
    free(partial->unit_is_here);
    partial->bytes = NULL;
    partial->unit_is_here = NULL;
    partial->room = 0;
}

/* Forgets a datagram; the last of the table takes its place. */
static void forget(struct fragments *fragments, struct partial *partial)
{
    size_t at = (size_t)(partial - fragments->partial);

    if (!partial->whole) {
        fragments->waiting -= partial->fragments;
        fragments->lost += partial->fragments;
    }
    drop_buffers(fragments, partial);
    *partial = fragments->partial[--fragments->count];
    fragments->digest[at] = fragments->digest[fragments->count];
    fragments->since[at] = fragments->since[fragments->count];
}

void fragments_free(struct fragments *fragments)
{
    if (!fragments)
        return;
    while (fragments->count)
        forget(fragments, fragments->partial);
    free(fragments->given);
    free(fragments);
}

static struct partial *oldest(struct fragments *fragments)
{
    size_t found = 0;

    for (size_t i = 1; i < fragments->count; i++) {
        if (fragments->since[i] < fragments->since[found])
            found = i;
    }
    return &fragments->partial[found];
}

static bool is_expired(const struct fragments *fragments, size_t i, nanos now)
{
    nanos age = nanos_between(fragments->since[i], now);

    return age > (fragments->partial[i].whole ? COPY_LIMIT : TIME_LIMIT);
}

/* Now and then: one that is found is looked at by itself. */
static void forget_expired(struct fragments *fragments, nanos now)
{
    nanos passed = nanos_between(fragments->swept, now);

    if (passed >= 0 && passed < COPY_LIMIT)
        return;
    fragments->swept = now;
    for (size_t i = fragments->count; i > 0; i--) {
        if (is_expired(fragments, i - 1, now))
            forget(fragments, &fragments->partial[i - 1]);
    }
}

static struct fragment_key key_of(const struct fragment *fragment)
{
    struct fragment_key key = {
        .source = *fragment->source,
        .destination = *fragment->destination,
        .id = fragment->id,
    };

    if (fragment->source->version == 4)
        key.protocol = fragment->protocol;
    return key;
}

/* An address has no padding, so its bytes are all there is to it. */
static bool is_same_key(const struct fragment_key *a,
                        const struct fragment_key *b)
{
    return a->id == b->id && a->protocol == b->protocol &&
           memcmp(&a->source, &b->source, sizeof a->source) == 0 &&
           memcmp(&a->destination, &b->destination, sizeof a->source) == 0;
}

static uint64_t mix_address(uint64_t digest, const struct address *address)
{
    uint64_t half[2];

    memcpy(half, address->byte, sizeof half);
    return hash_mix(digest ^ half[0], half[1]);
}

static uint32_t digest_of(const struct fragments *fragments,
                          const struct fragment_key *key)
{
    uint64_t digest = fragments->seed ^ key->id;

    digest = mix_address(digest, &key->source);
    digest = mix_address(digest, &key->destination);
    return (uint32_t)hash_mix(digest, key->protocol);
}

static struct partial *find(struct fragments *fragments,
                            const struct fragment_key *key, nanos now)
{
    uint32_t digest = digest_of(fragments, key);

    for (size_t i = 0; i < fragments->count; i++) {
        struct partial *partial = &fragments->partial[i];

        if (fragments->digest[i] != digest || !is_same_key(&partial->key, key))
            continue;
        if (!is_expired(fragments, i, now))
            return partial;
        forget(fragments, partial);
        return NULL;
    }
    return NULL;
}

static struct partial *start(struct fragments *fragments,
                             const struct fragment_key *key, nanos time)
{
    struct partial *partial;

    if (fragments->count == DATAGRAMS_MAX)
        forget(fragments, oldest(fragments));
    partial = &fragments->partial[fragments->count];
    memset(partial, 0, sizeof *partial);
    partial->key = *key;
    fragments->digest[fragments->count] = digest_of(fragments, key);
    fragments->since[fragments->count++] = time;
    partial->recorded = UINT32_MAX;
    partial->unit_is_here = must_calloc(UNITS_MAX / 8, 1);
    return partial;
}

/*
 * Whether the fragment can be part of the datagram: RFC 791 ends every
 * fragment but the last at a unit, and nothing may lie behind the last.
 */
static bool is_plausible(const struct partial *partial,
                         const struct fragment *fragment, uint32_t size)
{
    uint64_t end = (uint64_t)fragment->offset + size;

    if (size == 0 || fragment->offset % UNIT != 0 || end > DATAGRAM_SIZE_MAX)
        return false;
    if (fragment->more)
        return size % UNIT == 0 &&
               !(partial && partial->has_total && end > partial->total);
    if (!partial)
        return true;
    return end >= partial->highest &&
           !(partial->has_total && end != partial->total);
}

static void make_room(struct fragments *fragments, struct partial *partial,
                      uint32_t end)
{
    size_t room = ((size_t)end + UNIT - 1) / UNIT * UNIT;

    if (room <= partial->room)
        return;
    if (!partial->bytes)
        fragments->held += UNITS_MAX / 8;
    fragments->held += room - partial->room;
    partial->bytes = must_realloc(partial->bytes, room, 1);
    memset(partial->bytes + partial->room, 0, room - partial->room);
    partial->room = room;
}

static bool mark_unit(struct partial *partial, uint32_t unit)
{
    uint8_t bit = (uint8_t)(1u << (unit % 8));

    if (partial->unit_is_here[unit / 8] & bit)
        return false;
    partial->unit_is_here[unit / 8] |= bit;
    partial->units++;
    return true;
}

static void store(struct partial *partial, const struct fragment *fragment,
                  uint32_t size)
{
    struct span bytes = fragment->bytes;
    uint32_t end = fragment->offset + size;
    uint32_t recorded = fragment->offset + (uint32_t)bytes.size;

    for (uint32_t at = fragment->offset; at < end; at += UNIT) {
        struct span unit = span_head(bytes, UNIT);

        bytes = span_skip(bytes, UNIT);
        if (mark_unit(partial, at / UNIT) && unit.size)
            memcpy(partial->bytes + at, unit.at, unit.size);
    }
    if (recorded < end && recorded < partial->recorded)
        partial->recorded = recorded;
    if (end > partial->highest)
        partial->highest = end;
    if (fragment->offset == 0)
        partial->protocol = fragment->protocol;
    if (!fragment->more) {
        partial->has_total = true;
        partial->total = end;
    }
    partial->fragments++;
}

static bool is_whole(const struct partial *partial)
{
    return partial->has_total &&
           partial->units == (partial->total + UNIT - 1) / UNIT;
}

static void give(struct fragments *fragments, struct partial *partial,
                 nanos time, struct datagram *datagram)
{
    uint32_t recorded = partial->recorded;

    if (recorded > partial->total)
        recorded = partial->total;
    free(fragments->given);
    fragments->given = partial->bytes;
    fragments->held -= partial->room + UNITS_MAX / 8;
    partial->bytes = NULL;
    datagram->bytes = (struct span){fragments->given, recorded};
    datagram->absent = partial->total - recorded;
    datagram->protocol = partial->protocol;

    fragments->waiting -= partial->fragments;
    fragments->joined += partial->fragments - 1;
    partial->whole = true;
    fragments->since[partial - fragments->partial] = time;
    drop_buffers(fragments, partial);
}

/* The oldest go; the newest, which has just come, may go as the last. */
static void keep_budget(struct fragments *fragments)
{
    while (fragments->held > fragments->budget && fragments->count)
        forget(fragments, oldest(fragments));
}

enum fragment_outcome fragments_take(struct fragments *fragments,
                                     const struct fragment *fragment,
                                     struct datagram *datagram)
{
    struct fragment_key key = key_of(fragment);
    uint64_t size = (uint64_t)fragment->bytes.size + fragment->absent;
    struct partial *partial;

    forget_expired(fragments, fragment->time);
    partial = find(fragments, &key, fragment->time);
    if (partial && partial->whole)
        return FRAGMENT_COPY;
    if (size > DATAGRAM_SIZE_MAX ||
        !is_plausible(partial, fragment, (uint32_t)size))
        return FRAGMENT_BAD;
    if (!partial)
        partial = start(fragments, &key, fragment->time);
    make_room(fragments, partial, fragment->offset + (uint32_t)size);
    store(partial, fragment, (uint32_t)size);
    fragments->waiting++;
    if (is_whole(partial)) {
        give(fragments, partial, fragment->time, datagram);
        return FRAGMENT_COMPLETES;
    }
    keep_budget(fragments);
    return FRAGMENT_HELD;
}

uint64_t fragments_joined(const struct fragments *fragments)
{
    return fragments->joined;
}

uint64_t fragments_lost(const struct fragments *fragments)
{
    return fragments->lost + fragments->waiting;
}

size_t fragments_held(const struct fragments *fragments)
{
    return fragments->held;
}
