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

struct store {
    void *memory;
    size_t size;
    struct pool pool;
    struct held_connections held_connections;
    void (*losing)(void *context, uint64_t conn);
    void *context;
    struct store_counts counts;
    uint8_t scratch[STORE_PACKET_MOST]; /* the packet last walked over */
};

/* As many blocks as fit, each with an entry and a bucket to go with it. */
static void share_out(struct store *store)
{
    size_t one =
        sizeof(struct chain_block) + sizeof(struct entry) + sizeof(uint32_t);
    size_t count = store->size / one;
    struct chain_block *block = store->memory;
    struct entry *entry;

    if (count > UINT32_MAX / 2)
        count = UINT32_MAX / 2;
    entry = (struct entry *)(block + count);
    pool_init(&store->pool, block, (uint32_t)count);
    held_connections_init(&store->held_connections, entry,
                          (uint32_t *)(entry + count), (uint32_t)count);
}

struct store *store_open(size_t memory, struct fail *fail)
{
    struct store *store = must_calloc(1, sizeof *store);

    store->size = memory > MEMORY_LEAST ? memory : MEMORY_LEAST;
    store->memory = mmap(NULL, store->size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (store->memory == MAP_FAILED) {
        (void)fail_set(fail, "cannot take %zu bytes to hold packets: %s",
                       store->size, strerror(errno));
        free(store);
        return NULL;
    }
    share_out(store);
    return store;
}

void store_close(struct store *store)
{
    (void)munmap(store->memory, store->size);
    free(store);
}

static void forget(struct store *store, struct entry *entry)
{
    chain_release(&store->pool, &entry->chain);
    store->counts.packets -= entry->packets;
    held_connections_remove(&store->held_connections, entry);
}

void store_forget(struct store *store, uint64_t conn)
{
    struct entry *entry = held_connections_find(&store->held_connections, conn);

    if (entry)
        forget(store, entry);
}

static enum stage poor_stage(const struct entry *entry)
{
    return entry->packets > STORE_FIRST_KEPT ? STAGE_LEAN : STAGE_BARE;
}

static struct record read_record(const struct store *store, struct cursor *at)
{
    struct record record;

    chain_read(&store->pool, at, &record, sizeof record);
    return record;
}

static void note_trimmed(struct store *store, struct entry *entry)
{
    entry->trimmed++;
    store->counts.trimmed += !entry->was_trimmed;
    entry->was_trimmed = true;
}

/* Leaves the headers of the next packet, at `to`. */
static void trim_packet(struct store *store, struct entry *entry,
                        struct cursor *from, struct cursor *to)
{
    struct record record = read_record(store, from);
    uint32_t size = record.size;

    if (size > record.headers) {
        record.size = record.headers;
        record.trimmed = true;
        note_trimmed(store, entry);
    }
    chain_write(&store->pool, to, &record, sizeof record);
    chain_move(&store->pool, from, to, record.size);
    chain_read(&store->pool, from, NULL, size - record.size);
}

static void drop_packet(struct store *store, struct entry *entry,
                        struct cursor *from, struct cursor *to)
{
    struct record record = read_record(store, from);

    (void)to;
    chain_read(&store->pool, from, NULL, record.size);
    store->counts.shortened += entry->dropped++ == 0;
    store->counts.packets--;
    entry->packets--;
    entry->trimmed -= record.trimmed;
}

/*
 * Does that to packets from `from` on until `want` blocks are free, and moves
 * up what follows. False at the end of the chain.
 */
static bool squeeze(struct store *store, struct entry *entry, uint32_t want,
                    struct cursor *from,
                    void (*press)(struct store *store, struct entry *entry,
                                  struct cursor *from, struct cursor *to))
{
    struct cursor to;
    bool more;

