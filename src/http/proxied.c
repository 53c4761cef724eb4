#include "http/proxied.h"

#include "base/arena.h"
#include "tcp/proxy_header.h"

#include <stdlib.h>
#include <string.h>

struct proxied_bytes {
    struct chunk start; /* where they were; no bytes in it */
    size_t size;
    uint8_t bytes[PROXY_HEADER_MOST];
};

static struct span hold(struct proxied *proxied, const struct chunk *chunk)
{
    struct proxied_bytes *held = proxied->held;
    struct span piece;

    if (!held) {
        held = must_calloc(1, sizeof *held);
        held->start = *chunk;
        proxied->held = held;
    }
    piece = span_head(chunk->bytes, sizeof held->bytes - held->size);
    memcpy(held->bytes + held->size, piece.at, piece.size);
    held->size += piece.size;
    return (struct span){held->bytes, held->size};
}

static struct chunk held_chunk(const struct proxied_bytes *held, size_t size)
{
    struct chunk chunk = held->start;

    chunk.bytes = (struct span){held->bytes, size};
    return chunk;
}

size_t proxied_take(struct proxied *proxied, const struct chunk *chunk,
                    struct endpoint *origin,
                    struct chunk read[static PROXIED_CHUNKS])
{
    size_t before = proxied->held ? proxied->held->size : 0;
    struct span bytes = chunk->bytes;
    struct endpoint named;
    size_t count = 0;
    size_t size = 0;

    if (!proxied->done) {
        if (before > 0)
            bytes = hold(proxied, chunk);
        size = proxy_header_read(bytes, &named);
        if (size == 0 && proxy_header_may_follow(bytes)) {
            if (before == 0)
                (void)hold(proxied, chunk);
            return 0;
        }
        proxied->done = true;
    }
    if (size > 0) {
        *origin = named;
        proxied_release(proxied);
    } else if (before > 0) {
        read[count++] = held_chunk(proxied->held, before);
    }
    read[count] = *chunk;
    if (size > before) {
        read[count].bytes = span_skip(chunk->bytes, size - before);
        read[count].offset += size - before;
    }
    return count + (read[count].bytes.size > 0);
}

bool proxied_end(struct proxied *proxied, struct chunk *read)
{
    proxied->done = true;
    if (proxied->held)
        *read = held_chunk(proxied->held, proxied->held->size);
    return proxied->held != NULL;
}

void proxied_release(struct proxied *proxied)
{
    free(proxied->held);
    proxied->held = NULL;
}
