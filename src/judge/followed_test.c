/* What was kept of one is found by its numbers, and gone after its end. */
#include "judge/followed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    CONNS = 500,
    EXCHANGES = 4 /* of each, and the connection itself */
};

static void test_each_is_its_own(void **state)
{
    struct followed followed = {0};

    (void)state;
    for (uint64_t conn = 0; conn < CONNS; conn++) {
        for (uint64_t x = FOLLOWED_CONN; x <= EXCHANGES; x++)
            followed_begin(&followed, conn, x)->look_at =
                (nanos)(1000 * conn + x);
    }
    assert_int_equal(followed.count, CONNS * (EXCHANGES + 1));
    assert_null(followed_find(&followed, CONNS, FOLLOWED_CONN));
    assert_null(followed_find(&followed, 0, EXCHANGES + 1));
    for (uint64_t conn = 0; conn < CONNS; conn++) {
        for (uint64_t x = FOLLOWED_CONN; x <= EXCHANGES; x++)
            assert_int_equal(followed_find(&followed, conn, x)->look_at,
                             1000 * conn + x);
    }
    followed_release(&followed);
}

static void test_end(void **state)
{
    struct followed followed = {0};
    struct followed_one known;
    struct docket_case told = {0};

    (void)state;
    followed_begin(&followed, 7, FOLLOWED_CONN)->known_to_work = true;
    followed_begin(&followed, 7, 1)->told = &told;
    known = followed_end(&followed, 7, 1);
    assert_ptr_equal(known.told, &told);
    assert_false(known.known_to_work);
    assert_null(followed_find(&followed, 7, 1));
    assert_true(followed_end(&followed, 7, FOLLOWED_CONN).known_to_work);
    assert_int_equal(followed.count, 0);
    assert_null(followed_begin(&followed, 7, 1)->told);
    followed_release(&followed);
}

/* Of files nothing is followed: each end asks for what is not there. */
static void test_nothing_is_followed(void **state)
{
    struct followed followed = {0};

    (void)state;
    assert_null(followed_find(&followed, 0, FOLLOWED_CONN));
    assert_null(followed_end(&followed, 0, 1).told);
    assert_null(followed.bucket);
    followed_release(&followed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_its_own),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_nothing_is_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
