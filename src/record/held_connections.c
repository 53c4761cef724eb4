#include "record/held_connections.h"

#include <assert.h>

void held_connections_init(struct held_connections *held_connections,
                           struct entry *entry, uint32_t *bucket, uint32_t room)
{
    *held_connections = (struct held_connections){
        .entry = entry, .room = room, .bucket = bucket, .buckets = 1};
    while (held_connections->buckets <= room / 2)
        held_connections->buckets *= 2;
}

/* NULL for none. */
static struct entry *entry_at(const struct held_connections *held_connections,
                              uint32_t number)
{
    assert(number <= held_connections->used);
    return number ? &held_connections->entry[number - 1] : NULL;
}

static uint32_t number_of(const struct held_connections *held_connections,
                          const struct entry *entry)
{
    return (uint32_t)(entry - held_connections->entry) + 1;
}

/* tcp.stream counts up, so that neighbours never share a bucket. */
static uint32_t *bucket_of(const struct held_connections *held_connections,
                           uint64_t conn)
{
    return &held_connections->bucket[conn & (held_connections->buckets - 1)];
}

struct entry *
held_connections_find(const struct held_connections *held_connections,
                      uint64_t conn)
{
    struct entry *entry =
        entry_at(held_connections, *bucket_of(held_connections, conn));

    while (entry && entry->conn != conn)
        entry = entry_at(held_connections, entry->next_alike);
    return entry;
}

static void leave_queue(struct held_connections *held_connections,
                        struct entry *entry)
{
    if (entry->older)
        entry_at(held_connections, entry->older)->newer = entry->newer;
    else
        held_connections->queue[entry->stage].oldest = entry->newer;
    if (entry->newer)
        entry_at(held_connections, entry->newer)->older = entry->older;
    else
        held_connections->queue[entry->stage].newest = entry->older;
}

static void enter_queue(struct held_connections *held_connections,
                        struct entry *entry, enum stage stage)
{
    uint32_t before = held_connections->queue[stage].newest;
    uint32_t number = number_of(held_connections, entry);

    entry->stage = (uint8_t)stage;
    entry->older = before;
    entry->newer = 0;
    if (before)
        entry_at(held_connections, before)->newer = number;
    else
        held_connections->queue[stage].oldest = number;
    held_connections->queue[stage].newest = number;
}

void held_connections_move(struct held_connections *held_connections,
                           struct entry *entry, enum stage stage)
{
    if (entry->stage == stage)
        return;
    leave_queue(held_connections, entry);
    enter_queue(held_connections, entry, stage);
}

struct entry *
held_connections_oldest(const struct held_connections *held_connections,
                        enum stage stage)
{
    return entry_at(held_connections, held_connections->queue[stage].oldest);
}

struct entry *held_connections_add(struct held_connections *held_connections,
                                   uint64_t conn)
{
    uint32_t *bucket = bucket_of(held_connections, conn);
    uint32_t number = held_connections->unused;
    struct entry *entry;

    assert(held_connections->listed < held_connections->room);
    if (!number)
        number = ++held_connections->used;
    entry = entry_at(held_connections, number);
    if (held_connections->unused)
        held_connections->unused = entry->next_alike;
    *entry = (struct entry){.conn = conn, .next_alike = *bucket};
    *bucket = number;
    enter_queue(held_connections, entry, STAGE_BARE);
    held_connections->listed++;
    return entry;
}

void held_connections_remove(struct held_connections *held_connections,
                             struct entry *entry)
{
    uint32_t *link = bucket_of(held_connections, entry->conn);
    uint32_t number = number_of(held_connections, entry);

    while (*link != number)
        link = &entry_at(held_connections, *link)->next_alike;
    *link = entry->next_alike;
    leave_queue(held_connections, entry);
    entry->next_alike = held_connections->unused;
    held_connections->unused = number;
    held_connections->listed--;
}
