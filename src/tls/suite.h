/* What a cipher suite is made of, as far as opening its records goes. */
#ifndef TLS_SUITE_H
#define TLS_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_version {
    TLS_1_0 = 0x0301,
    TLS_1_1 = 0x0302,
    TLS_1_2 = 0x0303,
    TLS_1_3 = 0x0304
};

enum tls_mode {
    TLS_PLAIN, /* integrity only (NULL ciphers) */
    TLS_CBC,
    TLS_AEAD
};

struct tls_cipher {
    const char *name; /* OpenSSL's; NULL: none */
    enum tls_mode mode;
    uint8_t key;         /* bytes of the key */
    uint8_t block;       /* of CBC: bytes of a block, and of its IV */
    uint8_t tag;         /* of AEAD */
    uint8_t fixed_nonce; /* of AEAD in TLS 1.2: bytes of it that are no secret
                            of the record's; the other 12 - n are sent */
};

struct tls_suite {
    uint16_t id;
    const char *name; /* IANA's */
    const struct tls_cipher *cipher;
    const char *mac; /* OpenSSL's name of the hash; NULL: AEAD */
    uint8_t mac_size;
    const char *hash; /* of the key derivation */
};

/* NULL: its records cannot be opened. */
const struct tls_suite *tls_suite(uint16_t id);

#endif
