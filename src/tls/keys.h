/*
 * The keys of one direction in one epoch, derived from what was logged: by
 * the PRF of TLS 1.2 and before (RFC 5246, 5 and 6.3; RFC 2246), or by
 * HKDF-Expand-Label (RFC 8446, 7.1 and 7.3). All of it is libcrypto's work.
 */
#ifndef TLS_KEYS_H
#define TLS_KEYS_H

#include "tls/keylog.h"
#include "tls/suite.h"

enum {
    TLS_KEY_SIZE = 32,
    TLS_IV_SIZE = 16,
    TLS_MAC_SIZE = 48
};

struct tls_keys {
    uint8_t key[TLS_KEY_SIZE];
    uint8_t iv[TLS_IV_SIZE]; /* or the nonce's fixed part */
    uint8_t mac[TLS_MAC_SIZE];
};

/* What both sides said in the clear. */
struct tls_session {
    const struct tls_suite *suite;
    uint16_t id; /* the suite's, known or not */
    uint16_t version;
    bool encrypt_then_mac;
    uint8_t random[2][TLS_RANDOM_SIZE]; /* client's, server's */
};

/* The keys of client (side 0) or server (1). False: libcrypto would not. */
bool tls_keys_of_master(const struct tls_session *session, struct span master,
                        unsigned side, struct tls_keys *keys);
bool tls_keys_of_traffic(const struct tls_session *session, struct span secret,
                         struct tls_keys *keys);

/* The traffic secret that a KeyUpdate goes on to, in place. */
bool tls_update_secret(const struct tls_session *session, uint8_t *secret,
                       size_t size);

#endif
