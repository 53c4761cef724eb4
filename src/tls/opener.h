/*
 * An opener opens the records of one direction in one epoch: AEAD ciphers
 * (RFC 5246, 6.2.3.3; RFC 8446, 5.2), CBC with its MAC before or behind the
 * encryption (RFC 5246, 6.2.3.2; RFC 7366), and what is only protected. The
 * tag or MAC proves the sequence number: one that does not fit opens nothing.
 */
#ifndef TLS_OPENER_H
#define TLS_OPENER_H

#include "tls/contexts.h"

enum {
    TLS_HEADER_SIZE = 5,
    TLS_FRAGMENT_SIZE = (1 << 14) + 2048 /* RFC 5246, 6.2.3 */
};

struct tls_opener;

/* NULL: libcrypto would not. The caller owns it; the keys are copied, the
 * contexts borrowed. */
struct tls_opener *tls_opener_new(struct tls_contexts *contexts,
                                  const struct tls_session *session,
                                  const struct tls_keys *keys);

/* Wipes it. NULL does nothing. */
void tls_opener_free(struct tls_opener *opener);

/*
 * Opens a whole record, header included, as number `sequence`. Gives how many
 * bytes of plaintext are in `out`, which has TLS_FRAGMENT_SIZE; and in `type`
 * what they are, padding taken off. -1: it does not open so.
 */
int tls_open(struct tls_opener *opener, struct span record, uint64_t sequence,
             uint8_t *out, uint8_t *type);

/* How much longer a record is than its plaintext, at least. */
size_t tls_opener_overhead(const struct tls_opener *opener);

#endif
