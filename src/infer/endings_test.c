#include "infer/endings.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NANOS_PER_MILLI
#define S  NANOS_PER_SECOND

static struct mark at(nanos time)
{
    return (struct mark){.time = time,
                         .frame = (1 + (uint64_t)(time / MS)) & 0xffffffff};
}

/* A connection that began when its request did. */
static void end(struct endings *endings, enum ending_kind kind, nanos time,
                nanos took)
{
    const struct ending ending = {.kind = kind,
                                  .is_cut = kind == ENDING_BUSY && took >= S,
                                  .opened = time - took,
                                  .at = at(time),
                                  .took = took,
                                  .silent = took};

    endings_add(endings, &ending);
}

static bool is_shutdown(const struct endings *endings, nanos time)
{
    struct cluster cluster;

    return endings_cluster(endings, at(time), NULL, &cluster) &&
           cluster_is_shutdown(&cluster);
}

/* In one instant, each row: a second ending beside a busy one at 10 s. */
static const struct {
    const char *what;
    enum ending_kind kind;
    nanos time, took;
    bool is_shutdown;
} seconds[] = {
    {"another request, of the same age", ENDING_BUSY,    10 * S + MS,      3 * S,
     false                                                                             },
    {"another request, of another age",  ENDING_BUSY,    10 * S + MS,      S,     true },
    {"an idle connection",               ENDING_IDLE,    10 * S - MS,      3 * S, true },
    {"an idle connection, later",        ENDING_IDLE,    10 * S + 30 * MS, 3 * S, false},
    {"a close that was announced",       ENDING_ROUTINE, 10 * S + MS,      S,     false},
    {"a refusal",                        ENDING_REFUSED, 11 * S,           0,     true },
    {"a refusal, much later",            ENDING_REFUSED, 20 * S,           0,     false},
    {"a refusal before",                 ENDING_REFUSED, 9 * S,            0,     false},
    {"one that lived on",                ENDING_OPEN,    12 * S,           5 * S, false},
};

static void test_shutdown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        struct endings endings = {0};

        end(&endings, ENDING_BUSY, 10 * S, 3 * S);
        end(&endings, seconds[i].kind, seconds[i].time, seconds[i].took);
        if (is_shutdown(&endings, 10 * S) != seconds[i].is_shutdown)
            fail_msg("%s", seconds[i].what);
        endings_release(&endings);
    }
}

/* Where another connection lives on no process has ended. */
static void test_survivor(void **state)
{
    struct endings endings = {0};

    (void)state;
    end(&endings, ENDING_BUSY, 10 * S, 3 * S);
    end(&endings, ENDING_IDLE, 10 * S, 5 * S);
    assert_true(is_shutdown(&endings, 10 * S));
    assert_false(endings_survived(&endings, at(10 * S)));
    end(&endings, ENDING_OPEN, 12 * S, S); /* a new one: the successor's */
    assert_true(is_shutdown(&endings, 10 * S));
    end(&endings, ENDING_OPEN, 12 * S, 5 * S);
    assert_true(endings_survived(&endings, at(10 * S)));
    assert_false(is_shutdown(&endings, 10 * S));
    endings_release(&endings);
}

/* Its client has closed, and is answered all the same. */
static void test_answered_survivor(void **state)
{
    struct endings endings = {0};
    struct ending closed = {.kind = ENDING_ROUTINE,
                            .by_client = true,
                            .opened = 5 * S,
                            .at = at(9 * S),
                            .answered = 11 * S};

    (void)state;
    end(&endings, ENDING_BUSY, 10 * S, 3 * S);
    end(&endings, ENDING_IDLE, 10 * S, 5 * S);
    closed.answered = 10 * S; /* in the same instant */
    endings_add(&endings, &closed);
    assert_true(is_shutdown(&endings, 10 * S));
    closed.answered = 11 * S;
    endings_add(&endings, &closed);
    assert_false(is_shutdown(&endings, 10 * S));
    assert_true(endings_survived(&endings, at(10 * S)));
    endings_release(&endings);
}

/* The last two within 4 ms. */
static void end_one_by_one(struct endings *endings)
{
    for (int i = 0; i < 16; i++)
        end(endings, ENDING_BUSY, 9 * S + i * 50 * MS, 2 * S + i * 30 * MS);
    end(endings, ENDING_BUSY, 10 * S, 2100 * MS);
    end(endings, ENDING_BUSY, 10 * S + 4 * MS, 2900 * MS);
}

