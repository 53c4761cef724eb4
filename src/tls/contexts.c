#include "tls/contexts.h"

#include "base/arena.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONCE_SIZE = 12,
    CIPHERS_MOST = 16 /* more than suite.c has */
};

struct fetched {
    const struct tls_cipher *what;
    EVP_CIPHER *cipher;
};

struct tls_contexts {
    struct tls_context *newest;
    struct tls_context *oldest;
    size_t count;
    struct fetched fetched[CIPHERS_MOST];
    size_t ciphers;
};

struct tls_contexts *contexts_new(void)
{
    return must_calloc(1, sizeof(struct tls_contexts));
}

static void clear(struct tls_context *context)
{
    EVP_CIPHER_CTX_free(context->cipher);
    EVP_MAC_CTX_free(context->mac);
    context->cipher = NULL;
    context->mac = NULL;
    if (context->owner)
        *context->owner = NULL;
    context->owner = NULL;
}

void contexts_free(struct tls_contexts *contexts)
{
    struct tls_context *older;

    if (!contexts)
        return;
    for (struct tls_context *one = contexts->newest; one; one = older) {
        older = one->older;
        clear(one);
        free(one);
    }
    for (size_t i = 0; i < contexts->ciphers; i++)
        EVP_CIPHER_free(contexts->fetched[i].cipher);
    free(contexts);
}

/* libcrypto looks long for it: once is enough. */
static EVP_CIPHER *fetch(struct tls_contexts *contexts,
                         const struct tls_cipher *what)
{
    struct fetched *free_one = &contexts->fetched[contexts->ciphers];

    for (size_t i = 0; i < contexts->ciphers; i++) {
        if (contexts->fetched[i].what == what)
            return contexts->fetched[i].cipher;
    }
    if (contexts->ciphers == CIPHERS_MOST)
        return NULL;
    *free_one =
        (struct fetched){what, EVP_CIPHER_fetch(NULL, what->name, NULL)};
    contexts->ciphers++;
    return free_one->cipher;
}

static bool start_cipher(struct tls_contexts *contexts,
                         struct tls_context *context,
                         const struct tls_cipher *what,
                         const struct tls_keys *keys)
{
    EVP_CIPHER *cipher;
    bool done;

    if (!what->name)
        return true;
    cipher = fetch(contexts, what);
    context->cipher = EVP_CIPHER_CTX_new();
    done = cipher && context->cipher &&
           EVP_DecryptInit_ex2(context->cipher, cipher, NULL, NULL, NULL);
    if (done && what->mode == TLS_AEAD) {
        done = EVP_CIPHER_CTX_ctrl(context->cipher, EVP_CTRL_AEAD_SET_IVLEN,
                                   NONCE_SIZE, NULL) > 0;
        /* CCM wants the size of its tag before the key */
        if (done && strstr(what->name, "CCM"))
            done = EVP_CIPHER_CTX_ctrl(context->cipher, EVP_CTRL_AEAD_SET_TAG,
                                       what->tag, NULL) > 0;
    }
    done = done &&
           EVP_DecryptInit_ex2(context->cipher, NULL, keys->key, NULL, NULL);
    if (done && what->mode == TLS_CBC)
        EVP_CIPHER_CTX_set_padding(context->cipher, 0);
    return done;
}

static bool start_mac(struct tls_context *context,
                      const struct tls_suite *suite,
                      const struct tls_keys *keys)
{
    OSSL_PARAM params[2];
    EVP_MAC *mac;
    bool done;

    if (!suite->mac)
        return true;
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                         (char *)(uintptr_t)suite->mac, 0);
    params[1] = OSSL_PARAM_construct_end();
    mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    context->mac = mac ? EVP_MAC_CTX_new(mac) : NULL;
    done = context->mac &&
           EVP_MAC_init(context->mac, keys->mac, suite->mac_size, params);
    EVP_MAC_free(mac);
    return done;
}

static void take_out(struct tls_contexts *contexts, struct tls_context *one)
{
    if (one->newer)
        one->newer->older = one->older;
    else
        contexts->newest = one->older;
    if (one->older)
        one->older->newer = one->newer;
    else
        contexts->oldest = one->newer;
}

static void put_newest(struct tls_contexts *contexts, struct tls_context *one)
{
    one->newer = NULL;
    one->older = contexts->newest;
    if (one->older)
        one->older->newer = one;
    else
        contexts->oldest = one;
    contexts->newest = one;
}

static void put_oldest(struct tls_contexts *contexts, struct tls_context *one)
{
    one->older = NULL;
    one->newer = contexts->oldest;
    if (one->newer)
        one->newer->older = one;
    else
        contexts->newest = one;
    contexts->oldest = one;
}

/* One that nobody has, the newest from now on. */
static struct tls_context *get_free(struct tls_contexts *contexts)
{
    struct tls_context *one = contexts->oldest;

    if (!one || (one->owner && contexts->count < CONTEXTS_KEPT)) {
        one = must_calloc(1, sizeof *one);
        contexts->count++;
    } else {
        take_out(contexts, one);
        clear(one);
    }
    put_newest(contexts, one);
    return one;
}

bool contexts_use(struct tls_contexts *contexts, struct tls_context **owner,
                  const struct tls_suite *suite, const struct tls_keys *keys)
{
    struct tls_context *one = *owner;

    if (one) {
        if (one != contexts->newest) {
            take_out(contexts, one);
            put_newest(contexts, one);
        }
        return true;
    }
    one = get_free(contexts);
    if (!start_cipher(contexts, one, suite->cipher, keys) ||
        !start_mac(one, suite, keys)) {
        clear(one);
        take_out(contexts, one);
        put_oldest(contexts, one);
        return false;
    }
    one->owner = owner;
    *owner = one;
    return true;
}

void contexts_let_go(struct tls_contexts *contexts, struct tls_context **owner)
{
    struct tls_context *one = *owner;

    if (!one)
        return;
    clear(one);
    take_out(contexts, one);
    put_oldest(contexts, one);
}
