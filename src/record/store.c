/*
 * A packet is a record and its bytes in the chain of its connection. What is
 * taken away is taken out of the chain by moving up what is to stay, in one
 * pass that goes on where the last one stopped.
 */
#include "record/store.h"

#include "base/arena.h"
#include "record/held_connections.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    MEMORY_LEAST = 64 << 10,
    SHARE_FREED = 16 /* at least 1 / this of the blocks each time */
};

/* What stands before the bytes of a packet in a chain. */
struct record {
    nanos time;
    uint64_t number;
    uint32_t size; /* bytes that follow */
    uint32_t length;
    uint32_t headers;
    uint16_t link_type;
    bool trimmed;
};

struct ring {
    void *memory;
    size_t size;
    struct pool pool;
    struct roster roster;
    void (*losing)(void *context, uint64_t conn);
    void *context;
    struct ring_counts counts;
    uint8_t scratch[RING_PACKET_MOST]; /* the packet last walked over */
};

/* As many blocks as fit, each with an entry and a bucket to go with it. */
static void share_out(struct ring *ring)
{
    size_t one =
        sizeof(struct chain_block) + sizeof(struct entry) + sizeof(uint32_t);
    size_t count = ring->size / one;
    struct chain_block *block = ring->memory;
    struct entry *entry;

    if (count > UINT32_MAX / 2)
        count = UINT32_MAX / 2;
    entry = (struct entry *)(block + count);
    pool_init(&ring->pool, block, (uint32_t)count);
    roster_init(&ring->roster, entry, (uint32_t *)(entry + count),
                (uint32_t)count);
}

struct ring *ring_open(size_t memory, struct fail *fail)
{
    struct ring *ring = must_calloc(1, sizeof *ring);

    ring->size = memory > MEMORY_LEAST ? memory : MEMORY_LEAST;
    ring->memory = mmap(NULL, ring->size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ring->memory == MAP_FAILED) {
        (void)fail_set(fail, "cannot take %zu bytes to hold packets: %s",
                       ring->size, strerror(errno));
        free(ring);
        return NULL;
    }
    share_out(ring);
    return ring;
}

void ring_close(struct ring *ring)
{
    (void)munmap(ring->memory, ring->size);
    free(ring);
}

static void forget(struct ring *ring, struct entry *entry)
{
    chain_release(&ring->pool, &entry->chain);
    ring->counts.packets -= entry->packets;
    roster_remove(&ring->roster, entry);
}

void ring_forget(struct ring *ring, uint64_t conn)
{
    struct entry *entry = roster_find(&ring->roster, conn);

    if (entry)
        forget(ring, entry);
}

static enum stage poor_stage(const struct entry *entry)
{
    return entry->packets > RING_FIRST_KEPT ? STAGE_LEAN : STAGE_BARE;
}

static struct record read_record(const struct ring *ring, struct cursor *at)
{
    struct record record;

    chain_read(&ring->pool, at, &record, sizeof record);
    return record;
}

static void note_trimmed(struct ring *ring, struct entry *entry)
{
    entry->trimmed++;
    ring->counts.trimmed += !entry->was_trimmed;
    entry->was_trimmed = true;
}

/* Leaves the headers of the next packet, at `to`. */
static void trim_packet(struct ring *ring, struct entry *entry,
                        struct cursor *from, struct cursor *to)
{
    struct record record = read_record(ring, from);
    uint32_t size = record.size;

    if (size > record.headers) {
        record.size = record.headers;
        record.trimmed = true;
        note_trimmed(ring, entry);
    }
    chain_write(&ring->pool, to, &record, sizeof record);
    chain_move(&ring->pool, from, to, record.size);
    chain_read(&ring->pool, from, NULL, size - record.size);
}

static void drop_packet(struct ring *ring, struct entry *entry,
                        struct cursor *from, struct cursor *to)
{
    struct record record = read_record(ring, from);

    (void)to;
    chain_read(&ring->pool, from, NULL, record.size);
    ring->counts.shortened += entry->dropped++ == 0;
    ring->counts.packets--;
    entry->packets--;
    entry->trimmed -= record.trimmed;
}

/*
 * Does that to packets from `from` on until `want` blocks are free, and moves
 * up what follows. False at the end of the chain.
 */
static bool squeeze(struct ring *ring, struct entry *entry, uint32_t want,
                    struct cursor *from,
                    void (*press)(struct ring *ring, struct entry *entry,
                                  struct cursor *from, struct cursor *to))
{
    struct cursor to;
    bool more;

    assert(want > 0);
    from->passed = 0;
    to = *from;
    for (;;) {
        more = !chain_at_end(&ring->pool, from);
        if (!more || chain_gain(from, &to) >= want)
            break;
        press(ring, entry, from, &to);
    }
    chain_join(&ring->pool, &entry->chain, from, &to);
    return more;
}

static void trim(struct ring *ring, struct entry *entry, uint32_t want)
{
    if (!squeeze(ring, entry, want, &entry->rich, trim_packet))
        roster_move(&ring->roster, entry, poor_stage(entry));
}

static void shorten(struct ring *ring, struct entry *entry, uint32_t want)
{
    struct cursor at = chain_start(&ring->pool, &entry->chain);

    for (int i = 0; i < RING_FIRST_KEPT; i++)
        chain_read(&ring->pool, &at, NULL, read_record(ring, &at).size);
    if (!squeeze(ring, entry, want, &at, drop_packet))
        roster_move(&ring->roster, entry, STAGE_BARE);
}

