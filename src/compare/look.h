/*
 * A look is a segment by what both captures have of it, if they both have it:
 * a key, and the segments of a trace by their keys. Only match.c uses it.
 */
#ifndef COMPARE_LOOK_H
#define COMPARE_LOOK_H

#include "compare/trace.h"

#include <stddef.h>

enum {
    LOOK_ALIKE_MOST = 4 /* segments of one look: more of them say nothing */
};

struct look {
    uint64_t key;
    uint32_t segment;
};

struct look_index {
    struct look *look; /* owned, by key */
    size_t looks;
};

/* False: the segment tells nothing by this key. */
typedef bool look_key(const struct trace *trace, const struct trace_segment *s,
                      uint64_t *key);

look_key look_same;  /* with the same sequence numbers at both ends */
look_key look_other; /* whatever its sequence numbers are */

/* Which connection each segment of a trace is of; the caller frees it. */
uint32_t *look_owners(const struct trace *trace);

/* Of the segments whose connections are not paired; the caller frees ->look. */
struct look_index look_index(const struct trace *trace, const uint32_t *owner,
                             look_key *key_of);

/* The first of that key; `count` of them, held to one more than may be alike.
 */
const struct look *look_find(const struct look_index *index, uint64_t key,
                             size_t *count);

#endif
