#include "http/h2_holders.h"

#include "base/arena.h"

#include <stdlib.h>

/* One stream; `place` is its index in the heap and one more. */
struct node {
    struct h2_holder holder;
    uint32_t *place;
};

struct h2_holders {
    struct node *node;
    uint32_t count;
    uint32_t room;
};

enum {
    FIRST_ROOM = 16
};

struct h2_holders *h2_holders_new(void)
{
    return must_calloc(1, sizeof(struct h2_holders));
}

void h2_holders_free(struct h2_holders *holders)
{
    if (!holders)
        return;
    free(holders->node);
    free(holders);
}

static bool is_larger(const struct node *a, const struct node *b)
{
    if (a->holder.unread != b->holder.unread)
        return a->holder.unread > b->holder.unread;
    return a->holder.stream < b->holder.stream;
}

static void put(struct h2_holders *holders, uint32_t at, struct node node)
{
    holders->node[at] = node;
    *node.place = at + 1;
}

/* Both give the place where the node belongs, and make it free. */
static uint32_t rise(struct h2_holders *holders, uint32_t at,
                     const struct node *node)
{
    while (at > 0 && is_larger(node, &holders->node[(at - 1) / 2])) {
        put(holders, at, holders->node[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return at;
}

static uint32_t sink(struct h2_holders *holders, uint32_t at,
                     const struct node *node)
{
    uint32_t child;

    while ((child = 2 * at + 1) < holders->count) {
        if (child + 1 < holders->count &&
            is_larger(&holders->node[child + 1], &holders->node[child]))
            child++;
        if (!is_larger(&holders->node[child], node))
            break;
        put(holders, at, holders->node[child]);
        at = child;
    }
    return at;
}

/* Into the place `at`, whose node is gone. */
static void settle(struct h2_holders *holders, uint32_t at, struct node node)
{
    at = rise(holders, at, &node);
    at = sink(holders, at, &node);
    put(holders, at, node);
}

void h2_holders_set(struct h2_holders *holders, uint32_t stream,
                    uint32_t *place, uint64_t unread)
{
    struct node node = {
        .holder = {.stream = stream, .unread = unread},
          .place = place
    };

    if (*place == 0) {
        if (holders->count == holders->room) {
            holders->room = holders->room ? 2 * holders->room : FIRST_ROOM;
            holders->node = must_realloc(holders->node, holders->room,
                                         sizeof *holders->node);
        }
        *place = ++holders->count;
    }
    settle(holders, *place - 1, node);
}

void h2_holders_remove(struct h2_holders *holders, uint32_t *place)
{
    uint32_t at = *place - 1;

    if (*place == 0)
        return;
    *place = 0;
    if (at != --holders->count)
        settle(holders, at, holders->node[holders->count]);
}

/* The largest is on top; each next one is below one that was taken. */
void h2_holders_largest(const struct h2_holders *holders,
                        struct h2_holder largest[static H2_HOLDERS])
{
    uint32_t edge[H2_HOLDERS + 1] = {0}; /* what is below those taken */
    size_t edges = holders->count > 0;

    memset(largest, 0, H2_HOLDERS * sizeof *largest);
    for (size_t i = 0; i < H2_HOLDERS && edges > 0; i++) {
        size_t best = 0;
        uint32_t child;

        for (size_t k = 1; k < edges; k++) {
            if (is_larger(&holders->node[edge[k]], &holders->node[edge[best]]))
                best = k;
        }
        if (holders->node[edge[best]].holder.unread == 0)
            return;
        largest[i] = holders->node[edge[best]].holder;
        child = 2 * edge[best] + 1;
        edge[best] = edge[--edges];
        for (uint32_t k = child; k < child + 2 && k < holders->count; k++)
            edge[edges++] = k;
    }
}
