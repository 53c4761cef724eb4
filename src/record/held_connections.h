/*
 * The connections of which packets are held: found by their number, and
 * standing in one of three queues, by what can be taken from them
 * next. Who enters a queue goes to its end, so that each is in order of age.
 *
 * The memory is the caller's, all zeroes, and is touched only as far as
 * entries were ever used. Entries are numbered from 1 in there; 0 is none.
 */
#ifndef RECORD_HELD_CONNECTIONS_H
#define RECORD_HELD_CONNECTIONS_H

#include "record/pool.h"

enum stage {
    STAGE_RICH, /* payload, from `rich` on: all before it is trimmed */
    STAGE_LEAN, /* whole packets, behind the first few */
    STAGE_BARE, /* only all of it */
    STAGE_COUNT
};

struct entry {
    uint64_t conn;
    struct chain chain;
    struct cursor rich;
    uint32_t packets;
    uint32_t trimmed;    /* of them, those without payload by now */
    uint64_t dropped;    /* packets that are gone */
    uint32_t next_alike; /* with the same hash; or the next unused */
    uint32_t older;      /* in its queue */
    uint32_t newer;
    uint8_t stage;
    bool marked;
    bool was_trimmed;
};

struct held_connections {
    struct entry *entry;
    uint32_t room;
    uint32_t used;   /* of them, from the front; used at some time */
    uint32_t unused; /* the first of a list */
    uint32_t listed;
    uint32_t *bucket;
    uint32_t buckets; /* a power of two */
    struct {
        uint32_t oldest;
        uint32_t newest;
    } queue[STAGE_COUNT];
};

/* `bucket` has room for as many as `entry`. */
void held_connections_init(struct held_connections *held_connections,
                           struct entry *entry, uint32_t *bucket,
                           uint32_t room);

/* NULL if it is not listed. */
struct entry *
held_connections_find(const struct held_connections *held_connections,
                      uint64_t conn);

/* A new one, at the end of STAGE_BARE. There must be room. */
struct entry *held_connections_add(struct held_connections *held_connections,
                                   uint64_t conn);

void held_connections_remove(struct held_connections *held_connections,
                             struct entry *entry);

/* To the end of that queue, unless it is in there already. */
void held_connections_move(struct held_connections *held_connections,
                           struct entry *entry, enum stage stage);

/* NULL when the queue is empty. */
struct entry *
held_connections_oldest(const struct held_connections *held_connections,
                        enum stage stage);

#endif
