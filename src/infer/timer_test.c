#include "infer/timer.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NANOS_PER_MILLI

static struct durations found_of(const nanos *took, size_t count, uint64_t *odd)
{
    struct timer timer = {0};
    struct durations found;

    for (uint32_t i = 0; i < count; i++)
        timer_add(&timer, took[i],
                  (struct mark){.time = (nanos)i * NANOS_PER_SECOND,
                                .frame = i + 1});
    *odd = timer_find(&timer, &found);
    timer_release(&timer);
    return found;
}

static const struct {
    nanos took[8];
    size_t count;
    uint64_t samples;
    uint64_t odd;
    nanos shortest;
    bool is_constant;
} rows[] = {
    {{0},                                          0, 0, 0, 0,         false},
    {{2000 * MS},                                  1, 1, 0, 2000 * MS, false},
    {{2000 * MS, 2010 * MS},                       2, 2, 0, 2000 * MS, true },
 /* one panic beside three that a timer struck */
    {{2000 * MS, 1300 * MS, 2010 * MS, 2005 * MS}, 4, 3, 1, 2000 * MS, true },
 /* two of four agree: that is no timer */
    {{2000 * MS, 1300 * MS, 2010 * MS, 900 * MS},  4, 4, 0, 900 * MS,  false},
 /* nothing before the clock's beginning, and short ones are alike sooner */
    {{-5 * MS, 10 * MS, 10 * MS, 10 * MS},         4, 3, 0, 10 * MS,   true },
    {{-5, -6, -7},                                 3, 0, 0, 0,         false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t odd;
        struct durations found = found_of(rows[i].took, rows[i].count, &odd);

        assert_int_equal(found.samples, rows[i].samples);
        assert_int_equal(odd, rows[i].odd);
        assert_int_equal(found.shortest, rows[i].shortest);
        assert_int_equal(durations_constant(&found, 2), rows[i].is_constant);
    }
}

static void test_the_oldest_go(void **state)
{
    struct timer timer = {0};
    struct durations found;
    struct mark at = {0};

    (void)state;
    for (uint32_t i = 0; i < 3 * TIMER_DELAYS_KEPT; i++) {
        at = (struct mark){.time = (nanos)i * NANOS_PER_SECOND, .frame = i + 1};
        timer_add(&timer, i < 2 * TIMER_DELAYS_KEPT ? 700 * MS : 1500 * MS, at);
    }
    assert_int_equal(timer_find(&timer, &found), 0);
    assert_int_equal(found.samples, TIMER_DELAYS_KEPT);
    assert_int_equal(found.shortest, 1500 * MS);
    assert_int_equal(timer_longest_within(&timer, 1400 * MS, &at), 0);
    assert_int_equal(timer_longest_within(&timer, 1600 * MS, &at), 1500 * MS);
    assert_int_equal(at.frame, 2 * TIMER_DELAYS_KEPT + 1);
    timer_release(&timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_the_oldest_go),
    };

    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
