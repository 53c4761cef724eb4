/*
 * A mirror knows the packets of the last moments and recognises a copy of
 * one: the "any" interface, bridges, routers and mirror ports record a packet
 * more than once. A copy is not a retransmission, and TCP must not take it
 * for one.
 *
 * A copy equals its original in all that the sender decides. Then:
 *
 *   a timestamp (RFC 7323)        a copy from 100 ms on, up to 10 s: by then
 *                                 its sender would write another
 *   IPv4 with an identification   a copy within 100 ms: a sender gives each
 *                                 packet that it sends again a new one. Within
 *                                 10 s when it has another TTL: it was seen
 *                                 twice on its way
 *   no identification (0, IPv6)   a copy within 1 ms, when something speaks
 *                                 for it: it was seen at another place, a
 *                                 router lowered its TTL, it has a timestamp
 *                                 or it carries payload
 *
 * What is left are bare ACKs and RSTs without identification, timestamp and
 * payload: several real ones in a row look the same, so they all stay.
 */
#ifndef WIRE_MIRROR_H
#define WIRE_MIRROR_H

#include "wire/segment.h"

enum {
    MIRROR_SETS = 256,
    MIRROR_WAYS_KEPT = 4 /* segments kept for each of the sets */
};

struct mirror {
    struct mirror_set {
        uint64_t digest[MIRROR_WAYS_KEPT];
        nanos time[MIRROR_WAYS_KEPT];
        uint32_t place[MIRROR_WAYS_KEPT];
        uint8_t ttl[MIRROR_WAYS_KEPT];
        uint8_t next; /* the way that is overwritten next */
    } set[MIRROR_SETS];
};

void mirror_init(struct mirror *mirror);

/*
 * True when the segment is a copy of one that was taken a moment ago; if not,
 * it is remembered. `place` differs where a capture has several interfaces.
 */
bool mirror_take(struct mirror *mirror, const struct segment *segment,
                 uint32_t place);

#endif