/* Where many end one by one, two of them at last are no process that ends. */
static void test_end_by_chance(void **state)
{
    struct endings endings = {0};

    (void)state;
    end_one_by_one(&endings);
    assert_false(is_shutdown(&endings, 10 * S));
    /* so many at once are */
    end(&endings, ENDING_BUSY, 10 * S + 5 * MS, 2300 * MS);
    end(&endings, ENDING_BUSY, 10 * S + 6 * MS, 2500 * MS);
    assert_true(is_shutdown(&endings, 10 * S));
    endings_release(&endings);
}

/* Those that a process which ends has closed a little before are no crowd. */
static void test_slow_shutdown(void **state)
{
    struct endings endings = {0};

    (void)state;
    for (int i = 0; i < 16; i++)
        end(&endings, ENDING_BUSY, 9900 * MS + i * 2 * MS, 2 * S);
    end(&endings, ENDING_BUSY, 10 * S, 2100 * MS);
    end(&endings, ENDING_BUSY, 10 * S + 4 * MS, 2900 * MS);
    assert_true(is_shutdown(&endings, 10 * S));
    endings_release(&endings);
}

/* A refusal behind it says more than the crowd. */
static void test_chance_and_refusal(void **state)
{
    struct endings endings = {0};

    (void)state;
    end_one_by_one(&endings);
    end(&endings, ENDING_REFUSED, 11 * S, 0);
    assert_true(is_shutdown(&endings, 10 * S));
    endings_release(&endings);
}

/* A timer of 2 s and one that ended by itself in the same instant. */
static void test_timed(void **state)
{
    struct endings endings = {0};
    struct endings_figures figures;

    (void)state;
    endings.answered.longest = 1900 * MS;
    end(&endings, ENDING_BUSY, 10 * S, 2 * S);
    end(&endings, ENDING_BUSY, 20 * S, 2 * S);
    end(&endings, ENDING_BUSY, 30 * S, 2 * S);
    end(&endings, ENDING_BUSY, 30 * S + MS, 1400 * MS);
    assert_true(is_shutdown(&endings, 30 * S));
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.cut.samples, 3);
    assert_int_equal(figures.cut.shortest, 2 * S);
    assert_int_equal(figures.odd, 1);
    /* another by itself: a process ended */
    end(&endings, ENDING_BUSY, 30 * S + MS, 1000 * MS);
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.cut.samples, 2);
    assert_int_equal(figures.odd, 0);
    endings_release(&endings);
}

/* What no timer ends belongs to no timer's instant. */
static void test_idle_in_timed_instant(void **state)
{
    struct endings endings = {0};
    struct endings_figures figures;

    (void)state;
    end(&endings, ENDING_BUSY, 10 * S, 2 * S);
    end(&endings, ENDING_BUSY, 20 * S, 2 * S);
    end(&endings, ENDING_BUSY, 30 * S, 2 * S);
    end(&endings, ENDING_IDLE, 30 * S, 7 * S);
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.cut.samples, 2);
    assert_int_equal(figures.idle.samples, 0);
    endings_release(&endings);
}

/* What ended in a shutdown is no sample of any timeout. */
static void test_figures(void **state)
{
    struct endings endings = {0};
    struct endings_figures figures;

    (void)state;
    end(&endings, ENDING_BUSY, 10 * S, 3 * S);
    end(&endings, ENDING_IDLE, 10 * S, 5 * S);
    end(&endings, ENDING_BUSY, 30 * S, 4 * S);
    end(&endings, ENDING_IDLE, 50 * S, 6 * S);
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.cut.samples, 1);
    assert_int_equal(figures.cut.shortest, 4 * S);
    assert_int_equal(figures.idle.samples, 1);
    assert_int_equal(figures.idle.longest, 6 * S);
    endings_release(&endings);
}

/* A timeout of 2 s: what is sooner than the longest answer is odd, if few. */
static void test_odd(void **state)
{
    struct endings endings = {0};
    struct endings_figures figures;

    (void)state;
    end(&endings, ENDING_BUSY, 10 * S, 1300 * MS);
    end(&endings, ENDING_BUSY, 20 * S, 2100 * MS);
    end(&endings, ENDING_BUSY, 30 * S, 2200 * MS);
    endings.answered.longest = 1950 * MS;
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.odd, 0);
    assert_int_equal(figures.cut.shortest, 1300 * MS);
    end(&endings, ENDING_BUSY, 40 * S, 2300 * MS);
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.odd, 1);
    assert_int_equal(figures.cut.samples, 3);
    assert_int_equal(figures.cut.shortest, 2100 * MS);
    /* so it stays when it is no longer kept */
    for (int i = 5; i < 200; i++)
        end(&endings, ENDING_BUSY, 10 * i * S, 2400 * MS);
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.odd, 1);
    assert_int_equal(figures.cut.samples, 198);
    assert_int_equal(figures.cut.shortest, 2100 * MS);
    endings_release(&endings);
}

