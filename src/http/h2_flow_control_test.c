#include "http/h2_flow_control.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum step_kind {
    DONE,
    SEND, /* and has more */
    LAST, /* and has not */
    CREDIT,
    RESIZE,
    END
};

enum {
    STEPS_MAX = 8
};

struct step {
    enum step_kind kind;
    int at; /* milliseconds */
    int size;
};

struct row {
    const char *name;
    int start;
    struct step step[STEPS_MAX];
    int now;
    int left;
    int longest; /* milliseconds blocked */
};

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static const struct row rows[] = {
    ROW("never used", 100, {{DONE, 0, 0}      },
      50, 100, 0),
    ROW("one byte left", 100, {{SEND, 10, 99}    },
      50, 1, 0),
    ROW("used up, still so", 100, {{SEND, 10, 100}   },
      50, 0, 40),
    ROW("used up by the last", 100, {{LAST, 10, 100}   },
      50, 0, 0),
    ROW("nothing to start with", 0, {{SEND, 10, 0}     },
      50, 0, 40),
    ROW("credited", 100, {{SEND, 10, 100},    {CREDIT, 30, 1}},
      50, 1, 20),
    ROW("credited before it was used up", 100,
        {{SEND, 10, 60},                  {CREDIT, 20, 60}, {SEND, 30, 60}},
      50, 40, 0),
    ROW("credited, not enough", 100,
        {{SEND, 10, 100},{RESIZE, 20, -50}, {CREDIT, 30, 50}},
      50, 0, 40),
    ROW("twice, the longer one counts", 100,
        {{SEND, 10, 100},
                            {CREDIT, 15, 100},
                            {SEND, 20, 100},
                            {CREDIT, 29, 100},
                            {SEND, 30, 100},
                            {CREDIT, 33, 100}},
        50, 100, 9),
    ROW("the present time is the longest", 100,
        {{SEND, 10, 100},                 {CREDIT, 15, 100}, {SEND, 20, 100}},
      50, 0, 30),
    ROW("a stream that ends while blocked", 100,
        {{SEND, 10, 100},                  {END, 30, 0}},
      50, 0, 20),
    ROW("negative, and back by credit", 100,
        {{SEND, 10, 80},  {RESIZE, 20, -90}, {SEND, 20, 0}, {CREDIT, 40, 71}},
        50, 1, 20),
    ROW("negative, and back by SETTINGS", 100,
        {{SEND, 10, 80},  {RESIZE, 20, -90}, {SEND, 20, 0}, {RESIZE, 35, 90}},
        50, 20, 15),
    ROW("a larger initial window", 100, {{SEND, 10, 100},  {RESIZE, 12, 1}},
      50,
        1, 2),
    ROW("sent past its end", 100, {{SEND, 10, 150}   },
      50, -50, 40),
};

static struct mark at(int millis)
{
    return (struct mark){.frame = 1 + (unsigned)millis,
                         .time = (nanos)(1 + millis) * NANOS_PER_MILLI};
}

static void take(struct h2_flow_control *flow_control, const struct step *step)
{
    struct mark now = at(step->at);

    switch (step->kind) {
    case SEND:
        h2_flow_control_send(flow_control, (uint64_t)step->size, true, now);
        break;
    case LAST:
        h2_flow_control_send(flow_control, (uint64_t)step->size, false, now);
        break;
    case CREDIT:
        h2_flow_control_credit(flow_control, (uint64_t)step->size, now);
        break;
    case RESIZE:
        h2_flow_control_resize(flow_control, step->size, now);
        break;
    case END:
        h2_flow_control_end(flow_control, now);
        break;
    case DONE:
        break;
    }
}

static void test_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct h2_flow_control flow_control;
        struct h2_window window;

        h2_flow_control_init(&flow_control, row->start);
        for (size_t k = 0; k < STEPS_MAX && row->step[k].kind != DONE; k++)
            take(&flow_control, &row->step[k]);
        window = h2_flow_control_window(&flow_control);
        h2_flow_control_release(&flow_control);
        if (h2_window_left(&window) != row->left ||
            h2_window_longest(&window, at(row->now)) !=
                row->longest * NANOS_PER_MILLI)
            fail_msg("%s: left %d, longest %d ms", row->name,
                     (int)h2_window_left(&window),
                     (int)(h2_window_longest(&window, at(row->now)) /
                           NANOS_PER_MILLI));
    }
}

