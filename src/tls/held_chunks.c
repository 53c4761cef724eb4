#include "tls/held_chunks.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

struct held_chunk {
    struct held_chunk *next;
    struct chunk chunk;
    uint8_t bytes[];
};

bool held_chunks_put(struct held_chunks *held, const struct chunk *chunk)
{
    size_t size = chunk->bytes.size;
    struct held_chunk *one;

    if (held->bytes + size > HELD_CHUNKS_BYTES)
        return false;
    one = must_calloc(1, sizeof(struct held_chunk) + size);
    one->chunk = *chunk;
    if (size)
        memcpy(one->bytes, chunk->bytes.at, size);
    one->chunk.bytes.at = one->bytes;
    if (held->last)
        held->last->next = one;
    else
        held->first = one;
    held->last = one;
    held->bytes += size;
    return true;
}

struct held_chunk *held_chunks_take(struct held_chunks *held)
{
    struct held_chunk *one = held->first;

    if (!one)
        return NULL;
    held->first = one->next;
    if (!held->first)
        held->last = NULL;
    held->bytes -= one->chunk.bytes.size;
    return one;
}

const struct chunk *held_chunk_of(const struct held_chunk *one)
{
    return &one->chunk;
}

void held_chunk_free(struct held_chunk *one)
{
    free(one);
}

void held_chunks_release(struct held_chunks *held)
{
    struct held_chunk *one;

    while ((one = held_chunks_take(held)))
        held_chunk_free(one);
}
