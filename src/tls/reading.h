/*
 * A connection whose records are opened, or may be: its two directions, what
 * is known of its hello, and the sink that is told what they hold.
 */
#ifndef TLS_READING_H
#define TLS_READING_H

#include "tls/beginning.h"
#include "tls/direction.h"
#include "tls/held_chunks.h"
#include "tls/renewal.h"
#include "tls/watch.h"

/* What every connection of a run shares. */
struct tls_shared {
    struct tcp_sink sink;
    struct keylog *keylog; /* borrowed; NULL: nobody has keys */
    uint64_t opened;       /* connections whose secrets are known */
    uint64_t failed;       /* records that did not open */
    struct tls_contexts *contexts;
    uint8_t scratch[TLS_FRAGMENT_SIZE];
};

struct tls_reading {
    struct tls_shared *shared;
    struct conn *conn;
    struct tls_watch *watch;
    struct tls_ring ring;
    struct tls_renewal *renewal; /* owned; NULL: nobody renegotiates */
    struct held_chunks early;    /* the client's, until it is known whether the
                                    server takes its early data */
    bool opens;                  /* its secrets are known */
    bool ended[2];               /* by an alert, before TCP's end */
    uint8_t client;
    struct beginning *beginning; /* two, owned; NULL once it opens */
    struct tls_direction direction[2];
};

/* The shared part, the connection and its watch are borrowed; the caller owns
 * the reading. */
struct tls_reading *reading_new(struct tls_shared *shared, struct conn *conn,
                                struct tls_watch *watch, unsigned client);

/* Wipes it. NULL does nothing. */
void reading_free(struct tls_reading *reading);

/* False: it is no TLS that can be opened; whoever comes next gets it as it
 * is. */
bool reading_take(struct tls_reading *reading, unsigned side,
                  const struct chunk *chunk);
bool reading_gap(struct tls_reading *reading, unsigned side,
                 const struct chunk *gap);

/* No more comes of the side. */
void reading_end(struct tls_reading *reading, unsigned side, struct mark at);

#endif
