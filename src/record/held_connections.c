#include "record/held_connections.h"

#include <assert.h>

void roster_init(struct roster *roster, struct entry *entry, uint32_t *bucket,
                 uint32_t room)
{
    *roster = (struct roster){
        .entry = entry, .room = room, .bucket = bucket, .buckets = 1};
    while (roster->buckets <= room / 2)
        roster->buckets *= 2;
}

/* NULL for none. */
static struct entry *entry_at(const struct roster *roster, uint32_t number)
{
    assert(number <= roster->used);
    return number ? &roster->entry[number - 1] : NULL;
}

static uint32_t number_of(const struct roster *roster,
                          const struct entry *entry)
{
    return (uint32_t)(entry - roster->entry) + 1;
}

/* tcp.stream counts up, so that neighbours never share a bucket. */
static uint32_t *bucket_of(const struct roster *roster, uint64_t conn)
{
    return &roster->bucket[conn & (roster->buckets - 1)];
}

struct entry *roster_find(const struct roster *roster, uint64_t conn)
{
    struct entry *entry = entry_at(roster, *bucket_of(roster, conn));

    while (entry && entry->conn != conn)
        entry = entry_at(roster, entry->next_alike);
    return entry;
}

static void leave_queue(struct roster *roster, struct entry *entry)
{
    if (entry->older)
        entry_at(roster, entry->older)->newer = entry->newer;
    else
        roster->queue[entry->stage].oldest = entry->newer;
    if (entry->newer)
        entry_at(roster, entry->newer)->older = entry->older;
    else
        roster->queue[entry->stage].newest = entry->older;
}

static void enter_queue(struct roster *roster, struct entry *entry,
                        enum stage stage)
{
    uint32_t before = roster->queue[stage].newest;
    uint32_t number = number_of(roster, entry);

    entry->stage = (uint8_t)stage;
    entry->older = before;
    entry->newer = 0;
    if (before)
        entry_at(roster, before)->newer = number;
    else
        roster->queue[stage].oldest = number;
    roster->queue[stage].newest = number;
}

void roster_move(struct roster *roster, struct entry *entry, enum stage stage)
{
    if (entry->stage == stage)
        return;
    leave_queue(roster, entry);
    enter_queue(roster, entry, stage);
}

struct entry *roster_oldest(const struct roster *roster, enum stage stage)
{
    return entry_at(roster, roster->queue[stage].oldest);
}

struct entry *roster_add(struct roster *roster, uint64_t conn)
{
    uint32_t *bucket = bucket_of(roster, conn);
    uint32_t number = roster->unused;
    struct entry *entry;

    assert(roster->listed < roster->room);
    if (!number)
        number = ++roster->used;
    entry = entry_at(roster, number);
    if (roster->unused)
        roster->unused = entry->next_alike;
    *entry = (struct entry){.conn = conn, .next_alike = *bucket};
    *bucket = number;
    enter_queue(roster, entry, STAGE_BARE);
    roster->listed++;
    return entry;
}

void roster_remove(struct roster *roster, struct entry *entry)
{
    uint32_t *link = bucket_of(roster, entry->conn);
    uint32_t number = number_of(roster, entry);

    while (*link != number)
        link = &entry_at(roster, *link)->next_alike;
    *link = entry->next_alike;
    leave_queue(roster, entry);
    entry->next_alike = roster->unused;
    roster->unused = number;
    roster->listed--;
}
