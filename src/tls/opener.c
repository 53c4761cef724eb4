#include "tls/opener.h"

#include "base/arena.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum {
    NONCE_SIZE = 12,
    ADDITIONAL_SIZE = 13 /* sequence number, type, version, length */
};

struct tls_opener {
    struct tls_contexts *contexts;
    struct tls_context *context; /* NULL: others have needed it */
    const struct tls_suite *suite;
    uint16_t version;
    bool encrypt_then_mac;
    struct tls_keys keys;
    uint8_t chained[TLS_IV_SIZE]; /* TLS 1.0: the last block before */
};

static bool make_ready(struct tls_opener *opener)
{
    return contexts_use(opener->contexts, &opener->context, opener->suite,
                        &opener->keys);
}

struct tls_opener *tls_opener_new(struct tls_contexts *contexts,
                                  const struct tls_session *session,
                                  const struct tls_keys *keys)
{
    struct tls_opener *opener = must_calloc(1, sizeof *opener);

    opener->contexts = contexts;
    opener->suite = session->suite;
    opener->version = session->version;
    opener->encrypt_then_mac = session->encrypt_then_mac;
    opener->keys = *keys;
    memcpy(opener->chained, keys->iv, sizeof opener->chained);
    if (make_ready(opener))
        return opener;
    tls_opener_free(opener);
    return NULL;
}

void tls_opener_free(struct tls_opener *opener)
{
    if (!opener)
        return;
    contexts_let_go(opener->contexts, &opener->context);
    OPENSSL_clear_free(opener, sizeof *opener);
}

static void put_sequence(uint8_t *at, uint64_t sequence)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(sequence >> (56 - 8 * i));
}

/* RFC 5246, 6.2.3.1: what the MAC or tag covers beside the fragment. */
static void put_additional(uint8_t at[static ADDITIONAL_SIZE],
                           struct span record, uint64_t sequence, size_t size)
{
    put_sequence(at, sequence);
    memcpy(at + 8, record.at, 3);
    at[11] = (uint8_t)(size >> 8);
    at[12] = (uint8_t)size;
}

/* Of the nonce, how much is sent in front of each record. */
static size_t explicit_size(const struct tls_opener *opener)
{
    if (opener->version >= TLS_1_3)
        return 0;
    return NONCE_SIZE - (size_t)opener->suite->cipher->fixed_nonce;
}

static void make_nonce(const struct tls_opener *opener, struct span fragment,
                       uint64_t sequence, uint8_t nonce[static NONCE_SIZE])
{
    size_t sent = explicit_size(opener);
    uint8_t number[8];

    memcpy(nonce, opener->keys.iv, NONCE_SIZE);
    if (sent) {
        memcpy(nonce + NONCE_SIZE - sent, fragment.at, sent);
        return;
    }
    put_sequence(number, sequence);
    for (unsigned i = 0; i < sizeof number; i++)
        nonce[NONCE_SIZE - sizeof number + i] ^= number[i];
}

static int open_aead(struct tls_opener *opener, struct span record,
                     uint64_t sequence, uint8_t *out)
{
    const struct tls_cipher *what = opener->suite->cipher;
    struct span fragment = span_skip(record, TLS_HEADER_SIZE);
    size_t sent = explicit_size(opener);
    bool is_ccm = strstr(what->name, "CCM") != NULL;
    bool is_13 = opener->version >= TLS_1_3;
    uint8_t additional[ADDITIONAL_SIZE];
    uint8_t nonce[NONCE_SIZE];
    const uint8_t *text = fragment.at + sent;
    uint8_t tag[16];
    int size;
    int got;

    if (fragment.size < sent + what->tag)
        return -1;
    size = (int)(fragment.size - sent - what->tag);
    memcpy(tag, text + size, what->tag);
    make_nonce(opener, fragment, sequence, nonce);
    put_additional(additional, record, sequence, (size_t)size);
    if (EVP_CIPHER_CTX_ctrl(opener->context->cipher, EVP_CTRL_AEAD_SET_TAG,
                            what->tag, tag) <= 0 ||
        !EVP_DecryptInit_ex2(opener->context->cipher, NULL, NULL, nonce,
                             NULL) ||
        (is_ccm &&
         !EVP_DecryptUpdate(opener->context->cipher, NULL, &got, NULL, size)))
        return -1;
    if (!EVP_DecryptUpdate(opener->context->cipher, NULL, &got,
                           is_13 ? record.at : additional,
                           is_13 ? TLS_HEADER_SIZE : ADDITIONAL_SIZE) ||
        EVP_DecryptUpdate(opener->context->cipher, out, &got, text, size) <= 0)
        return -1;
    if (!is_ccm &&
        EVP_DecryptFinal_ex(opener->context->cipher, out + size, &got) <= 0)
        return -1;
    return size;
}

