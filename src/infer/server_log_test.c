#include "infer/server_log.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add(struct server_log *log, uint64_t frame)
{
    const struct log_entry entry = {
        .kind = LOG_ANSWERED,
        .at = {.time = (nanos)frame, .frame = frame & 0xffffffff}
    };

    server_log_add(log, &entry);
}

static void must_be_in_order(const struct server_log *log)
{
    for (size_t i = 1; i < log->count; i++)
        assert_true(server_log_at(log, i - 1)->at.frame <=
                    server_log_at(log, i)->at.frame);
}

/* A connection is told of when it is over, and began long before. */
static void test_order(void **state)
{
    static const uint64_t frame[] = {5, 9, 1, 7, 7, 3, 12};
    struct server_log log = {0};

    (void)state;
    for (size_t i = 0; i < sizeof frame / sizeof *frame; i++)
        add(&log, frame[i]);
    assert_int_equal(log.count, sizeof frame / sizeof *frame);
    assert_int_equal(server_log_at(&log, 0)->at.frame, 1);
    assert_int_equal(server_log_at(&log, log.count - 1)->at.frame, 12);
    must_be_in_order(&log);
    server_log_release(&log);
    assert_int_equal(log.count, 0);
}

static void test_the_oldest_goes(void **state)
{
    struct server_log log = {0};

    (void)state;
    for (uint64_t i = 0; i < SERVER_LOG_KEPT; i++)
        add(&log, 10 + 10 * i);
    add(&log, 1); /* older than all that are kept */
    assert_int_equal(log.count, SERVER_LOG_KEPT);
    assert_int_equal(server_log_at(&log, 0)->at.frame, 10);
    add(&log, 25);
    assert_int_equal(log.count, SERVER_LOG_KEPT);
    assert_int_equal(server_log_at(&log, 0)->at.frame, 20);
    assert_int_equal(server_log_at(&log, 1)->at.frame, 25);
    assert_int_equal(server_log_at(&log, 2)->at.frame, 30);
    add(&log, 100000);
    assert_int_equal(server_log_at(&log, 0)->at.frame, 25);
    assert_int_equal(server_log_at(&log, SERVER_LOG_KEPT - 1)->at.frame,
                     100000);
    must_be_in_order(&log);
    server_log_release(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_the_oldest_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
