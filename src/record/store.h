/*
 * The store holds the packets of open connections in memory that is taken once
 * and never grows. When it is full, what is least worth goes first:
 *
 *   payload    connection by connection, the one whose payload is oldest
 *              first, and within it the older packets; their headers stay
 *   packets    once no payload is left: all but the first three of each
 *              connection (the handshake), the older ones first
 *   the rest   once that is gone too: whole connections, the oldest first
 *
 * At least a sixteenth of the memory is made free each time, and nothing is
 * looked at twice for it: a packet costs the same however full the store is.
 */
#ifndef RECORD_STORE_H
#define RECORD_STORE_H

#include "base/fail.h"
#include "base/nanos.h"
#include "base/span.h"

enum {
    STORE_PACKET_MOST = 262144, /* bytes held of one packet */
    STORE_FIRST_KEPT = 3        /* packets */
};

/* A packet as it goes in and comes out. */
struct store_packet {
    nanos time;
    uint64_t number;    /* frame.number */
    uint32_t length;    /* on the wire */
    uint32_t headers;   /* bytes of `data` up to the TCP payload */
    uint32_t link_type; /* LINKTYPE_*, of 16 bits */
    bool trimmed;       /* out only: the payload is gone */
    struct span data;
};

/* What is left of one connection. */
struct store_holding {
    uint64_t packets;
    uint64_t trimmed; /* of them, those without their payload */
    uint64_t dropped; /* packets that are gone, all behind the first three */
};

struct store_counts {
    uint64_t connections; /* held now */
    uint64_t packets;     /* held now */
    uint64_t bytes;       /* of the memory in use now */
    uint64_t room;        /* bytes of memory in all */
    uint64_t trimmed;     /* connections that lost payload, so far */
    uint64_t shortened;   /* connections that lost packets, so far */
    uint64_t dropped;     /* connections lost whole, so far */
};

struct store;

/*
 * Takes `memory` bytes of address space, tables included (at least 64 KiB);
 * pages that are never used cost nothing; 256 KiB come on top. NULL with `fail`
 * set if there is none. The caller owns it.
 */
struct store *store_open(size_t memory, struct fail *fail);
void store_close(struct store *store);

/*
 * Copies a packet of the connection, which is made if it is not there.
 * `trimmed` is not read.
 */
void store_take(struct store *store, uint64_t conn,
                const struct store_packet *packet);

/* False if nothing of the connection is held. */
bool store_find(const struct store *store, uint64_t conn,
                struct store_holding *holding);

/* Gives the connection's packets up. Nothing happens if there is none. */
void store_forget(struct store *store, uint64_t conn);

/*
 * `losing` is called before anything is taken away from a connection that was
 * marked, and the mark is gone by then. It may walk and mark, no more.
 */
void store_on_losing(struct store *store,
                     void (*losing)(void *context, uint64_t conn),
                     void *context);
void store_mark(struct store *store, uint64_t conn, bool marked);

struct store_counts store_counts(const struct store *store);

/* A walk over the packets of a connection, in the order they were taken. */
struct store_walk {
    struct store *store;
    uint32_t block;
    uint32_t at;
    uint64_t left;
};

struct store_walk store_walk(struct store *store, uint64_t conn);

/* The bytes live until the next call on this store, whichever walk it is. */
bool store_walk_next(struct store_walk *walk, struct store_packet *packet);

#endif