static bool mac_fits(struct tls_opener *opener, const uint8_t *additional,
                     struct span covered, const uint8_t *mac)
{
    uint8_t made[TLS_MAC_SIZE];
    size_t size;

    return EVP_MAC_init(opener->context->mac, NULL, 0, NULL) &&
           EVP_MAC_update(opener->context->mac, additional, ADDITIONAL_SIZE) &&
           EVP_MAC_update(opener->context->mac, covered.at, covered.size) &&
           EVP_MAC_final(opener->context->mac, made, &size, sizeof made) &&
           CRYPTO_memcmp(made, mac, opener->suite->mac_size) == 0;
}

/* Takes padding and MAC off; gives what is left, or -1. */
static int strip(struct tls_opener *opener, struct span record,
                 uint64_t sequence, const uint8_t *plain, size_t size,
                 bool padded)
{
    uint8_t additional[ADDITIONAL_SIZE];
    size_t mac = opener->encrypt_then_mac ? 0 : opener->suite->mac_size;
    size_t padding = padded && size ? (size_t)plain[size - 1] + 1 : 0;

    if (size < mac + padding)
        return -1;
    size -= mac + padding;
    if (!mac)
        return (int)size;
    put_additional(additional, record, sequence, size);
    return mac_fits(opener, additional, (struct span){plain, size},
                    plain + size)
               ? (int)size
               : -1;
}

/* RFC 7366: the MAC covers IV and ciphertext, and is behind them. */
static bool is_whole(struct tls_opener *opener, struct span record,
                     uint64_t sequence, struct span *fragment)
{
    uint8_t additional[ADDITIONAL_SIZE];
    size_t mac = opener->suite->mac_size;

    if (!opener->encrypt_then_mac)
        return true;
    if (fragment->size < mac)
        return false;
    fragment->size -= mac;
    put_additional(additional, record, sequence, fragment->size);
    return mac_fits(opener, additional, *fragment,
                    fragment->at + fragment->size);
}

static int open_cbc(struct tls_opener *opener, struct span record,
                    uint64_t sequence, uint8_t *out)
{
    struct span fragment = span_skip(record, TLS_HEADER_SIZE);
    size_t block = opener->suite->cipher->block;
    uint8_t iv[TLS_IV_SIZE];
    int size;

    if (!is_whole(opener, record, sequence, &fragment))
        return -1;
    memcpy(iv, opener->chained, block);
    if (opener->version > TLS_1_0) {
        if (fragment.size < block)
            return -1;
        memcpy(iv, fragment.at, block);
        fragment = span_skip(fragment, block);
    }
    if (fragment.size == 0 || fragment.size % block != 0 ||
        !EVP_DecryptInit_ex2(opener->context->cipher, NULL, NULL, iv, NULL) ||
        !EVP_DecryptUpdate(opener->context->cipher, out, &size, fragment.at,
                           (int)fragment.size))
        return -1;
    size = strip(opener, record, sequence, out, (size_t)size, true);
    if (size >= 0)
        memcpy(opener->chained, fragment.at + fragment.size - block, block);
    return size;
}

static int open_plain(struct tls_opener *opener, struct span record,
                      uint64_t sequence, uint8_t *out)
{
    struct span fragment = span_skip(record, TLS_HEADER_SIZE);

    if (fragment.size)
        memcpy(out, fragment.at, fragment.size);
    return strip(opener, record, sequence, out, fragment.size, false);
}

int tls_open(struct tls_opener *opener, struct span record, uint64_t sequence,
             uint8_t *out, uint8_t *type)
{
    int size;

    if (record.size > TLS_HEADER_SIZE + TLS_FRAGMENT_SIZE ||
        !make_ready(opener))
        return -1;
    *type = record.at[0];
    switch (opener->suite->cipher->mode) {
    case TLS_AEAD:
        size = open_aead(opener, record, sequence, out);
        break;
    case TLS_CBC:
        size = open_cbc(opener, record, sequence, out);
        break;
    default:
        size = open_plain(opener, record, sequence, out);
        break;
    }
    if (size < 0 || opener->version < TLS_1_3)
        return size;
    /* RFC 8446, 5.4: zeros, and before them what it is */
    while (size > 0 && out[size - 1] == 0)
        size--;
    if (size == 0)
        return -1;
    *type = out[--size];
    return size;
}

size_t tls_opener_overhead(const struct tls_opener *opener)
{
    const struct tls_suite *suite = opener->suite;

    if (suite->cipher->mode == TLS_AEAD)
        return TLS_HEADER_SIZE + explicit_size(opener) + suite->cipher->tag +
               (opener->version >= TLS_1_3);
    return TLS_HEADER_SIZE + (size_t)suite->mac_size +
           (opener->version > TLS_1_0 ? suite->cipher->block : 0);
}
