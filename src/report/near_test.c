#include "report/near.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(near_distance("", "", 9), 0);
    assert_int_equal(near_distance("abc", "abc", 9), 0);
    assert_int_equal(near_distance("abc", "", 9), 3);
    assert_int_equal(near_distance("abc", "abd", 9), 1);
    assert_int_equal(near_distance("abc", "xabc", 9), 1);
    assert_int_equal(near_distance("abc", "ac", 9), 1);
    assert_int_equal(near_distance("kitten", "sitting", 9), 3);
    assert_int_equal(near_distance("kitten", "sitting", 2), 2);
    /* longer than a code can be */
    assert_int_equal(
        near_distance("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 3),
        3);
}

static void test_codes(void **state)
{
    enum verdict near[VERDICT_COUNT];

    (void)state;
    assert_int_equal(near_codes(near, "conect-refusd"), 1);
    assert_int_equal(near[0], VERDICT_CONNECT_REFUSED);
    assert_int_equal(near_codes(near, "conect-refud"), 0);
    assert_int_equal(near_codes(near, "write-timeout"), 3);
    assert_int_equal(near[0], VERDICT_WRITE_TIMEOUT_EOF);
    /* whole words only, and not one alone */
    assert_int_equal(near_codes(near, "write-time"), 0);
    assert_int_equal(near_codes(near, "server"), 0);
    assert_int_equal(near_codes(near, ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
