#include "judge/coverage.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND NANOS_PER_SECOND

static struct coverage begin(nanos at)
{
    struct coverage coverage = {.back = SECOND};

    coverage_tick(&coverage, (struct mark){.time = at, .frame = 1});
    return coverage;
}

static void tick(struct coverage *coverage, nanos at)
{
    uint64_t frame = coverage->last.frame + 1;

    coverage_tick(coverage,
                  (struct mark){.time = at, .frame = frame & 0xffffffffffff});
}

static void test_losses(void **state)
{
    struct coverage coverage = begin(100 * SECOND);

    (void)state;
    assert_int_equal(coverage_lost(&coverage, 0, INT64_MAX), 0);
    tick(&coverage, 110 * SECOND);
    coverage_lose(&coverage, 105 * SECOND, 7);
    assert_int_equal(coverage_lost(&coverage, 0, 104 * SECOND), 0);
    assert_int_equal(coverage_lost(&coverage, 0, 105 * SECOND), 7);
    assert_int_equal(coverage_lost(&coverage, 107 * SECOND, 108 * SECOND), 7);
    assert_int_equal(coverage_lost(&coverage, 110 * SECOND, 120 * SECOND), 7);
    assert_int_equal(coverage_lost(&coverage, 111 * SECOND, 120 * SECOND), 0);
    tick(&coverage, 130 * SECOND);
    coverage_lose(&coverage, 125 * SECOND, 3);
    assert_int_equal(coverage_lost(&coverage, 111 * SECOND, 124 * SECOND), 0);
    assert_int_equal(coverage_lost(&coverage, 0, 200 * SECOND), 10);
}

/* It reaches to the packet that is read behind it. */
static void test_loss_goes_on(void **state)
{
    struct coverage coverage = begin(100 * SECOND);

    (void)state;
    coverage_lose(&coverage, 100 * SECOND, 5);
    assert_int_equal(coverage_lost(&coverage, 102 * SECOND, 103 * SECOND), 0);
    tick(&coverage, 104 * SECOND);
    coverage_lose(&coverage, 100 * SECOND, 0);
    assert_int_equal(coverage_lost(&coverage, 102 * SECOND, 103 * SECOND), 5);
    coverage_lose(&coverage, 100 * SECOND, 2);
    assert_int_equal(coverage_lost(&coverage, 102 * SECOND, 103 * SECOND), 7);
    assert_int_equal(coverage.losses, 1);
}

/* The oldest become one; none is forgotten, none counted twice. */
static void test_losses_kept(void **state)
{
    struct coverage coverage = begin(0);

    (void)state;
    for (nanos i = 1; i <= COVERAGE_LOSSES_KEPT + 2; i++) {
        tick(&coverage, 10 * i * SECOND);
        coverage_lose(&coverage, (10 * i - 1) * SECOND, 1);
    }
    assert_int_equal(coverage.losses, COVERAGE_LOSSES_KEPT);
    assert_int_equal(coverage_lost(&coverage, 0, INT64_MAX),
                     COVERAGE_LOSSES_KEPT + 2);
    assert_int_equal(coverage_lost(&coverage, 0, 8 * SECOND), 0);
    assert_int_equal(coverage_lost(&coverage, 15 * SECOND, 16 * SECOND), 3);
    assert_int_equal(coverage_lost(&coverage, 31 * SECOND, 38 * SECOND), 0);
    assert_int_equal(coverage_lost(&coverage, 39 * SECOND, 40 * SECOND), 1);
}

/* What was lost before the clock was set back is lost after it, too. */
static void test_loss_over_a_step(void **state)
{
    struct coverage coverage = begin(5000 * SECOND);

    (void)state;
    tick(&coverage, 1000 * SECOND);
    coverage_lose(&coverage, 5000 * SECOND, 4);
    assert_int_equal(coverage_lost(&coverage, 999 * SECOND, 1001 * SECOND), 4);
}

/* A step is the end of a run; who was seen in it could be seen until then. */
static void test_step(void **state)
{
    struct coverage coverage = begin(5000 * SECOND);
    struct mark before = coverage.last;
    struct mark until;

    (void)state;
    tick(&coverage, 5002 * SECOND);
    tick(&coverage, 1000 * SECOND);
    tick(&coverage, 1001 * SECOND);
    until = coverage_until(&coverage, before);
    assert_int_equal(until.time, 5002 * SECOND);
    until = coverage_until(&coverage, (struct mark){.frame = 3});
    assert_int_equal(until.time, 1001 * SECOND);
    coverage_pass(&coverage, 1005 * SECOND);
    until = coverage_until(&coverage, (struct mark){.frame = 3});
    assert_int_equal(until.time, 1005 * SECOND);
    /* the packets of several queues may come in another order */
    tick(&coverage, 1004 * SECOND + SECOND / 2);
    assert_int_equal(coverage.runs, 1);
    assert_int_equal(coverage.last.time, 1005 * SECOND);
}

/* Who was last seen in a run that is not kept was seen no longer. */
static void test_runs_kept(void **state)
{
    struct coverage coverage = begin(0);
    const nanos apart = 2 * COVERAGE_STANDSTILL;
    struct mark second = {.frame = 2, .time = apart};
    struct mark until;

    (void)state;
    /* each run has two packets, a second apart */
    for (nanos i = 0; i < COVERAGE_RUNS_KEPT + 3; i++) {
        tick(&coverage, i * apart + SECOND);
        tick(&coverage, (i + 1) * apart);
    }
    until = coverage_until(&coverage, second);
    assert_int_equal(until.frame, 2);
    assert_int_equal(until.time, apart);
    /* the latest run before the present one, its first packet */
    second.frame = coverage.last.frame - 2;
    until = coverage_until(&coverage, second);
    assert_int_equal(until.frame, second.frame + 1);
}

