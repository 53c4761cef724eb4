#include "infer/legs_open.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_others_that_ask_the_same(void **state)
{
    static struct legs_open open;
    static struct conn conn = {.client = 0};
    const struct exchange first = {.method = "GET", .target = "/api/a?b=/c"};
    const struct exchange same = {.method = "GET", .target = "/a?b=/c"};
    const struct exchange other = {.method = "GET", .target = "/a?b=/d"};
    const struct exchange unread = {.method = NULL};

    (void)state;
    legs_open_begin(&open, &conn, &first);
    legs_open_begin(&open, &conn, &other);
    legs_open_begin(&open, &conn, &unread);
    legs_open_end(&open, &conn, &first);
    assert_false(legs_open_has(&open, &conn, &first));
    legs_open_begin(&open, &conn, &first);
    legs_open_begin(&open, &conn, &same);
    legs_open_end(&open, &conn, &first);
    assert_true(legs_open_has(&open, &conn, &first));
    legs_open_end(&open, &conn, &same);
    assert_false(legs_open_has(&open, &conn, &same));
    /* what was never seen to begin takes nothing away */
    legs_open_end(&open, &conn, &same);
    legs_open_end(&open, &conn, &unread);
    assert_false(legs_open_has(&open, &conn, &unread));
    assert_true(legs_open_has(&open, &conn, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_others_that_ask_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
