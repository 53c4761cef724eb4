#include "tcp/held.h"

#include "base/arena.h"

#include <stdlib.h>

static uint64_t held_end(const struct held *held)
{
    return held->offset + held->size + held->missing;
}

bool held_covers(const struct flow *flow, const struct piece *piece)
{
    uint64_t at = piece->chunk.offset;
    uint64_t end = at + piece->chunk.bytes.size + piece->missing;

    for (const struct held *h = flow->held; h && h->offset <= at; h = h->next) {
        if (held_end(h) > at)
            at = held_end(h);
    }
    return at >= end;
}

bool held_insert(struct flow *flow, const struct piece *piece)
{
    struct held **link = &flow->held;
    size_t size = piece->chunk.bytes.size;
    struct held *held;

    /* Nearly always it belongs behind the last one. */
    if (flow->held_last && held_end(flow->held_last) <= piece->chunk.offset)
        link = &flow->held_last->next;
    while (*link && (*link)->offset <= piece->chunk.offset) {
        if (held_end(*link) >= piece->chunk.offset + size + piece->missing)
            return false;
        link = &(*link)->next;
    }
    held = must_calloc(1, sizeof *held + size);
    held->at = piece->chunk.at;
    held->offset = piece->chunk.offset;
    held->ack = piece->chunk.ack;
    held->missing = piece->missing;
    held->size = (uint32_t)size;
    if (size)
        memcpy(held->byte, piece->chunk.bytes.at, size);
    held->next = *link;
    *link = held;
    if (!held->next)
        flow->held_last = held;
    flow->held_bytes += (uint32_t)(sizeof *held + size);
    flow->held_count++;
    return true;
}

struct held *held_pop(struct flow *flow)
{
    struct held *held = flow->held;

    flow->held = held->next;
    if (!held->next)
        flow->held_last = NULL;
    flow->held_bytes -= (uint32_t)sizeof *held + held->size;
    flow->held_count--;
    return held;
}

void held_release(struct flow *flow)
{
    while (flow->held)
        free(held_pop(flow));
}