    assert(want > 0);
    from->passed = 0;
    to = *from;
    for (;;) {
        more = !chain_at_end(&store->pool, from);
        if (!more || chain_gain(from, &to) >= want)
            break;
        press(store, entry, from, &to);
    }
    chain_join(&store->pool, &entry->chain, from, &to);
    return more;
}

static void trim(struct store *store, struct entry *entry, uint32_t want)
{
    if (!squeeze(store, entry, want, &entry->rich, trim_packet))
        held_connections_move(&store->held_connections, entry,
                              poor_stage(entry));
}

static void shorten(struct store *store, struct entry *entry, uint32_t want)
{
    struct cursor at = chain_start(&store->pool, &entry->chain);

    for (int i = 0; i < STORE_FIRST_KEPT; i++)
        chain_read(&store->pool, &at, NULL, read_record(store, &at).size);
    if (!squeeze(store, entry, want, &at, drop_packet))
        held_connections_move(&store->held_connections, entry, STAGE_BARE);
}

static void drop(struct store *store, struct entry *entry, uint32_t want)
{
    (void)want;
    forget(store, entry);
    store->counts.dropped++;
}

/* Takes from the first queue that has somebody; false if there is nobody. */
static bool take_away(struct store *store, uint32_t want)
{
    static void (*const taking[])(struct store *, struct entry *, uint32_t) = {
        [STAGE_RICH] = trim,
        [STAGE_LEAN] = shorten,
        [STAGE_BARE] = drop,
    };
    struct entry *entry = NULL;

    for (size_t i = 0; i < STAGE_COUNT && !entry; i++)
        entry =
            held_connections_oldest(&store->held_connections, (enum stage)i);
    if (!entry)
        return false;
    if (entry->marked) {
        entry->marked = false;
        store->losing(store->context, entry->conn);
    }
    taking[entry->stage](store, entry, want);
    return true;
}

/* Makes `need` blocks free, and then more, so that this is rare. */
static void make_room(struct store *store, uint32_t need)
{
    uint32_t goal = need + store->pool.blocks / SHARE_FREED;

    if (store->pool.free >= need)
        return;
    while (store->pool.free < goal) {
        if (!take_away(store, goal - store->pool.free))
            break;
    }
    assert(store->pool.free >= need);
}

/* What is held of a packet: never so much that it alone fills the store. */
static struct span held_part(const struct store *store,
                             const struct store_packet *packet)
{
    size_t most = (size_t)store->pool.blocks / 2 * CHAIN_BLOCK_ROOM;
    struct span data = span_head(packet->data, STORE_PACKET_MOST);

    most -= sizeof(struct record) + 2 * CHAIN_BLOCK_ROOM;
    if (data.size > most)
        data = span_head(data, packet->headers);
    return span_head(data, most);
}

void store_take(struct store *store, uint64_t conn,
                const struct store_packet *packet)
{
    struct span data = held_part(store, packet);
    struct record record = {.time = packet->time,
                            .number = packet->number,
                            .size = (uint32_t)data.size,
                            .length = packet->length,
                            .headers = packet->headers,
                            .link_type = (uint16_t)packet->link_type,
                            .trimmed = data.size < packet->data.size};
    struct cursor place;
    struct entry *entry;

    make_room(store, (uint32_t)chain_need(sizeof record + data.size));
    entry = held_connections_find(&store->held_connections, conn);
    if (!entry)
        entry = held_connections_add(&store->held_connections, conn);
    place = chain_end(&store->pool, &entry->chain);
    chain_append(&store->pool, &entry->chain,
                 (struct span){(const uint8_t *)&record, sizeof record});
    chain_append(&store->pool, &entry->chain, data);
    entry->packets++;
    store->counts.packets++;
    if (record.trimmed)
        note_trimmed(store, entry);
    if (entry->stage == STAGE_RICH)
        return;
    if (record.size > record.headers) {
        entry->rich = place;
        held_connections_move(&store->held_connections, entry, STAGE_RICH);
    } else {
        held_connections_move(&store->held_connections, entry,
                              poor_stage(entry));
    }
}

bool store_find(const struct store *store, uint64_t conn,
                struct store_holding *holding)
{
    const struct entry *entry =
        held_connections_find(&store->held_connections, conn);

    if (!entry)
        return false;
    *holding = (struct store_holding){.packets = entry->packets,
                                      .trimmed = entry->trimmed,
                                      .dropped = entry->dropped};
    return true;
}

void store_on_losing(struct store *store,
                     void (*losing)(void *context, uint64_t conn),
                     void *context)
{
    store->losing = losing;
    store->context = context;
}

void store_mark(struct store *store, uint64_t conn, bool marked)
{
    struct entry *entry = held_connections_find(&store->held_connections, conn);

    if (entry)
        entry->marked = marked && store->losing;
}

struct store_counts store_counts(const struct store *store)
{
    struct store_counts counts = store->counts;

    counts.connections = store->held_connections.listed;
    counts.bytes = (uint64_t)(store->pool.blocks - store->pool.free) *
                   sizeof(struct chain_block);
    counts.room = (uint64_t)store->pool.blocks * sizeof(struct chain_block);
    return counts;
}

struct store_walk store_walk(struct store *store, uint64_t conn)
{
    struct store_walk walk = {.store = store};
    const struct entry *entry =
        held_connections_find(&store->held_connections, conn);

    if (entry) {
        struct cursor at = chain_start(&store->pool, &entry->chain);

        walk.block = at.block;
        walk.at = at.at;
        walk.left = entry->packets;
    }
    return walk;
}

bool store_walk_next(struct store_walk *walk, struct store_packet *packet)
{
    struct cursor at = {.block = walk->block, .at = walk->at};
    struct store *store = walk->store;
    struct record record;

    if (walk->left == 0)
        return false;
    walk->left--;
    record = read_record(store, &at);
    chain_read(&store->pool, &at, store->scratch, record.size);
    walk->block = at.block;
    walk->at = at.at;
    *packet = (struct store_packet){
        .time = record.time,
        .number = record.number,
        .length = record.length,
        .headers = record.headers,
        .link_type = record.link_type,
        .trimmed = record.trimmed,
        .data = {store->scratch, record.size}
    };
    return true;
}
