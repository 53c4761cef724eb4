#include "tls/keys.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* RFC 8448, 3: a secret of TLS_AES_128_GCM_SHA256, and the keys it gives. */
struct derived {
    uint8_t secret[32];
    uint8_t key[16];
    uint8_t iv[12];
};

static const struct derived derived[] = {
  /* {server} derive write traffic keys for handshake data */
    {{0xb6, 0x7b, 0x7d, 0x69, 0x0c, 0xc1, 0x6c, 0x4e, 0x75, 0xe5, 0x42,
      0x13, 0xcb, 0x2d, 0x37, 0xb4, 0xe9, 0xc9, 0x12, 0xbc, 0xde, 0xd9,
      0x10, 0x5d, 0x42, 0xbe, 0xfd, 0x59, 0xd3, 0x91, 0xad, 0x38},
     {0x3f, 0xce, 0x51, 0x60, 0x09, 0xc2, 0x17, 0x27, 0xd0, 0xf2, 0xe4, 0xe8,
      0x6e, 0xe4, 0x03, 0xbc},
     {0x5d, 0x31, 0x3e, 0xb2, 0x67, 0x12, 0x76, 0xee, 0x13, 0x00, 0x0b, 0x30}},
 /* {client} */
    {{0xb3, 0xed, 0xdb, 0x12, 0x6e, 0x06, 0x7f, 0x35, 0xa7, 0x80, 0xb3,
      0xab, 0xf4, 0x5e, 0x2d, 0x8f, 0x3b, 0x1a, 0x95, 0x07, 0x38, 0xf5,
      0x2e, 0x96, 0x00, 0x74, 0x6a, 0x0e, 0x27, 0xa5, 0x5a, 0x21},
     {0xdb, 0xfa, 0xa6, 0x93, 0xd1, 0x76, 0x2c, 0x5b, 0x66, 0x6a, 0xf5, 0xd9,
      0x50, 0x25, 0x8d, 0x01},
     {0x5b, 0xd3, 0xc7, 0x1b, 0x83, 0x6e, 0x0b, 0x76, 0xbb, 0x73, 0x26, 0x5f}},
};

static void test_traffic_keys(void **state)
{
    struct tls_session session = {.suite = tls_suite(0x1301),
                                  .version = TLS_1_3};

    (void)state;
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        const struct derived *row = &derived[i];
        struct tls_keys keys;

        assert_true(tls_keys_of_traffic(
            &session, (struct span){row->secret, sizeof row->secret}, &keys));
        assert_memory_equal(keys.key, row->key, sizeof row->key);
        assert_memory_equal(keys.iv, row->iv, sizeof row->iv);
    }
}

/* An update gives another secret, and always the same. */
static void test_update(void **state)
{
    struct tls_session session = {.suite = tls_suite(0x1301),
                                  .version = TLS_1_3};
    uint8_t a[32] = {1};
    uint8_t b[32] = {1};

    (void)state;
    assert_true(tls_update_secret(&session, a, sizeof a));
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(tls_update_secret(&session, b, sizeof b));
    assert_memory_equal(a, b, sizeof a);
    assert_false(tls_update_secret(&session, a, TLS_SECRET_SIZE + 1));
}

static void test_unknown_suite(void **state)
{
    (void)state;
    assert_null(tls_suite(0));
    assert_null(tls_suite(0x0005)); /* RC4 */
    assert_non_null(tls_suite(0x1303));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traffic_keys),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_unknown_suite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
