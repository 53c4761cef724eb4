#include "tcp/table.h"

#include "base/arena.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
    FIRST_BUCKETS = 1024
};

/* The addresses are the sender's choice: an unknown seed keeps the chains of
 * the table short whatever is in the capture. */
static uint64_t make_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = UINT64_C(0x9e3779b97f4a7c15);
    return seed;
}

void table_init(struct table *table)
{
    *table = (struct table){.buckets = FIRST_BUCKETS, .seed = make_seed()};
    table->bucket = must_calloc(table->buckets, sizeof *table->bucket);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)(a ^ UINT64_C(0xa0761d6478bd642f)) *
                          (b ^ UINT64_C(0xe7037ed1a0b428db));

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_endpoint(uint64_t seed, const struct endpoint *endpoint)
{
    uint64_t part[2];

    memcpy(part, endpoint->address.byte, sizeof part);
    if (endpoint->address.version == 4)
        return mix(part[0] ^ seed, endpoint->port);
    return mix(mix(part[0] ^ seed, part[1] ^ endpoint->port), seed);
}

static bool endpoint_is(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && a->address.version == b->address.version &&
           memcmp(a->address.byte, b->address.byte, sizeof a->address.byte) ==
               0;
}

/* The same in both directions. */
static size_t bucket_of(const struct table *table, const struct endpoint *a,
                        const struct endpoint *b)
{
    uint64_t hash =
        hash_endpoint(table->seed, a) + hash_endpoint(table->seed, b);

    return (size_t)(mix(hash, table->seed) & (table->buckets - 1));
}

struct conn *table_find(const struct table *table,
                        const struct segment *segment, unsigned *side)
{
    size_t at = bucket_of(table, &segment->source, &segment->destination);

    for (struct conn *c = table->bucket[at]; c; c = c->hash_next) {
        if (endpoint_is(&c->endpoint[0], &segment->source) &&
            endpoint_is(&c->endpoint[1], &segment->destination)) {
            *side = 0;
            return c;
        }
        if (endpoint_is(&c->endpoint[1], &segment->source) &&
            endpoint_is(&c->endpoint[0], &segment->destination)) {
            *side = 1;
            return c;
        }
    }
    return NULL;
}

static size_t table_count(const struct table *table)
{
    size_t count = 0;

    for (size_t i = 0; i < PLACE_COUNT; i++)
        count += table->list[i].count;
    return count;
}

static void grow(struct table *table)
{
    struct conn **old = table->bucket;
    size_t old_buckets = table->buckets;

    table->buckets *= 2;
    table->bucket = must_calloc(table->buckets, sizeof *table->bucket);
    for (size_t i = 0; i < old_buckets; i++) {
        struct conn *next;

        for (struct conn *c = old[i]; c; c = next) {
            size_t at = bucket_of(table, &c->endpoint[0], &c->endpoint[1]);

            next = c->hash_next;
            c->hash_next = table->bucket[at];
            table->bucket[at] = c;
        }
    }
    free(old);
}

static void list_append(struct table *table, struct conn *conn,
                        enum place place)
{
    conn->place = (uint8_t)place;
    conn->newer = NULL;
    conn->older = table->list[place].newest;
    if (conn->older)
        conn->older->newer = conn;
    else
        table->list[place].oldest = conn;
    table->list[place].newest = conn;
    table->list[place].count++;
}

static void list_unlink(struct table *table, struct conn *conn)
{
    if (conn->older)
        conn->older->newer = conn->newer;
    else
        table->list[conn->place].oldest = conn->newer;
    if (conn->newer)
        conn->newer->older = conn->older;
    else
        table->list[conn->place].newest = conn->older;
    table->list[conn->place].count--;
}

struct conn *table_add(struct table *table, const struct segment *segment)
{
    struct conn *conn = must_calloc(1, sizeof *conn);
    size_t at;

    if (table_count(table) >= table->buckets)
        grow(table);
    conn->endpoint[0] = segment->source;
    conn->endpoint[1] = segment->destination;
    at = bucket_of(table, &conn->endpoint[0], &conn->endpoint[1]);
    conn->hash_next = table->bucket[at];
    table->bucket[at] = conn;
    list_append(table, conn, PLACE_OPEN);
    return conn;
}

void table_move(struct table *table, struct conn *conn, enum place place)
{
    if (conn->place == place && !conn->newer)
        return;
    list_unlink(table, conn);
    list_append(table, conn, place);
}

void table_remove(struct table *table, struct conn *conn)
{
    size_t at = bucket_of(table, &conn->endpoint[0], &conn->endpoint[1]);
    struct conn **link = &table->bucket[at];

    while (*link != conn)
        link = &(*link)->hash_next;
    *link = conn->hash_next;
    list_unlink(table, conn);
    conn_free_notes(conn);
    free(conn);
}

void table_release(struct table *table)
{
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        while (table->list[i].oldest)
            table_remove(table, table->list[i].oldest);
    }
    free(table->bucket);
}
