/*
 * A ring holds the packets of open connections in memory that is taken once
 * and never grows. When it is full, what is least worth goes first:
 *
 *   payload    connection by connection, the one whose payload is oldest
 *              first, and within it the older packets; their headers stay
 *   packets    once no payload is left: all but the first three of each
 *              connection (the handshake), the older ones first
 *   the rest   once that is gone too: whole connections, the oldest first
 *
 * At least a sixteenth of the memory is made free each time, and nothing is
 * looked at twice for it: a packet costs the same however full the ring is.
 */
#ifndef RECORD_STORE_H
#define RECORD_STORE_H

#include "base/fail.h"
#include "base/nanos.h"
#include "base/span.h"

enum {
    RING_PACKET_MOST = 262144, /* bytes held of one packet */
    RING_FIRST_KEPT = 3        /* packets */
};

/* A packet as it goes in and comes out. */
struct ring_packet {
    nanos time;
    uint64_t number;    /* frame.number */
    uint32_t length;    /* on the wire */
    uint32_t headers;   /* bytes of `data` up to the TCP payload */
    uint32_t link_type; /* LINKTYPE_*, of 16 bits */
    bool trimmed;       /* out only: the payload is gone */
    struct span data;
};

/* What is left of one connection. */
struct ring_holding {
    uint64_t packets;
    uint64_t trimmed; /* of them, those without their payload */
    uint64_t dropped; /* packets that are gone, all behind the first three */
};

struct ring_counts {
    uint64_t connections; /* held now */
    uint64_t packets;     /* held now */
    uint64_t bytes;       /* of the memory in use now */
    uint64_t room;        /* bytes of memory in all */
    uint64_t trimmed;     /* connections that lost payload, so far */
    uint64_t shortened;   /* connections that lost packets, so far */
    uint64_t dropped;     /* connections lost whole, so far */
};

struct ring;

/*
 * Takes `memory` bytes of address space, tables included (at least 64 KiB);
 * pages that are never used cost nothing; 256 KiB come on top. NULL with `fail`
 * set if there is none. The caller owns it.
 */
struct ring *ring_open(size_t memory, struct fail *fail);
void ring_close(struct ring *ring);

/*
 * Copies a packet of the connection, which is made if it is not there.
 * `trimmed` is not read.
 */
void ring_take(struct ring *ring, uint64_t conn,
               const struct ring_packet *packet);

/* False if nothing of the connection is held. */
bool ring_find(const struct ring *ring, uint64_t conn,
               struct ring_holding *holding);

/* Gives the connection's packets up. Nothing happens if there is none. */
void ring_forget(struct ring *ring, uint64_t conn);

/*
 * `losing` is called before anything is taken away from a connection that was
 * marked, and the mark is gone by then. It may walk and mark, no more.
 */
void ring_on_losing(struct ring *ring,
                    void (*losing)(void *context, uint64_t conn),
                    void *context);
void ring_mark(struct ring *ring, uint64_t conn, bool marked);

struct ring_counts ring_counts(const struct ring *ring);

/* A walk over the packets of a connection, in the order they were taken. */
struct ring_walk {
    struct ring *ring;
    uint32_t block;
    uint32_t at;
    uint64_t left;
};

struct ring_walk ring_walk(struct ring *ring, uint64_t conn);

/* The bytes live until the next call on this ring, whichever walk it is. */
bool ring_walk_next(struct ring_walk *walk, struct ring_packet *packet);

#endif
