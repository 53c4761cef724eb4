#include "http/h2_holders.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    STREAMS = 300,
    STEPS = 20000
};

static void test_none(void **state)
{
    struct h2_holders *holders = h2_holders_new();
    struct h2_holder largest[H2_HOLDERS];
    uint32_t place = 0;

    (void)state;
    h2_holders_largest(holders, largest);
    assert_int_equal(largest[0].stream, 0);
    h2_holders_set(holders, 7, &place, 0);
    h2_holders_largest(holders, largest);
    assert_int_equal(largest[0].stream, 0);
    h2_holders_remove(holders, &place);
    h2_holders_remove(holders, &place); /* not there: nothing to do */
    assert_int_equal(place, 0);
    h2_holders_free(holders);
}

/* Of equals the one that was opened first comes first. */
static void test_equal(void **state)
{
    struct h2_holders *holders = h2_holders_new();
    struct h2_holder largest[H2_HOLDERS];
    uint32_t place[6] = {0};

    (void)state;
    for (uint32_t i = 6; i-- > 0;)
        h2_holders_set(holders, 2 * i + 1, &place[i], 100);
    h2_holders_largest(holders, largest);
    for (uint32_t i = 0; i < H2_HOLDERS; i++)
        assert_int_equal(largest[i].stream, 2 * i + 1);
    h2_holders_free(holders);
}

/* The same as looking at every stream each time. */
static void find_slowly(const uint64_t unread[static STREAMS],
                        struct h2_holder largest[static H2_HOLDERS])
{
    memset(largest, 0, H2_HOLDERS * sizeof *largest);
    for (uint32_t i = 0; i < STREAMS; i++) {
        size_t at = H2_HOLDERS;

        while (at > 0 && unread[i] > largest[at - 1].unread)
            at--;
        for (size_t k = H2_HOLDERS - 1; k > at; k--)
            largest[k] = largest[k - 1];
        if (at < H2_HOLDERS)
            largest[at] =
                (struct h2_holder){.stream = i + 1, .unread = unread[i]};
    }
}

static void test_many(void **state)
{
    struct h2_holders *holders = h2_holders_new();
    struct h2_holder largest[H2_HOLDERS], slowly[H2_HOLDERS];
    uint64_t unread[STREAMS] = {0};
    uint32_t place[STREAMS] = {0};
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        uint32_t stream;

        random = random * 1664525 + 1013904223;
        stream = (random >> 8) % STREAMS;
        if (random >> 29 == 0) {
            unread[stream] = 0;
            h2_holders_remove(holders, &place[stream]);
        } else {
            unread[stream] = (random >> 16) % 1000;
            h2_holders_set(holders, stream + 1, &place[stream], unread[stream]);
        }
        h2_holders_largest(holders, largest);
        find_slowly(unread, slowly);
        for (size_t k = 0; k < H2_HOLDERS; k++) {
            assert_int_equal(largest[k].stream, slowly[k].stream);
            assert_int_equal(largest[k].unread, slowly[k].unread);
        }
    }
    h2_holders_free(holders);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
