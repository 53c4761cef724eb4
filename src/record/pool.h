/*
 * A pool of small blocks, and chains of them that hold a stream of bytes. A
 * stream is appended to at its end; parts in its middle can be taken out by
 * moving what is behind them up, and blocks that become free go back.
 *
 * Blocks are numbered from 1; 0 is none. The memory is the caller's, all
 * zeroes, and is touched only as far as blocks were ever used.
 */
#ifndef RECORD_POOL_H
#define RECORD_POOL_H

#include "base/span.h"

enum {
    CHAIN_BLOCK_SIZE = 512,
    CHAIN_BLOCK_ROOM = CHAIN_BLOCK_SIZE - 8
};

/* byte[begin..end) belongs to the stream. */
struct chain_block {
    uint32_t next;
    uint16_t begin;
    uint16_t end;
    uint8_t byte[CHAIN_BLOCK_ROOM];
};

struct pool {
    struct chain_block *block; /* borrowed; block[0] is number 1 */
    uint32_t blocks;
    uint32_t used;  /* of them, from the front; those were used at some time */
    uint32_t freed; /* the first of a list */
    uint32_t free;  /* blocks: on that list or never used */
};

struct chain {
    uint32_t first;
    uint32_t last;
    uint32_t blocks;
};

/* A place in a chain; `passed` counts the blocks before it. */
struct cursor {
    uint32_t block;
    uint32_t at;
    uint32_t passed;
};

void pool_init(struct pool *pool, struct chain_block *block, uint32_t blocks);

/* Blocks that a stream may need to take `size` more bytes. */
static inline size_t chain_need(size_t size)
{
    return size / CHAIN_BLOCK_ROOM + 2;
}

/* Appends; the pool must have chain_need(size) blocks free. */
void chain_append(struct pool *pool, struct chain *chain, struct span bytes);

/* All blocks go back, in no more time than for one. */
void chain_release(struct pool *pool, struct chain *chain);

struct cursor chain_start(const struct pool *pool, const struct chain *chain);

/* Where the next byte appended will be. The pool must have a block free. */
struct cursor chain_end(struct pool *pool, struct chain *chain);

/* Also moves a cursor at the end of a block to the start of the next. */
bool chain_at_end(const struct pool *pool, struct cursor *cursor);

/* The next bytes, which must be there. `to` may be NULL. */
void chain_read(const struct pool *pool, struct cursor *cursor, void *to,
                size_t size);

/*
 * Writes over what is there. The bytes must come from before a cursor that
 * has read at least as much, so that nothing unread is written over; what is
 * between the two is void until chain_join.
 */
void chain_write(struct pool *pool, struct cursor *cursor, const void *from,
                 size_t size);

/* Reads at one cursor and writes at the other, which is behind it. */
void chain_move(struct pool *pool, struct cursor *from, struct cursor *to,
                size_t size);

/* Blocks that chain_join would free now. */
static inline uint32_t chain_gain(const struct cursor *from,
                                  const struct cursor *to)
{
    return from->passed > to->passed ? from->passed - to->passed - 1 : 0;
}

/*
 * Takes out what is between `to` and `from`: where something is gained, for a
 * hole cannot begin and end in the same block, or where nothing follows.
 */
void chain_join(struct pool *pool, struct chain *chain, struct cursor *from,
                const struct cursor *to);

#endif
