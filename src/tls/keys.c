#include "tls/keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum {
    KEY_BLOCK_SIZE = 2 * (TLS_MAC_SIZE + TLS_KEY_SIZE + TLS_IV_SIZE),
    LABEL_SIZE = 64,
    PARAMS = 6
};

/* Runs the key derivation of this name. */
static bool derive(const char *name, const OSSL_PARAM params[], uint8_t *out,
                   size_t size)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool done = context && EVP_KDF_derive(context, out, size, params) > 0;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return done;
}

static OSSL_PARAM bytes_param(const char *key, const void *at, size_t size)
{
    return OSSL_PARAM_construct_octet_string(key, (void *)(uintptr_t)at, size);
}

static OSSL_PARAM text_param(const char *key, const char *text)
{
    return OSSL_PARAM_construct_utf8_string(key, (char *)(uintptr_t)text, 0);
}

static bool expand_key_block(const struct tls_session *session,
                             struct span master, uint8_t *block, size_t size)
{
    static const char label[] = "key expansion";
    OSSL_PARAM params[PARAMS];
    size_t count = 0;

    params[count++] =
        text_param(OSSL_KDF_PARAM_DIGEST, session->version >= TLS_1_2
                                              ? session->suite->hash
                                              : "MD5-SHA1");
    params[count++] =
        bytes_param(OSSL_KDF_PARAM_SECRET, master.at, master.size);
    params[count++] = bytes_param(OSSL_KDF_PARAM_SEED, label, sizeof label - 1);
    params[count++] =
        bytes_param(OSSL_KDF_PARAM_SEED, session->random[1], TLS_RANDOM_SIZE);
    params[count++] =
        bytes_param(OSSL_KDF_PARAM_SEED, session->random[0], TLS_RANDOM_SIZE);
    params[count++] = OSSL_PARAM_construct_end();
    return derive(OSSL_KDF_NAME_TLS1_PRF, params, block, size);
}

/* The IV that the key block has: from TLS 1.1 on CBC sends its own. */
static size_t block_iv(const struct tls_session *session)
{
    const struct tls_cipher *cipher = session->suite->cipher;

    if (cipher->mode == TLS_AEAD)
        return cipher->fixed_nonce;
    return session->version == TLS_1_0 ? cipher->block : 0;
}

bool tls_keys_of_master(const struct tls_session *session, struct span master,
                        unsigned side, struct tls_keys *keys)
{
    uint8_t block[KEY_BLOCK_SIZE];
    size_t mac = session->suite->mac_size;
    size_t key = session->suite->cipher->key;
    size_t iv = block_iv(session);
    const uint8_t *at = block;
    bool done = expand_key_block(session, master, block, 2 * (mac + key + iv));

    if (done) {
        memcpy(keys->mac, at + side * mac, mac);
        at += 2 * mac;
        memcpy(keys->key, at + side * key, key);
        at += 2 * key;
        memcpy(keys->iv, at + side * iv, iv);
    }
    OPENSSL_cleanse(block, sizeof block);
    return done;
}

/* RFC 8446, 7.1, with an empty context. */
static bool expand_label(const struct tls_session *session, struct span secret,
                         const char *label, uint8_t *out, size_t size)
{
    OSSL_PARAM params[PARAMS];
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    uint8_t info[LABEL_SIZE];
    size_t length = strlen(label);
    size_t count = 0;

    info[0] = (uint8_t)(size >> 8);
    info[1] = (uint8_t)size;
    info[2] = (uint8_t)(6 + length);
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, length);
    info[9 + length] = 0;
    params[count++] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
    params[count++] = text_param(OSSL_KDF_PARAM_DIGEST, session->suite->hash);
    params[count++] = bytes_param(OSSL_KDF_PARAM_KEY, secret.at, secret.size);
    params[count++] = bytes_param(OSSL_KDF_PARAM_INFO, info, 10 + length);
    params[count++] = OSSL_PARAM_construct_end();
    return derive(OSSL_KDF_NAME_HKDF, params, out, size);
}

bool tls_keys_of_traffic(const struct tls_session *session, struct span secret,
                         struct tls_keys *keys)
{
    return expand_label(session, secret, "key", keys->key,
                        session->suite->cipher->key) &&
           expand_label(session, secret, "iv", keys->iv, 12);
}

bool tls_update_secret(const struct tls_session *session, uint8_t *secret,
                       size_t size)
{
    uint8_t next[TLS_SECRET_SIZE];
    bool done = size <= sizeof next &&
                expand_label(session, (struct span){secret, size},
                             "traffic upd", next, size);

    if (done)
        memcpy(secret, next, size);
    OPENSSL_cleanse(next, sizeof next);
    return done;
}
