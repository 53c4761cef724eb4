/*
 * The table finds a connection by its two endpoints and keeps three lists:
 *
 *   OPEN     by latest activity; the oldest goes when places run out
 *   CLOSING  over, but not yet told: a late packet may still explain it
 *   ENDED    told; kept so that stray packets count to it, as in Wireshark
 *
 * Connections are found by addresses and ports in either direction.
 */
#ifndef TCP_TABLE_H
#define TCP_TABLE_H

#include "tcp/conn.h"

enum place {
    PLACE_OPEN,
    PLACE_CLOSING,
    PLACE_ENDED,
    PLACE_COUNT
};

struct claim {
    struct segment segment; /* without its payload */
    uint64_t id;            /* its connection's, if it becomes one */
    struct ports ports;     /* see conn.h */
    bool challenged;
};

struct table {
    struct conn **bucket;
    size_t buckets; /* a power of two */
    uint64_t seed;
    struct conn *found; /* the last one; packets come in runs */
    struct {
        struct conn *oldest;
        struct conn *newest;
        size_t count;
    } list[PLACE_COUNT];
};

void table_init(struct table *table);

/* Frees what is left in it too. */
void table_release(struct table *table);

/*
 * The connection of the segment, or NULL. *side becomes the index of the flow
 * that the segment belongs to.
 */
struct conn *table_find(struct table *table, const struct segment *segment,
                        unsigned *side);

/* A new connection between the segment's endpoints, flow[0] its sender's. */
struct conn *table_add(struct table *table, const struct segment *segment);

/* Puts it at the newest end of a list. */
void table_move(struct table *table, struct conn *conn, enum place place);

/* Takes it out of hash and list and frees it. */
void table_remove(struct table *table, struct conn *conn);

#endif