static struct h2_window then_of(const struct h2_flow_control *flow_control,
                                struct mark now)
{
    struct h2_window window = h2_flow_control_window(flow_control);

    return h2_window_then(&window, now);
}

/* The window as it stood in the longest time, whatever came after. */
static void test_then(void **state)
{
    struct h2_flow_control flow_control;
    struct h2_window then;

    (void)state;
    h2_flow_control_init(&flow_control, 100);
    h2_flow_control_send(&flow_control, 100, true, at(10));
    h2_flow_control_credit(&flow_control, 1000, at(60));
    h2_flow_control_send(&flow_control, 900, true, at(70));
    then = then_of(&flow_control, at(80));
    assert_int_equal(then.sent, 100);
    assert_int_equal(then.credited, 0);
    assert_int_equal(h2_window_left(&then), 0);
    h2_flow_control_send(&flow_control, 100, true, at(80));
    then = then_of(&flow_control, at(200));
    assert_int_equal(then.sent, 1100);
    assert_int_equal(then.credited, 1000);
    h2_flow_control_release(&flow_control);
}

static void assert_points(const struct h2_points *points,
                          const struct h2_point *wanted, size_t count)
{
    assert_int_equal(h2_points_kept(points), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(h2_points_at(points, i).time,
                         at((int)wanted[i].time).time);
        assert_int_equal(h2_points_at(points, i).left, wanted[i].left);
    }
}

/* The steps around the longest time, as many as are kept; none before the
 * first time, and none of a window that never was used up. */
static void test_points(void **state)
{
    static const struct h2_point before[] = {
        {20, 0},
        {21, 5},
        {22, 0}
    };
    static const struct h2_point after[] = {
        {60, 1000},
        {61, 999 },
        {62, 998 },
        {63, 997 },
        {64, 996 },
        {65, 995 }
    };
    static const struct h2_point recent[] = {
        {63, 997},
        {64, 996},
        {65, 995},
        {66, 994},
        {67, 993},
        {68, 992}
    };
    struct h2_flow_control flow_control;
    struct h2_window window;

    (void)state;
    h2_flow_control_init(&flow_control, 100);
    h2_flow_control_send(&flow_control, 60, true, at(10));
    assert_null(flow_control.blocking);
    h2_flow_control_send(&flow_control, 40, true, at(20));
    h2_flow_control_credit(&flow_control, 5, at(21));
    h2_flow_control_send(&flow_control, 5, true, at(22));
    h2_flow_control_send(&flow_control, 0, true, at(40));
    h2_flow_control_credit(&flow_control, 1000, at(60));
    for (int i = 1; i < 9; i++)
        h2_flow_control_send(&flow_control, 1, true, at(60 + i));
    window = h2_flow_control_window(&flow_control);
    h2_flow_control_release(&flow_control);
    assert_int_equal(window.begun, at(10).time);
    assert_points(&window.blocking.before, before, 3);
    assert_points(&window.blocking.after, after, 6);
    assert_points(&window.blocking.recent, recent, 6);
}

/* Counts go past 32 bits and do not wrap. */
static void test_large(void **state)
{
    struct h2_flow_control flow_control;
    struct h2_window window;

    (void)state;
    h2_flow_control_init(&flow_control, 65535);
    for (unsigned i = 0; i < 100; i++) {
        h2_flow_control_credit(&flow_control, 0x7fffffff, at(1));
        h2_flow_control_send(&flow_control, 0x7fffffff, true, at(2));
    }
    window = h2_flow_control_window(&flow_control);
    h2_flow_control_release(&flow_control);
    assert_int_equal(h2_window_left(&window), 65535);
    assert_int_equal(h2_window_longest(&window, at(9)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_then),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
