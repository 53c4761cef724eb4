/*
 * Segments that came out of order are held until the bytes before them, or
 * those that caused them, are there; in order of offset. They own a copy of
 * their payload: the frame that brought them is gone by then.
 *
 *     flow->held  [ left | . . | first ... count of them | room ]
 *
 * The place of one is found by halving, since its sender chooses it.
 */
#ifndef TCP_OUT_OF_ORDER_H
#define TCP_OUT_OF_ORDER_H

#include "tcp/tcp.h"

struct out_of_order {
    struct mark at;
    uint64_t offset;
    uint64_t ack;
    uint32_t missing; /* behind the bytes, cut by the snap length */
    uint32_t size;
    uint8_t byte[];
};

/* A segment's payload on its way into a flow. */
struct piece {
    struct chunk chunk;
    uint32_t missing;
};

/*
 * Copies the piece into its place. False: the one before it in order has all
 * of it.
 */
bool out_of_order_insert(struct flow *flow, const struct piece *piece);

/* The one with the lowest offset; NULL: nothing waits. */
static inline struct out_of_order *out_of_order_first(const struct flow *flow)
{
    return flow->held_count ? flow->held[flow->held_left] : NULL;
}

/* Takes the first one out; the caller frees it. */
struct out_of_order *out_of_order_pop(struct flow *flow);

void out_of_order_release(struct flow *flow);

#endif
