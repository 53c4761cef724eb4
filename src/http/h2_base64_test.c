#include "http/h2_base64.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_settings(void **state)
{
    /* what curl 7.88 sends: 3 = 100, 4 = 33554432, 2 = 0 */
    static const uint8_t curl[] = {0, 3, 0, 0, 0, 100, 0, 4, 2,
                                   0, 0, 0, 0, 2, 0,   0, 0, 0};
    uint8_t to[H2_SETTINGS_SIZE];
    struct span read =
        h2_read_base64url(span_of_text("AAMAAABkAAQCAAAAAAIAAAAA"), to);

    (void)state;
    assert_int_equal(read.size, sizeof curl);
    assert_memory_equal(read.at, curl, sizeof curl);
    read = h2_read_base64url(span_of_text("AAMAAABkAAQAAP__"), to);
    assert_int_equal(read.size, 12);
    assert_int_equal(read.at[11], 0xff);
    read = h2_read_base64url(span_of_text("AAM="), to);
    assert_int_equal(read.size, 2);
}

static void test_no_base64url(void **state)
{
    uint8_t to[H2_SETTINGS_SIZE];
    char long_one[4 * H2_SETTINGS_SIZE];

    (void)state;
    memset(long_one, 'A', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_int_equal(h2_read_base64url(span_of_text("AA/+"), to).size, 0);
    assert_int_equal(h2_read_base64url(span_of_text("A A"), to).size, 0);
    assert_int_equal(h2_read_base64url(span_of_text(""), to).size, 0);
    assert_int_equal(h2_read_base64url(span_of_text(long_one), to).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_no_base64url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
