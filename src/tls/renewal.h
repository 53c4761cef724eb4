/*
 * Renegotiation (TLS 1.2 and before; RFC 5746): other hellos inside the
 * connection, after which each side changes to other keys in its own time.
 */
#ifndef TLS_RENEWAL_H
#define TLS_RENEWAL_H

#include "tls/beginning.h"
#include "tls/direction.h"

struct tls_renewal {
    struct tls_ring ring;
    struct beginning beginning[2]; /* client's, server's */
    bool is_changed[2];            /* the role has its new keys */
};

/* A handshake record that was opened; NULL is made one when it begins with a
 * ClientHello. */
void renewal_take(struct tls_renewal **renewal, unsigned role,
                  struct span fragment);

/* The ring whose keys the role changes to with its next ChangeCipherSpec, with
 * the secrets that are logged; NULL: they are not known. */
const struct tls_ring *renewal_ring(struct tls_renewal *renewal,
                                    struct keylog *keylog);

/* Wipes it. NULL does nothing. */
void renewal_free(struct tls_renewal *renewal);

#endif
