/* Clocks that are known, and what packets tell of them. */
#include "compare/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#define MILLI NANOS_PER_MILLI

/* A made clock: packets every 10 ms, whose delay is at least `there` or `back`
 * and otherwise as a row of numbers has it. */
struct path {
    nanos offset;
    double drift;
    nanos there;
    nanos back;
    nanos lasts;
    nanos step; /* of the clock, in the middle */
};

static nanos jitter(unsigned n)
{
    return (nanos)(n * 2654435761u % 7919) * 1000;
}

static struct clock seen(const struct path *path)
{
    const nanos zero = INT64_C(1700000000) * NANOS_PER_SECOND;
    struct clock clock;
    unsigned n = 0;

    clock_init(&clock, zero, zero + path->lasts);
    for (nanos at = 0; at <= path->lasts; at += 10 * MILLI, n++) {
        nanos offset = path->offset + (nanos)(path->drift * (double)at);

        if (at > path->lasts / 2)
            offset += path->step;
        clock_take(&clock, zero + at,
                   zero + at + offset + path->there + jitter(n), false);
        clock_take(&clock, zero + at + path->back + jitter(n + 5),
                   zero + at + offset, true);
    }
    clock_fit(&clock);
    return clock;
}

static void assert_within(nanos value, nanos wanted, nanos error)
{
    assert_true(value >= wanted - error && value <= wanted + error);
}

static void an_offset_is_found(void **state)
{
    struct path path = {-3723 * MILLI, 0, 2 * MILLI, 2 * MILLI,
                        4000 * MILLI,  0};
    struct clock clock = seen(&path);

    (void)state;
    assert_int_equal(clock.state, CLOCK_ALIGNED);
    assert_within(clock.offset, path.offset, MILLI / 5);
    assert_true(clock.error >= 2 * MILLI && clock.error < 5 * MILLI / 2);
    assert_true(clock.drift_least <= 0 && clock.drift_most >= 0);
}

static void a_drift_is_found(void **state)
{
    struct path path = {90 * MILLI, 40e-6, MILLI, MILLI, 300000 * MILLI, 0};
    struct clock clock = seen(&path);

    (void)state;
    assert_int_equal(clock.state, CLOCK_ALIGNED);
    assert_true(fabs(clock.drift - 40e-6) < 3e-6);
    assert_true(clock.drift_least <= 40e-6 && clock.drift_most >= 40e-6);
    assert_within(clock.offset, path.offset, clock.error);
}

/* What cannot be told from an offset is inside the error. */
static void a_slower_way_is_inside_the_error(void **state)
{
    struct path path = {0, 0, 30 * MILLI, 2 * MILLI, 4000 * MILLI, 0};
    struct clock clock = seen(&path);

    (void)state;
    assert_int_equal(clock.state, CLOCK_ALIGNED);
    assert_within(path.offset, clock.offset, clock.error);
    assert_true(clock.error > 15 * MILLI);
}

static void a_clock_that_is_set_is_no_line(void **state)
{
    struct path path = {0, 0, MILLI, MILLI, 4000 * MILLI, 5000 * MILLI};
    struct clock clock = seen(&path);

    (void)state;
    assert_int_equal(clock.state, CLOCK_BROKEN);
}

static void there_and_here_are_inverse(void **state)
{
    struct path path = {90 * MILLI, 40e-6, MILLI, MILLI, 300000 * MILLI, 0};
    struct clock clock = seen(&path);
    nanos at = clock.from + 200000 * MILLI;

    (void)state;
    assert_within(clock_here(&clock, clock_there(&clock, at)), at, 1000);
}

static void one_direction_is_one_bound(void **state)
{
    struct clock clock;

    (void)state;
    clock_init(&clock, 0, 100);
    clock_fit(&clock);
    assert_int_equal(clock.state, CLOCK_UNKNOWN);
    clock_take(&clock, 10, 25, false);
    clock_take(&clock, 20, 32, false);
    clock_fit(&clock);
    assert_int_equal(clock.state, CLOCK_ONE_SIDED);
    assert_int_equal(clock.offset, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offset_is_found),
        cmocka_unit_test(a_drift_is_found),
        cmocka_unit_test(a_slower_way_is_inside_the_error),
        cmocka_unit_test(a_clock_that_is_set_is_no_line),
        cmocka_unit_test(there_and_here_are_inverse),
        cmocka_unit_test(one_direction_is_one_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
