/* Chunks of a flow that wait, with their bytes, for what opens them. */
#ifndef TLS_HELD_CHUNKS_H
#define TLS_HELD_CHUNKS_H

#include "tcp/tcp.h"

enum {
    HELD_CHUNKS_BYTES = 1 << 16
};

struct held_chunk;

struct held_chunks {
    struct held_chunk *first; /* owned */
    struct held_chunk *last;
    size_t bytes;
};

/* Copies it. False: there is no room. */
bool held_chunks_put(struct held_chunks *held, const struct chunk *chunk);

/* Takes the oldest; the caller frees it with held_chunk_free. NULL: none. */
struct held_chunk *held_chunks_take(struct held_chunks *held);
const struct chunk *held_chunk_of(const struct held_chunk *one);
void held_chunk_free(struct held_chunk *one);

void held_chunks_release(struct held_chunks *held);

#endif
