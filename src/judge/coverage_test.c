#include "judge/coverage.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND NANOS_PER_SECOND

static struct timeline begin(nanos at)
{
    struct timeline timeline = {.back = SECOND};

    timeline_tick(&timeline, (struct mark){.time = at, .frame = 1});
    return timeline;
}

static void tick(struct timeline *timeline, nanos at)
{
    uint64_t frame = timeline->last.frame + 1;

    timeline_tick(timeline,
                  (struct mark){.time = at, .frame = frame & 0xffffffffffff});
}

static void test_losses(void **state)
{
    struct timeline timeline = begin(100 * SECOND);

    (void)state;
    assert_int_equal(timeline_lost(&timeline, 0, INT64_MAX), 0);
    tick(&timeline, 110 * SECOND);
    timeline_lose(&timeline, 105 * SECOND, 7);
    assert_int_equal(timeline_lost(&timeline, 0, 104 * SECOND), 0);
    assert_int_equal(timeline_lost(&timeline, 0, 105 * SECOND), 7);
    assert_int_equal(timeline_lost(&timeline, 107 * SECOND, 108 * SECOND), 7);
    assert_int_equal(timeline_lost(&timeline, 110 * SECOND, 120 * SECOND), 7);
    assert_int_equal(timeline_lost(&timeline, 111 * SECOND, 120 * SECOND), 0);
    tick(&timeline, 130 * SECOND);
    timeline_lose(&timeline, 125 * SECOND, 3);
    assert_int_equal(timeline_lost(&timeline, 111 * SECOND, 124 * SECOND), 0);
    assert_int_equal(timeline_lost(&timeline, 0, 200 * SECOND), 10);
}

/* It reaches to the packet that is read behind it. */
static void test_loss_goes_on(void **state)
{
    struct timeline timeline = begin(100 * SECOND);

    (void)state;
    timeline_lose(&timeline, 100 * SECOND, 5);
    assert_int_equal(timeline_lost(&timeline, 102 * SECOND, 103 * SECOND), 0);
    tick(&timeline, 104 * SECOND);
    timeline_lose(&timeline, 100 * SECOND, 0);
    assert_int_equal(timeline_lost(&timeline, 102 * SECOND, 103 * SECOND), 5);
    timeline_lose(&timeline, 100 * SECOND, 2);
    assert_int_equal(timeline_lost(&timeline, 102 * SECOND, 103 * SECOND), 7);
    assert_int_equal(timeline.losses, 1);
}

/* The oldest become one; none is forgotten, none counted twice. */
static void test_losses_kept(void **state)
{
    struct timeline timeline = begin(0);

    (void)state;
    for (nanos i = 1; i <= TIMELINE_LOSSES_KEPT + 2; i++) {
        tick(&timeline, 10 * i * SECOND);
        timeline_lose(&timeline, (10 * i - 1) * SECOND, 1);
    }
    assert_int_equal(timeline.losses, TIMELINE_LOSSES_KEPT);
    assert_int_equal(timeline_lost(&timeline, 0, INT64_MAX),
                     TIMELINE_LOSSES_KEPT + 2);
    assert_int_equal(timeline_lost(&timeline, 0, 8 * SECOND), 0);
    assert_int_equal(timeline_lost(&timeline, 15 * SECOND, 16 * SECOND), 3);
    assert_int_equal(timeline_lost(&timeline, 31 * SECOND, 38 * SECOND), 0);
    assert_int_equal(timeline_lost(&timeline, 39 * SECOND, 40 * SECOND), 1);
}

/* What was lost before the clock was set back is lost after it, too. */
static void test_loss_over_a_step(void **state)
{
    struct timeline timeline = begin(5000 * SECOND);

    (void)state;
    tick(&timeline, 1000 * SECOND);
    timeline_lose(&timeline, 5000 * SECOND, 4);
    assert_int_equal(timeline_lost(&timeline, 999 * SECOND, 1001 * SECOND), 4);
}

/* A step is the end of a run; who was seen in it could be seen until then. */
static void test_step(void **state)
{
    struct timeline timeline = begin(5000 * SECOND);
    struct mark before = timeline.last;
    struct mark until;

    (void)state;
    tick(&timeline, 5002 * SECOND);
    tick(&timeline, 1000 * SECOND);
    tick(&timeline, 1001 * SECOND);
    until = timeline_until(&timeline, before);
    assert_int_equal(until.time, 5002 * SECOND);
    until = timeline_until(&timeline, (struct mark){.frame = 3});
    assert_int_equal(until.time, 1001 * SECOND);
    timeline_pass(&timeline, 1005 * SECOND);
    until = timeline_until(&timeline, (struct mark){.frame = 3});
    assert_int_equal(until.time, 1005 * SECOND);
    /* the packets of several queues may come in another order */
    tick(&timeline, 1004 * SECOND + SECOND / 2);
    assert_int_equal(timeline.runs, 1);
    assert_int_equal(timeline.last.time, 1005 * SECOND);
}

/* Who was last seen in a run that is not kept was seen no longer. */
static void test_runs_kept(void **state)
{
    struct timeline timeline = begin(0);
    const nanos apart = 2 * TIMELINE_STANDSTILL;
    struct mark second = {.frame = 2, .time = apart};
    struct mark until;

    (void)state;
    /* each run has two packets, a second apart */
    for (nanos i = 0; i < TIMELINE_RUNS_KEPT + 3; i++) {
        tick(&timeline, i * apart + SECOND);
        tick(&timeline, (i + 1) * apart);
    }
    until = timeline_until(&timeline, second);
    assert_int_equal(until.frame, 2);
    assert_int_equal(until.time, apart);
    /* the latest run before the present one, its first packet */
    second.frame = timeline.last.frame - 2;
    until = timeline_until(&timeline, second);
    assert_int_equal(until.frame, second.frame + 1);
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
    };

    return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