static void cut_stream(struct endings *endings, nanos time, nanos took,
                       nanos silent, nanos gap)
{
    const struct ending ending = {.kind = ENDING_BUSY,
                                  .is_cut = true,
                                  .begun = true,
                                  .opened = time - took,
                                  .at = at(time),
                                  .took = took,
                                  .silent = silent,
                                  .gap = gap};

    endings_add(endings, &ending);
}

static const struct {
    const char *what;
    nanos took[2], silent[2], gap;
    bool by_silence;
} clocks[] = {
    {"the silence is constant",
     {3 * S, 7 * S},
     {3 * S, 3 * S + 9 * MS},
     S,                                                                  true },
    {"it is, but for 0.3 s",
     {64 * S, 69 * S},
     {60 * S, 60 * S - 250 * MS},
     S,                                                                  true },
    {"both are constant",         {4 * S, 4 * S}, {3 * S, 3 * S}, S,     false},
    {"neither is",                {4 * S, 9 * S}, {3 * S, 5 * S}, S,     false},
    {"it is the stream's rhythm", {4 * S, 9 * S}, {3 * S, 3 * S}, 3 * S, false},
};

static void test_clocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct endings endings = {0};
        struct endings_figures figures;

        for (unsigned k = 0; k < 2; k++)
            cut_stream(&endings, (100 + 100 * k) * S, clocks[i].took[k],
                       clocks[i].silent[k], clocks[i].gap);
        endings_sum_up(&endings, &figures);
        if ((figures.silence.samples == 2) != clocks[i].by_silence ||
            (figures.cut.samples == 0) != clocks[i].by_silence)
            fail_msg("%s", clocks[i].what);
        endings_release(&endings);
    }
}

/* What is no longer kept goes on to count. */
static void test_many(void **state)
{
    struct endings endings = {0};
    struct endings_figures figures;

    (void)state;
    for (int i = 1; i <= 1000; i++)
        end(&endings, i % 2 ? ENDING_BUSY : ENDING_IDLE, i * S, 2 * S);
    assert_in_range(endings.count, 1, ENDINGS_KEPT);
    for (size_t i = 1; i < endings.count; i++)
        assert_true(endings.entry[i - 1].at.time <= endings.entry[i].at.time);
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.cut.samples, 500);
    assert_int_equal(figures.idle.samples, 500);
    endings_release(&endings);
}

/* Where a connection ends every millisecond no two are one event. */
static void test_crowd(void **state)
{
    struct endings endings = {0};
    struct endings_figures figures;

    (void)state;
    for (int i = 1; i <= 1000; i++)
        end(&endings, i % 2 ? ENDING_BUSY : ENDING_IDLE, i * MS,
            S + i % 7 * 100 * MS);
    end(&endings, ENDING_OPEN, 2 * S, 2 * S);
    endings_sum_up(&endings, &figures);
    assert_int_equal(figures.cut.samples, 500);
    assert_int_equal(figures.idle.samples, 500);
    assert_true(endings_survived(&endings, at(100 * MS)));
    endings_release(&endings);
}

/* A capture may hold any time there is. */
static void test_any_time(void **state)
{
    static const nanos times[] = {NANOS_NEVER + 1, 0, INT64_MAX};
    const size_t count = sizeof times / sizeof *times;
    struct endings endings = {0};
    struct endings_figures figures;

    (void)state;
    for (size_t i = 0; i < count * ENDINGS_KEPT; i++) {
        const struct ending ending = {.kind = i % 2 ? ENDING_BUSY : ENDING_IDLE,
                                      .is_cut = true,
                                      .begun = true,
                                      .opened = times[i / 3 % count],
                                      .at = at(times[i % count]),
                                      .took = times[i / 9 % count],
                                      .silent = times[i / 3 % count],
                                      .gap = times[i / 9 % count]};

        endings_add(&endings, &ending);
        if (i % 8 == 0)
            endings_sum_up(&endings, &figures);
    }
    assert_false(is_shutdown(&endings, INT64_MAX / 2));
    assert_true(endings_survived(&endings, at(0)));
    is_shutdown(&endings, INT64_MAX);
    endings_release(&endings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shutdown),
        cmocka_unit_test(test_survivor),
        cmocka_unit_test(test_answered_survivor),
        cmocka_unit_test(test_end_by_chance),
        cmocka_unit_test(test_slow_shutdown),
        cmocka_unit_test(test_chance_and_refusal),
        cmocka_unit_test(test_timed),
        cmocka_unit_test(test_idle_in_timed_instant),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
