#include "record/pool.h"

#include <assert.h>

static_assert(sizeof(struct chain_block) == CHAIN_BLOCK_SIZE,
              "a block is as large as it says");

void pool_init(struct pool *pool, struct chain_block *block, uint32_t blocks)
{
    *pool = (struct pool){.block = block, .blocks = blocks, .free = blocks};
}

static struct chain_block *block_at(const struct pool *pool, uint32_t number)
{
    assert(number > 0 && number <= pool->used);
    return &pool->block[number - 1];
}

static uint32_t take_block(struct pool *pool)
{
    uint32_t number = pool->freed;
    struct chain_block *block;

    assert(pool->free > 0);
    if (!number)
        number = ++pool->used;
    block = block_at(pool, number);
    if (pool->freed)
        pool->freed = block->next;
    pool->free--;
    block->next = 0;
    block->begin = 0;
    block->end = 0;
    return number;
}

/* The last block, with room in it. */
static struct chain_block *open_last(struct pool *pool, struct chain *chain)
{
    uint32_t number;

    if (chain->last && block_at(pool, chain->last)->end < CHAIN_BLOCK_ROOM)
        return block_at(pool, chain->last);
    number = take_block(pool);
    if (chain->last)
        block_at(pool, chain->last)->next = number;
    else
        chain->first = number;
    chain->last = number;
    chain->blocks++;
    return block_at(pool, number);
}

void chain_append(struct pool *pool, struct chain *chain, struct span bytes)
{
    while (bytes.size) {
        struct chain_block *block = open_last(pool, chain);
        struct span part = span_head(bytes, CHAIN_BLOCK_ROOM - block->end);

        memcpy(block->byte + block->end, part.at, part.size);
        block->end = (uint16_t)(block->end + part.size);
        bytes = span_skip(bytes, part.size);
    }
}

void chain_release(struct pool *pool, struct chain *chain)
{
    if (chain->first) {
        block_at(pool, chain->last)->next = pool->freed;
        pool->freed = chain->first;
        pool->free += chain->blocks;
    }
    *chain = (struct chain){0};
}

struct cursor chain_start(const struct pool *pool, const struct chain *chain)
{
    return (struct cursor){.block = chain->first,
                           .at = block_at(pool, chain->first)->begin};
}

struct cursor chain_end(struct pool *pool, struct chain *chain)
{
    uint32_t at = open_last(pool, chain)->end;

    return (struct cursor){.block = chain->last, .at = at};
}

/* On to the next block, if there is one and this one has no more to read. */
static bool settle(const struct pool *pool, struct cursor *cursor)
{
    const struct chain_block *block = block_at(pool, cursor->block);

    while (cursor->at == block->end) {
        if (!block->next)
            return false;
        cursor->block = block->next;
        block = block_at(pool, cursor->block);
        cursor->at = block->begin;
        cursor->passed++;
    }
    return true;
}

bool chain_at_end(const struct pool *pool, struct cursor *cursor)
{
    return !settle(pool, cursor);
}

/* The next bytes that lie side by side, at most `size`. */
static struct span next_part(const struct pool *pool, struct cursor *cursor,
                             size_t size)
{
    const struct chain_block *block;
    struct span part;
    bool more = settle(pool, cursor);

    assert(more);
    block = block_at(pool, cursor->block);
    part = (struct span){block->byte + cursor->at, block->end - cursor->at};
    part = span_head(part, size);
    cursor->at += (uint32_t)part.size;
    return part;
}

void chain_read(const struct pool *pool, struct cursor *cursor, void *to,
                size_t size)
{
    uint8_t *out = to;

    while (size) {
        struct span part = next_part(pool, cursor, size);

        if (out) {
            memcpy(out, part.at, part.size);
            out += part.size;
        }
        size -= part.size;
    }
}

void chain_write(struct pool *pool, struct cursor *cursor, const void *from,
                 size_t size)
{
    struct span bytes = {from, size};

    while (bytes.size) {
        struct chain_block *block = block_at(pool, cursor->block);
        struct span part = span_head(bytes, CHAIN_BLOCK_ROOM - cursor->at);

        if (!part.size) {
            block->end = CHAIN_BLOCK_ROOM;
            cursor->block = block->next;
            cursor->at = 0;
            cursor->passed++;
            block_at(pool, cursor->block)->begin = 0;
            continue;
        }
        memmove(block->byte + cursor->at, part.at, part.size);
        cursor->at += (uint32_t)part.size;
        bytes = span_skip(bytes, part.size);
    }
}

void chain_move(struct pool *pool, struct cursor *from, struct cursor *to,
                size_t size)
{
    while (size) {
        struct span part = next_part(pool, from, size);

        chain_write(pool, to, part.at, part.size);
        size -= part.size;
    }
}

void chain_join(struct pool *pool, struct chain *chain, struct cursor *from,
                const struct cursor *to)
{
    bool at_end = chain_at_end(pool, from);
    struct chain_block *kept = block_at(pool, to->block);
    struct chain gap = {.first = kept->next};
    uint32_t until = at_end ? 0 : from->block;

    assert(at_end || chain_gain(from, to) > 0);
    kept->end = (uint16_t)to->at;
    kept->next = until;
    if (at_end)
        chain->last = to->block;
    else
        block_at(pool, until)->begin = (uint16_t)from->at;
    for (uint32_t b = gap.first; b != until; b = block_at(pool, b)->next) {
        gap.last = b;
        gap.blocks++;
    }
    chain->blocks -= gap.blocks;
    if (!gap.blocks)
        gap.first = 0;
    chain_release(pool, &gap);
}
