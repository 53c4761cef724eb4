#include "base/sketch.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

enum {
    SAMPLES = 20000,
    TEXT_ROOM = 1 << 16
};

/* The same numbers in every run, from 0 to below 1. */
static double draw(void)
{
    static uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / 9007199254740992.0;
}

static nanos constant(void)
{
    return 12345678;
}

static nanos uniform(void)
{
    return (nanos)(draw() * 1e9);
}

/* Of nanoseconds and of ones that overflow: both ends. */
static nanos extreme(void)
{
    return draw() < 0.5 ? (nanos)(draw() * 300)
                        : INT64_MAX - (nanos)(draw() * 1e9);
}

static nanos log_normal(void)
{
    double normal =
        sqrt(-2 * log(1 - draw())) * cos(6.283185307179586 * draw());

    return (nanos)(5e6 * exp(2 * normal));
}

static nanos two_points(void)
{
    return draw() < 0.93 ? 1500 : 60 * NANOS_PER_SECOND;
}

static int in_order(const void *left, const void *right)
{
    nanos a = *(const nanos *)left;
    nanos b = *(const nanos *)right;

    return (a > b) - (a < b);
}

/* As many years as a sketch tells apart. */
static nanos capped(nanos duration)
{
    nanos most = (INT64_C(1) << 57) - 2;

    return duration > most ? most : duration;
}

static void must_be_near(const struct sketch *sketch, nanos *sample,
                         size_t count)
{
    qsort(sample, count, sizeof *sample, in_order);
    for (unsigned percent = 0; percent <= 100; percent++) {
        nanos exact = capped(sample[(count - 1) * percent / 100]);
        nanos said = sketch_quantile(sketch, percent);

        assert_true(fabs((double)(said - exact)) <= 0.01 * (double)exact + 1);
    }
    assert_int_equal(sketch->samples, count);
    assert_int_equal(sketch->least, capped(sample[0]));
    assert_int_equal(sketch->most, capped(sample[count - 1]));
}

static void must_be_alike(const struct sketch *a, const struct sketch *b)
{
    assert_int_equal(a->samples, b->samples);
    assert_int_equal(a->least, b->least);
    assert_int_equal(a->most, b->most);
    for (unsigned bucket = 0; bucket < SKETCH_BUCKETS; bucket++)
        assert_int_equal(sketch_count(a, bucket), sketch_count(b, bucket));
}

/* A third goes into one, the rest into another; then they are joined. */
static void try(nanos (*next)(void), size_t count)
{
    static nanos sample[SAMPLES];
    struct sketch all = {0};
    struct sketch part[2] = {{0}};

    for (size_t i = 0; i < count; i++) {
        sample[i] = next();
        sketch_add(&all, sample[i]);
        sketch_add(&part[i % 3 == 0], sample[i]);
    }
    sketch_join(&part[1], &part[0]);
    must_be_alike(&part[1], &all);
    must_be_near(&all, sample, count);
    sketch_release(&all);
    sketch_release(&part[0]);
    sketch_release(&part[1]);
}

static void test_distributions(void **state)
{
    static nanos (*const kind[])(void) = {constant, uniform, log_normal,
                                          two_points, extreme};

    (void)state;
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        for (size_t count = 1; count < 20; count++)
            try(kind[i], count);
        try(kind[i], SAMPLES);
    }
}

/* One sample between two others, so that no bound of the sketch helps. */
static void test_error(void **state)
{
    (void)state;
    for (nanos duration = 0; duration < INT64_C(1) << 56;
         duration += 1 + duration / 700) {
        struct sketch sketch = {0};
        nanos said;

        sketch_add(&sketch, 0);
        sketch_add(&sketch, duration);
        sketch_add(&sketch, INT64_MAX);
        said = sketch_quantile(&sketch, 50);
        assert_true(llabs(said - duration) <= duration / 100 + 1);
        sketch_release(&sketch);
    }
}

static void test_one_value_is_exact(void **state)
{
    struct sketch sketch = {0};

    (void)state;
    assert_int_equal(sketch_quantile(&sketch, 50), 0);
    sketch_add(&sketch, 1234567);
    assert_int_equal(sketch_quantile(&sketch, 50), 1234567);
    sketch_add(&sketch, 1234567);
    assert_int_equal(sketch_quantile(&sketch, 99), 1234567);
    sketch_clear(&sketch);
    sketch_add(&sketch, -5);
    assert_int_equal(sketch_quantile(&sketch, 0), 0);
    assert_int_equal(sketch.samples, 1);
    assert_int_equal(sketch.most, 0);
    sketch_release(&sketch);
}

static void test_text(void **state)
{
    struct sketch sketch = {0};
    struct sketch again = {0};
    struct text text;

    (void)state;
    text_init(&text, TEXT_ROOM);
    for (size_t i = 0; i < SAMPLES; i++)
        sketch_add(&sketch, log_normal());
    sketch_print(&text, &sketch);
    assert_true(
        sketch_read(&again, text_string(&text), sketch.least, sketch.most));
    must_be_alike(&again, &sketch);
    sketch_release(&sketch);
    sketch_release(&again);
    text_release(&text);
}

/* 999 ns is in bucket 497: 1000 = 2^9 * (1 + 47.66 / 50). */
static void test_what_is_no_text(void **state)
{
    static const char *const wrong[] = {
        "",
        "497",
        "497:",
        "497:0",
        ":1",
        "497:1 ",
        " 497:1",
        "497:1  498:1",
        "498:1 497:1",
        "497:1 497:1",
        "2850:1",
        "-1:1",
        "497:-1",
        "497:+1",
        "497:1x",
        "x",
        "496:1",
        "497:1 498:1",
        "497: 1",
        "497:1,",
        "497:99999999999999999999",
        "497:9007199254740993",
    };
    struct sketch sketch = {0};

    (void)state;
    assert_true(sketch_read(&sketch, "497:3", 999, 999));
    assert_int_equal(sketch.samples, 3);
    assert_int_equal(sketch_quantile(&sketch, 50), 999);
    sketch_release(&sketch);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(sketch_read(&sketch, wrong[i], 999, 999));
        assert_int_equal(sketch.samples, 0);
    }
    assert_false(sketch_read(&sketch, "497:3", 1, 999));
    assert_false(sketch_read(&sketch, "497:3", 999, 99999));
    assert_false(sketch_read(&sketch, "497:3", -1, 999));
    assert_false(sketch_read(&sketch, "497:3", 999, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distributions),      cmocka_unit_test(test_error),
        cmocka_unit_test(test_one_value_is_exact), cmocka_unit_test(test_text),
        cmocka_unit_test(test_what_is_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
