/*
 * An interface is what a pcapng section says of one place it captured at:
 * link type, snap length, how its clock counts, and what it dropped.
 */
#ifndef CAPTURE_INTERFACE_H
#define CAPTURE_INTERFACE_H

#include "base/nanos.h"

struct interface {
    uint32_t number; /* unique over the whole capture */
    uint32_t link_type;
    uint32_t snap_length; /* 0: none */
    uint8_t resolution;   /* if_tsresol as written */
    uint64_t multiplier;  /* ticks to nanoseconds, when that is a product */
    int64_t offset;       /* seconds to add to every time */
    bool has_drops;
    uint64_t drops; /* as the newest statistics say */
};

enum {
    RESOLUTION_MICRO = 6
};

void interface_set_resolution(struct interface *interface, uint8_t written);

/*
 * A timestamp of this interface as time. Whatever the file says, the result
 * is some time: what is out of range becomes the nearest that is not.
 */
nanos interface_time(const struct interface *interface, uint64_t ticks);

#endif
