/* A moment in the capture. */
#ifndef WIRE_MARK_H
#define WIRE_MARK_H

#include "base/nanos.h"

#include <stdbool.h>
#include <stdint.h>

/* Frame 0: it never came. */
struct mark {
    nanos time;
    uint64_t frame : 48; /* frame.number */
    uint64_t file : 16;  /* index of the input it is from */
};

static inline uint64_t mark_frame(struct mark mark)
{
    return mark.frame;
}

static inline bool mark_is_set(struct mark mark)
{
    return mark.frame != 0;
}

#endif
