#include "tls/suite.h"

static const struct tls_cipher NOTHING = {NULL, TLS_PLAIN, 0, 0, 0, 0};
static const struct tls_cipher DES3_CBC = {
    "DES-EDE3-CBC", TLS_CBC, 24, 8, 0, 0};
static const struct tls_cipher AES128_CBC = {
    "AES-128-CBC", TLS_CBC, 16, 16, 0, 0};
static const struct tls_cipher AES256_CBC = {
    "AES-256-CBC", TLS_CBC, 32, 16, 0, 0};
static const struct tls_cipher AES128_GCM = {
    "AES-128-GCM", TLS_AEAD, 16, 0, 16, 4};
static const struct tls_cipher AES256_GCM = {
    "AES-256-GCM", TLS_AEAD, 32, 0, 16, 4};
static const struct tls_cipher AES128_CCM = {
    "AES-128-CCM", TLS_AEAD, 16, 0, 16, 4};
static const struct tls_cipher AES256_CCM = {
    "AES-256-CCM", TLS_AEAD, 32, 0, 16, 4};
static const struct tls_cipher AES128_CCM8 = {
    "AES-128-CCM", TLS_AEAD, 16, 0, 8, 4};
static const struct tls_cipher AES256_CCM8 = {
    "AES-256-CCM", TLS_AEAD, 32, 0, 8, 4};
static const struct tls_cipher CHACHA20 = {
    "ChaCha20-Poly1305", TLS_AEAD, 32, 0, 16, 12};

#define MAC_NONE   NULL, 0
#define MAC_MD5    "MD5", 16
#define MAC_SHA1   "SHA1", 20
#define MAC_SHA256 "SHA256", 32
#define MAC_SHA384 "SHA384", 48

#define HASH_SHA256 "SHA256"
#define HASH_SHA384 "SHA384"

static const struct tls_suite suite[] = {
#define SUITE(id, name, cipher, mac, hash)                                     \
    {id, "TLS_" #name, &cipher, MAC_##mac, HASH_##hash},
#include "tls/suites.def"
#undef SUITE
};

const struct tls_suite *tls_suite(uint16_t id)
{
    for (size_t i = 0; i < sizeof suite / sizeof *suite; i++) {
        if (suite[i].id == id)
            return &suite[i];
    }
    return NULL;
}
