#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BLOCK_ROOM = 1024,
    SMALL = 1024
};

struct arena_block {
    struct arena_block *older;
    size_t room;
    size_t used;
    alignas(max_align_t) uint8_t bytes[];
};

static void end_without_memory(void)
{
    (void)fputs("whyeof: out of memory\n", stderr);
    exit(2);
}

/* Apart, for of a malloc and a memset gcc would make a calloc again. */
__attribute__((noinline)) static void *small_malloc(size_t size)
{
    void *memory = malloc(size ? size : 1);

    if (!memory)
        end_without_memory();
    return memory;
}

/* glibc's malloc, unlike its calloc, gives out what the thread freed last: for
 * what is small that is worth more than pages known to be zero. */
static void *small_calloc(size_t size)
{
    return memset(small_malloc(size), 0, size);
}

void *must_calloc(size_t count, size_t size)
{
    void *memory = size == 0 || count <= SMALL / size
                       ? small_calloc(count * size)
                       : calloc(count, size);

    if (!memory)
        end_without_memory();
    return memory;
}

void *must_realloc(void *old, size_t count, size_t size)
{
    void *memory = NULL;

    if (size && count <= SIZE_MAX / size)
        memory = realloc(old, count ? count * size : size);
    if (!memory)
        end_without_memory();
    return memory;
}

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_release(struct arena *arena)
{
    while (arena->newest) {
        struct arena_block *block = arena->newest;

        arena->newest = block->older;
        free(block);
    }
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->newest;
    size_t align = alignof(max_align_t);
    void *memory;

    assert(size <= SIZE_MAX / 2);
    size = (size + align - 1) / align * align;
    if (!block || block->room - block->used < size) {
        size_t room = size > BLOCK_ROOM ? size : BLOCK_ROOM;

        block = must_calloc(1, sizeof *block + room);
        block->used = 0;
        block->room = room;
        block->older = arena->newest;
        arena->newest = block;
    }
    memory = block->bytes + block->used;
    block->used += size;
    return memory;
}

char *arena_keep(struct arena *arena, struct span bytes)
{
    char *copy = arena_alloc(arena, bytes.size + 1);

    if (bytes.size)
        memcpy(copy, bytes.at, bytes.size);
    return copy;
}