static void drop(struct ring *ring, struct entry *entry, uint32_t want)
{
    (void)want;
    forget(ring, entry);
    ring->counts.dropped++;
}

/* Takes from the first queue that has somebody; false if there is nobody. */
static bool take_away(struct ring *ring, uint32_t want)
{
    static void (*const taking[])(struct ring *, struct entry *, uint32_t) = {
        [STAGE_RICH] = trim,
        [STAGE_LEAN] = shorten,
        [STAGE_BARE] = drop,
    };
    struct entry *entry = NULL;

    for (size_t i = 0; i < STAGE_COUNT && !entry; i++)
        entry = roster_oldest(&ring->roster, (enum stage)i);
    if (!entry)
        return false;
    if (entry->marked) {
        entry->marked = false;
        ring->losing(ring->context, entry->conn);
    }
    taking[entry->stage](ring, entry, want);
    return true;
}

/* Makes `need` blocks free, and then more, so that this is rare. */
static void make_room(struct ring *ring, uint32_t need)
{
    uint32_t goal = need + ring->pool.blocks / SHARE_FREED;

    if (ring->pool.free >= need)
        return;
    while (ring->pool.free < goal) {
        if (!take_away(ring, goal - ring->pool.free))
            break;
    }
    assert(ring->pool.free >= need);
}

/* What is held of a packet: never so much that it alone fills the ring. */
static struct span held_part(const struct ring *ring,
                             const struct ring_packet *packet)
{
    size_t most = (size_t)ring->pool.blocks / 2 * CHAIN_BLOCK_ROOM;
    struct span data = span_head(packet->data, RING_PACKET_MOST);

    most -= sizeof(struct record) + 2 * CHAIN_BLOCK_ROOM;
    if (data.size > most)
        data = span_head(data, packet->headers);
    return span_head(data, most);
}

void ring_take(struct ring *ring, uint64_t conn,
               const struct ring_packet *packet)
{
    struct span data = held_part(ring, packet);
    struct record record = {.time = packet->time,
                            .number = packet->number,
                            .size = (uint32_t)data.size,
                            .length = packet->length,
                            .headers = packet->headers,
                            .link_type = (uint16_t)packet->link_type,
                            .trimmed = data.size < packet->data.size};
    struct cursor place;
    struct entry *entry;

    make_room(ring, (uint32_t)chain_need(sizeof record + data.size));
    entry = roster_find(&ring->roster, conn);
    if (!entry)
        entry = roster_add(&ring->roster, conn);
    place = chain_end(&ring->pool, &entry->chain);
    chain_append(&ring->pool, &entry->chain,
                 (struct span){(const uint8_t *)&record, sizeof record});
    chain_append(&ring->pool, &entry->chain, data);
    entry->packets++;
    ring->counts.packets++;
    if (record.trimmed)
        note_trimmed(ring, entry);
    if (entry->stage == STAGE_RICH)
        return;
    if (record.size > record.headers) {
        entry->rich = place;
        roster_move(&ring->roster, entry, STAGE_RICH);
    } else {
        roster_move(&ring->roster, entry, poor_stage(entry));
    }
}

bool ring_find(const struct ring *ring, uint64_t conn,
               struct ring_holding *holding)
{
    const struct entry *entry = roster_find(&ring->roster, conn);

    if (!entry)
        return false;
    *holding = (struct ring_holding){.packets = entry->packets,
                                     .trimmed = entry->trimmed,
                                     .dropped = entry->dropped};
    return true;
}

void ring_on_losing(struct ring *ring,
                    void (*losing)(void *context, uint64_t conn), void *context)
{
    ring->losing = losing;
    ring->context = context;
}

void ring_mark(struct ring *ring, uint64_t conn, bool marked)
{
    struct entry *entry = roster_find(&ring->roster, conn);

    if (entry)
        entry->marked = marked && ring->losing;
}

struct ring_counts ring_counts(const struct ring *ring)
{
    struct ring_counts counts = ring->counts;

    counts.connections = ring->roster.listed;
    counts.bytes = (uint64_t)(ring->pool.blocks - ring->pool.free) *
                   sizeof(struct chain_block);
    counts.room = (uint64_t)ring->pool.blocks * sizeof(struct chain_block);
    return counts;
}

struct ring_walk ring_walk(struct ring *ring, uint64_t conn)
{
    struct ring_walk walk = {.ring = ring};
    const struct entry *entry = roster_find(&ring->roster, conn);

    if (entry) {
        struct cursor at = chain_start(&ring->pool, &entry->chain);

        walk.block = at.block;
        walk.at = at.at;
        walk.left = entry->packets;
    }
    return walk;
}

bool ring_walk_next(struct ring_walk *walk, struct ring_packet *packet)
{
    struct cursor at = {.block = walk->block, .at = walk->at};
    struct ring *ring = walk->ring;
    struct record record;

    if (walk->left == 0)
        return false;
    walk->left--;
    record = read_record(ring, &at);
    chain_read(&ring->pool, &at, ring->scratch, record.size);
    walk->block = at.block;
    walk->at = at.at;
    *packet = (struct ring_packet){
        .time = record.time,
        .number = record.number,
        .length = record.length,
        .headers = record.headers,
        .link_type = record.link_type,
        .trimmed = record.trimmed,
        .data = {ring->scratch, record.size}
    };
    return true;
}
