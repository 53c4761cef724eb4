/*
 * Fragments puts IP datagrams together again (RFC 791, 3.2; RFC 8200, 4.5).
 *
 * What is held stays below a budget: when it does not fit, the oldest
 * datagram goes, and so does one whose rest has not come within 30 seconds.
 * Where fragments overlap, the bytes that came first stay. A fragment counts
 * as lost until its datagram is whole.
 */
#ifndef WIRE_FRAGMENTS_H
#define WIRE_FRAGMENTS_H

#include "base/nanos.h"
#include "wire/segment.h"

struct fragment {
    nanos time;
    const struct address *source;
    const struct address *destination;
    uint32_t id;
    uint8_t protocol; /* IPv4 protocol or IPv6 next header */
    bool more;        /* another fragment follows */
    uint32_t offset;  /* of its first byte, a multiple of 8 */
    struct span bytes;
    uint32_t absent; /* bytes behind `bytes` that were not recorded */
};

/*
 * A whole datagram without its IP header; the bytes live until the next
 * whole one. Where a fragment was cut by the snap length, `bytes` ends and
 * the rest of the datagram is `absent`.
 */
struct datagram {
    struct span bytes;
    uint32_t absent;
    uint8_t protocol; /* as the first fragment has it */
};

enum fragment_outcome {
    FRAGMENT_HELD,
    FRAGMENT_COMPLETES, /* *datagram is set */
    FRAGMENT_COPY,      /* its datagram was given out a moment ago */
    FRAGMENT_BAD        /* its offset or size cannot be */
};

struct fragments;

/* At most `budget` bytes are held. The caller owns it: fragments_free. */
struct fragments *fragments_new(size_t budget);
void fragments_free(struct fragments *fragments);

enum fragment_outcome fragments_take(struct fragments *fragments,
                                     const struct fragment *fragment,
                                     struct datagram *datagram);

/* Fragments held until their datagram was whole, the last one not counted. */
uint64_t fragments_joined(const struct fragments *fragments);

/* Fragments whose datagram is not whole, so far or for ever. */
uint64_t fragments_lost(const struct fragments *fragments);

/* Bytes held now. */
size_t fragments_held(const struct fragments *fragments);

#endif
