#include "infer/legs_open.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_counts(void **state)
{
    static struct legs_open open = {.counts = true};
    static struct conn conn = {.client = 0};
    const struct exchange first = {.method = "GET", .target = "/api/a?b=/c"};
    const struct exchange same = {.method = "GET", .target = "/a?b=/c"};
    const struct exchange other = {.method = "GET", .target = "/a?b=/d"};
    const struct exchange unread = {.method = NULL};
    const uint32_t *count = &open.count[legs_open_slot(&conn, &first)];

    (void)state;
    legs_open_begin(&open, &conn, &first);
    legs_open_begin(&open, &conn, &same);
    legs_open_begin(&open, &conn, &other);
    assert_int_equal(*count, 2);
    legs_open_end(&open, &conn, &same);
    assert_int_equal(*count, 1);
    legs_open_end(&open, &conn, &first);
    assert_int_equal(*count, 0);
    /* what was never seen to begin takes nothing away */
    legs_open_end(&open, &conn, &first);
    legs_open_end(&open, &conn, &unread);
    assert_int_equal(*count, 0);
    assert_int_equal(open.count[legs_open_slot(&conn, &other)], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
