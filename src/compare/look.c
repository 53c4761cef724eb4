#include "compare/look.h"

#include "base/arena.h"
#include "base/hash.h"

#include <stdlib.h>

enum {
    TELLING = 4 /* bytes that a payload must have to tell a segment */
};

/* With the same sequence numbers at both ends. */
bool look_same(const struct trace *trace, const struct trace_segment *s,
               uint64_t *key)
{
    const uint8_t controls = s->flags & (TCP_SYN | TCP_FIN | TCP_RST);
    uint64_t sum = trace->seed;

    if (trace_span(s) == 0 || !s->has_head)
        return false;
    sum = hash_mix(sum, (uint64_t)s->seq << 32 | s->ack);
    sum = hash_mix(sum, (uint64_t)s->length << 32 | s->head);
    if ((s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        sum = hash_mix(sum, (uint64_t)s->timestamp << 8 | s->scale);
    *key = hash_mix(sum, controls);
    return true;
}

/* Whatever its sequence numbers are. */
bool look_other(const struct trace *trace, const struct trace_segment *s,
                uint64_t *key)
{
    uint64_t sum = trace->seed;

    if (s->length < TELLING || !s->has_head ||
        (!s->has_timestamp && s->ip_id == 0))
        return false;
    if (s->has_timestamp)
        sum = hash_mix(sum, (uint64_t)s->timestamp << 32 | s->echo);
    else
        sum = hash_mix(sum, (uint64_t)s->ip_id << 16 | s->window);
    *key = hash_mix(sum, (uint64_t)s->length << 32 | s->head);
    return true;
}

static int by_key(const void *left, const void *right)
{
    const struct look *a = left;
    const struct look *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->segment > b->segment) - (a->segment < b->segment);
}

/* Which connection each segment of a trace is of; the caller frees it. */
uint32_t *look_owners(const struct trace *trace)
{
    uint32_t *owner = must_calloc(trace->segments + 1u, sizeof *owner);

    for (uint32_t c = 0; c < trace->connections; c++) {
        uint32_t at = trace->connection[c].first;

        for (; at != TRACE_NONE; at = trace->segment[at].next)
            owner[at] = c;
    }
    return owner;
}

struct look_index look_index(const struct trace *trace, const uint32_t *owner,
                             look_key *key_of)
{
    struct look_index index = {
        .look = must_calloc(trace->segments + 1u, sizeof *index.look)};

    for (uint32_t i = 0; i < trace->segments; i++) {
        uint64_t key;

        if (trace->connection[owner[i]].is_paired ||
            !key_of(trace, &trace->segment[i], &key))
            continue;
        index.look[index.looks++] = (struct look){key, i};
    }
    qsort(index.look, index.looks, sizeof *index.look, by_key);
    return index;
}

/* The first of that key; `count` of them. */
const struct look *look_find(const struct look_index *index, uint64_t key,
                             size_t *count)
{
    size_t low = 0;
    size_t high = index->looks;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (index->look[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < index->looks && *count <= LOOK_ALIKE_MOST &&
           index->look[low + *count].key == key)
        ++*count;
    return &index->look[low];
}
