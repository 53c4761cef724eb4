/*
 * libcrypto's contexts are large, and of many connections few are busy: openers
 * share a number of them. Who needs one gets that which was used longest ago,
 * with its own keys.
 */
#ifndef TLS_CONTEXTS_H
#define TLS_CONTEXTS_H

#include "tls/keys.h"

#include <openssl/evp.h>

enum {
    CONTEXTS_KEPT = 256
};

struct tls_contexts;

struct tls_context {
    EVP_CIPHER_CTX *cipher; /* NULL: its suite has none */
    EVP_MAC_CTX *mac;
    struct tls_context **owner; /* where who has it keeps it; NULL: nobody */
    struct tls_context *newer;
    struct tls_context *older;
};

struct tls_contexts *contexts_new(void);
void contexts_free(struct tls_contexts *contexts);

/*
 * Makes sure that *owner is a context with these keys: it is by now, or becomes
 * one and stays it until others have needed it, when it is NULL. False:
 * libcrypto would not.
 */
bool contexts_use(struct tls_contexts *contexts, struct tls_context **owner,
                  const struct tls_suite *suite, const struct tls_keys *keys);

/* It is of no more use to *owner, who may have none; keys in it are wiped. */
void contexts_let_go(struct tls_contexts *contexts, struct tls_context **owner);

#endif