static struct coverage begin_files(nanos at)
{
    struct coverage coverage = {.of_files = true, .back = SECOND};

    coverage_tick(&coverage, (struct mark){.time = at, .frame = 1});
    return coverage;
}

/* The next packet, of that file. */
static struct mark tick_of(struct coverage *coverage, uint16_t file, nanos at)
{
    struct mark mark = {.time = at,
                        .frame = (coverage->last.frame + 1) & 0xffffffffffff,
                        .file = file};

    coverage_tick(coverage, mark);
    return mark;
}

/* Nobody is known to have looked on between two files; live somebody has. */
static void test_files_apart(void **state)
{
    struct coverage coverage = begin_files(100 * SECOND);
    struct coverage live = begin(100 * SECOND);
    struct mark first = coverage.last;
    struct mark second;
    nanos least = 0;

    (void)state;
    (void)tick_of(&coverage, 0, 101 * SECOND);
    assert_int_equal(coverage_apart(&coverage, &least), 0);
    second = tick_of(&coverage, 1, 161 * SECOND);
    (void)tick_of(&coverage, 1, 165 * SECOND);
    (void)tick_of(&coverage, 2, 185 * SECOND);
    assert_int_equal(coverage_until(&coverage, first).time, 101 * SECOND);
    assert_int_equal(coverage_until(&coverage, second).time, 165 * SECOND);
    assert_int_equal(coverage_apart(&coverage, &least), 2);
    assert_int_equal(least, 20 * SECOND);
    (void)tick_of(&live, 1, 160 * SECOND);
    assert_int_equal(coverage_until(&live, first).time, 160 * SECOND);
    assert_int_equal(coverage_apart(&live, &least), 0);
}

/* A connection that is in both makes them one; within a file nothing does. */
static void test_files_joined(void **state)
{
    struct coverage coverage = begin_files(100 * SECOND);
    struct mark first = coverage.last;
    struct mark second = tick_of(&coverage, 1, 160 * SECOND);
    struct mark third = tick_of(&coverage, 2, 220 * SECOND);
    nanos least = 0;

    (void)state;
    coverage_span(&coverage, first, first);
    coverage_span(&coverage, second, second);
    assert_int_equal(coverage_apart(&coverage, &least), 2);
    coverage_span(&coverage, first, second);
    assert_int_equal(coverage_until(&coverage, first).time, 160 * SECOND);
    assert_int_equal(coverage_apart(&coverage, &least), 1);
    coverage_span(&coverage, second, third);
    assert_int_equal(coverage_until(&coverage, first).time, 220 * SECOND);
    assert_int_equal(coverage_apart(&coverage, &least), 0);
}

/* Those that touch are a rotated set; a standstill stays one, whatever goes on
 * behind it. */
static void test_files_touch(void **state)
{
    struct coverage coverage = begin_files(100 * SECOND);
    struct mark first = coverage.last;
    struct mark late;
    nanos least = 0;

    (void)state;
    (void)tick_of(&coverage, 1, 101 * SECOND);
    assert_int_equal(coverage_until(&coverage, first).time, 101 * SECOND);
    assert_int_equal(coverage_apart(&coverage, &least), 0);
    late = tick_of(&coverage, 2, 101 * SECOND + 2 * COVERAGE_STANDSTILL);
    coverage_span(&coverage, first, late);
    assert_int_equal(coverage_until(&coverage, first).time, 101 * SECOND);
    assert_int_equal(coverage_apart(&coverage, &least), 0);
}

/* Two that were taken side by side: who of them was silent then is no end. */
static void test_files_side_by_side(void **state)
{
    struct coverage coverage = begin_files(100 * SECOND);
    struct mark first = coverage.last;
    nanos least = 0;

    (void)state;
    for (int i = 1; i < 2 * COVERAGE_RUNS_KEPT; i++)
        (void)tick_of(&coverage, (uint16_t)(i % 2), (100 + 5 * i) * SECOND);
    assert_int_equal(coverage.runs, 1);
    coverage_hold(&coverage, 100 * SECOND, 104 * SECOND);
    assert_int_equal(coverage_apart(&coverage, &least), 1);
    coverage_hold(&coverage, 100 * SECOND, 5000 * SECOND);
    assert_int_equal(coverage_apart(&coverage, &least), 0);
    assert_int_equal(coverage_until(&coverage, first).time, coverage.last.time);
}

/* Of a long rotated set those that were joined make room first. */
static void test_joined_make_room(void **state)
{
    struct coverage coverage = begin_files(0);
    struct mark first = coverage.last;
    struct mark before = first;

    (void)state;
    for (uint16_t i = 1; i < 3 * COVERAGE_RUNS_KEPT; i++) {
        struct mark now = tick_of(&coverage, i, i * 10 * SECOND);

        coverage_span(&coverage, before, now);
        before = now;
    }
    assert_int_equal(coverage.forgotten, 0);
    assert_int_equal(coverage_until(&coverage, first).frame, before.frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_loss_goes_on),
        cmocka_unit_test(test_losses_kept),
        cmocka_unit_test(test_runs_kept),
        cmocka_unit_test(test_loss_over_a_step),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_files_apart),
        cmocka_unit_test(test_files_joined),
        cmocka_unit_test(test_files_touch),
        cmocka_unit_test(test_files_side_by_side),
        cmocka_unit_test(test_joined_make_room),
    };

    return cmocka_run_group_tests_name("coverage", tests, NULL, NULL);
}
