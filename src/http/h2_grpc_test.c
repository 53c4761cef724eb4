/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/h2_grpc.h"

/* Three messages of 3, 0 and 300 bytes, and the beginning of a fourth. */
static size_t make(uint8_t bytes[static 400])
{
    static const uint8_t head[] = {0, 0, 0, 0, 3, 'a', 'b', 'c', 1,
                                   0, 0, 0, 0, 0, 0,   0,   1,   44};

    memset(bytes, 'x', 400);
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head + 300, head, 4);
    return sizeof head + 300 + 4;
}

static void test_any_cut(void **state)
{
    uint8_t bytes[400];
    size_t size = make(bytes);

    (void)state;
    for (size_t step = 1; step <= size; step++) {
        struct h2_grpc grpc = {0};

        for (size_t at = 0; at < size; at += step)
            h2_grpc_take(&grpc,
                         (struct span){bytes + at,
                                       size - at < step ? size - at : step});
        assert_int_equal(grpc.whole, 3);
        assert_int_equal(grpc.prefix_size, 4);
        assert_false(grpc.lost);
    }
}

/* A message counts once its last byte is there, an empty one at once. */
static void test_whole(void **state)
{
    static const uint8_t bytes[] = {0, 0, 0, 0, 1, 'a', 0, 0, 0, 0, 0};
    static const uint32_t whole[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2};
    struct h2_grpc grpc = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        h2_grpc_take(&grpc, (struct span){bytes + i, 1});
        assert_int_equal(grpc.whole, whole[i]);
    }
}

static void test_largest(void **state)
{
    static const uint8_t prefix[] = {1, 0xff, 0xff, 0xff, 0xff};
    static uint8_t some[1 << 16];
    struct h2_grpc grpc = {0};

    (void)state;
    h2_grpc_take(&grpc, (struct span){prefix, sizeof prefix});
    assert_int_equal(grpc.left, UINT32_MAX);
    for (size_t i = 0; i < 1 << 16; i++)
        h2_grpc_take(&grpc, (struct span){some, sizeof some - (i == 0)});
    assert_int_equal(grpc.whole, 1);
    assert_int_equal(grpc.prefix_size, 0);
}

static void test_missing(void **state)
{
    static const uint8_t bytes[] = {0, 0, 0, 0, 0};
    struct h2_grpc grpc = {0};

    (void)state;
    h2_grpc_take(&grpc, (struct span){bytes, sizeof bytes});
    h2_grpc_take(&grpc, (struct span){NULL, 7});
    h2_grpc_take(&grpc, (struct span){bytes, sizeof bytes});
    assert_true(grpc.lost);
    assert_int_equal(grpc.whole, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_cut),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_missing),
    };

    return cmocka_run_group_tests_name("h2_grpc", tests, NULL, NULL);
}
