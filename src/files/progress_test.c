/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "files/progress.h"

#define SECONDS(n) ((n)*NANOS_PER_SECOND)

static void expect(struct progress progress, unsigned columns,
                   const char *expected)
{
    struct text text;

    text_init(&text, 200);
    progress_print(&text, &progress, columns);
    assert_string_equal(text_string(&text), expected);
    text_release(&text);
}

static void test_a_file(void **state)
{
    (void)state;
    expect((struct progress){450000000, 1000000000, 1234567, SECONDS(2)}, 79,
           " 45 %, 1234567 packets, 225 MB/s, 2 s left");
    expect((struct progress){1500, 150000000, 2, SECONDS(1)}, 79,
           "  0 %, 2 packets, 1.5 kB/s, 27 h 46 min left");
    expect((struct progress){1000000000, 201000000000, 7, SECONDS(1)}, 79,
           "  0 %, 7 packets, 1.0 GB/s, 3 min 20 s left");
    expect((struct progress){100, 100, 7, SECONDS(2)}, 79,
           "100 %, 7 packets, 50 B/s, 0 s left");
    /* too soon for a rate */
    expect((struct progress){50, 100, 7, SECONDS(1) - 1}, 79,
           " 50 %, 7 packets");
    /* it grew while it was read */
    expect((struct progress){300, 100, 7, SECONDS(3)}, 79,
           "100 %, 7 packets, 100 B/s, 0 s left");
    expect((struct progress){1, UINT64_MAX, 7, SECONDS(100)}, 79,
           "  0 %, 7 packets, 0 B/s, years left");
}

/* Its end is not known, so neither is when. */
static void test_a_pipe(void **state)
{
    (void)state;
    expect((struct progress){0, 0, 0, 0}, 79, "0 packets");
    expect((struct progress){9960000, 0, 5000, SECONDS(1)}, 79,
           "5000 packets, 10 MB/s");
}

/* The line is never longer than it may be; no part is cut. */
static void test_narrow(void **state)
{
    const struct progress progress = {450000000, 1000000000, 1234567,
                                      SECONDS(2)};

    (void)state;
    expect(progress, 42, " 45 %, 1234567 packets, 225 MB/s, 2 s left");
    expect(progress, 41, " 45 %, 1234567 packets, 225 MB/s");
    expect(progress, 32, " 45 %, 1234567 packets, 225 MB/s");
    expect(progress, 31, " 45 %, 1234567 packets");
    expect(progress, 21, " 45 %");
    expect(progress, 4, "");
    expect(progress, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file),
        cmocka_unit_test(test_a_pipe),
        cmocka_unit_test(test_narrow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
