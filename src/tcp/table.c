#include "tcp/table.h"

#include "base/arena.h"
#include "wire/endpoint.h"

#include <stdlib.h>

enum {
    FIRST_BUCKETS = 1024
};

void table_init(struct table *table)
{
    *table = (struct table){.buckets = FIRST_BUCKETS, .seed = hash_seed()};
    table->bucket = must_calloc(table->buckets, sizeof *table->bucket);
}

/* The same in both directions. */
static size_t bucket_of(const struct table *table, const struct endpoint *a,
                        const struct endpoint *b)
{
    uint64_t hash =
        endpoint_hash(a, table->seed) + endpoint_hash(b, table->seed);

    return (size_t)(hash_mix(hash, table->seed) & (table->buckets - 1));
}

/* The side that sent the segment; 2: it is another connection's. */
static unsigned side_of(const struct conn *conn, const struct segment *segment)
{
    const struct endpoint *endpoint = conn->endpoint;

    if (endpoint_same(&endpoint[0], &segment->source) &&
        endpoint_same(&endpoint[1], &segment->destination))
        return 0;
    if (endpoint_same(&endpoint[1], &segment->source) &&
        endpoint_same(&endpoint[0], &segment->destination))
        return 1;
    return 2;
}

struct conn *table_find(struct table *table, const struct segment *segment,
                        unsigned *side)
{
    struct conn *conn = table->found;

    if (conn && (*side = side_of(conn, segment)) < 2)
        return conn;
    conn =
        table
            ->bucket[bucket_of(table, &segment->source, &segment->destination)];
    while (conn && (*side = side_of(conn, segment)) == 2)
        conn = conn->hash_next;
    table->found = conn;
    return conn;
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
    table->found = conn;
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

    if (table->found == conn)
        table->found = NULL;
    while (*link != conn)
        link = &(*link)->hash_next;
    *link = conn->hash_next;
    list_unlink(table, conn);
    conn_free_episodes(conn);
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
