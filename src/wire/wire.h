/*
 * The wire takes a frame out of its wrappings: link layer, tunnels, IP and
 * its fragments, down to one TCP segment. What is no TCP segment is counted
 * by reason, and nothing is printed or judged here.
 *
 *     frame --> link type --> (VLAN, PPPoE, MPLS …) --> IPv4/IPv6 --> TCP
 *                                  ^                       |
 *                                  +--- GRE, IPIP, VXLAN <-+
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include "capture/frame.h"
#include "wire/segment.h"

/* Why a frame gave no segment. One row each in wire/ignored.def. */
enum wire_ignored {
#define IGNORED(id, name) WIRE_##id,
#include "wire/ignored.def"
#undef IGNORED
    WIRE_IGNORED_COUNT
};

struct wire_options {
    size_t fragment_bytes; /* held for reassembly at most; 0: a default */
};

struct wire;

/* The caller owns it and gives it to wire_free. */
struct wire *wire_new(const struct wire_options *options);
void wire_free(struct wire *wire);

/*
 * True when the frame holds a TCP segment that was not seen before; it is
 * written to *segment and borrows from the frame, or from the wire's own
 * buffer for a datagram put together from fragments, until the next call.
 * False otherwise: the reason is counted, and segment->quoted is true when it
 * is an ICMP error with a TCP header in it.
 */
bool wire_take(struct wire *wire, const struct frame *frame,
               struct segment *segment);

/* Packets left out for `reason` so far. */
uint64_t wire_ignored_count(const struct wire *wire, enum wire_ignored reason);

/* The reason in words, as in the report: "udp", "mirrored copies" … */
const char *wire_ignored_name(enum wire_ignored reason);

/* Segments given out so far. */
uint64_t wire_segments(const struct wire *wire);

#endif
