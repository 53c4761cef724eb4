/*
 * An arena hands out memory that is given back all at once. Nothing taken
 * from it is freed alone. Out of memory ends the program with a message: the
 * budgets of the stages keep a capture from getting there.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena_block;

struct arena {
    struct arena_block *newest;
};

/* An empty arena holds no memory yet. */
void arena_init(struct arena *arena);

/* Gives all memory back; the arena is empty again. */
void arena_release(struct arena *arena);

/* `size` zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of the bytes, with a NUL added behind them. */
char *arena_keep(struct arena *arena, struct span bytes);

/* calloc and realloc that end the program instead of returning NULL. */
void *must_calloc(size_t count, size_t size);
void *must_realloc(void *old, size_t count, size_t size);

#endif
