#include "tcp/out_of_order.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    FIRST_ROOM = 16
};

static uint64_t held_end(const struct out_of_order *held)
{
    return held->offset + held->size + held->missing;
}

/* Room for one more behind the last one. */
static void make_room(struct flow *flow)
{
    if (flow->held_left + flow->held_count < flow->held_room)
        return;
    if (flow->held_left > flow->held_count) {
        memmove(flow->held, flow->held + flow->held_left,
                flow->held_count * sizeof *flow->held);
        flow->held_left = 0;
        return;
    }
    flow->held_room = flow->held_room ? 2 * flow->held_room : FIRST_ROOM;
    flow->held = must_realloc(flow->held, flow->held_room, sizeof *flow->held);
}

/* How many of them begin at `offset` or before. */
static uint32_t count_up_to(const struct flow *flow, uint64_t offset)
{
    struct out_of_order *const *held;
    uint32_t low = 0;
    uint32_t high = flow->held_count;

    if (high == 0)
        return 0;
    held = flow->held + flow->held_left;
    /* nearly always it belongs behind the last one */
    if (held[high - 1]->offset <= offset)
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (held[middle]->offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct out_of_order *copy(const struct piece *piece)
{
    size_t size = piece->chunk.bytes.size;
    struct out_of_order *held = must_calloc(1, sizeof *held + size);

    held->at = piece->chunk.at;
    held->offset = piece->chunk.offset;
    held->ack = piece->chunk.ack;
    held->missing = piece->missing;
    held->size = (uint32_t)size;
    if (size)
        memcpy(held->byte, piece->chunk.bytes.at, size);
    return held;
}

bool out_of_order_insert(struct flow *flow, const struct piece *piece)
{
    size_t size = piece->chunk.bytes.size;
    uint32_t at = count_up_to(flow, piece->chunk.offset);
    struct out_of_order **place;

    if (at > 0 && held_end(flow->held[flow->held_left + at - 1]) >=
                      piece->chunk.offset + size + piece->missing)
        return false;
    make_room(flow);
    place = flow->held + flow->held_left + at;
    memmove(place + 1, place, (flow->held_count - at) * sizeof *place);
    *place = copy(piece);
    flow->held_bytes += (uint32_t)(sizeof **place + size);
    flow->held_count++;
    return true;
}

struct out_of_order *out_of_order_pop(struct flow *flow)
{
    struct out_of_order *held = flow->held[flow->held_left++];

    flow->held_bytes -= (uint32_t)sizeof *held + held->size;
    if (--flow->held_count == 0) {
        free(flow->held);
        flow->held = NULL;
        flow->held_left = 0;
        flow->held_room = 0;
    }
    return held;
}

void out_of_order_release(struct flow *flow)
{
    while (flow->held_count)
        free(out_of_order_pop(flow));
}
