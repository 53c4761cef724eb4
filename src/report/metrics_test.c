/* What finds no room is counted where a monitoring system sees it. */
/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "report/metrics.h"

static void test_not_kept(void **state)
{
    static const char *const lines[] = {
        "whyeof_packets_received_total 101\n",
        "whyeof_recorder_connections 102\n",
        "whyeof_recorder_packets 103\n",
        "whyeof_not_kept_total{what=\"connections\"} 1\n",
        "whyeof_not_kept_total{what=\"holes\"} 2\n",
        "whyeof_not_kept_total{what=\"exchanges\"} 3\n",
        "whyeof_not_kept_total{what=\"findings\"} 4\n",
        "whyeof_not_kept_total{what=\"recordings\"} 5\n",
        "whyeof_not_kept_total{what=\"recorded_findings\"} 6\n",
        "whyeof_not_kept_total{what=\"recorded_payload\"} 7\n",
        "whyeof_not_kept_total{what=\"recorded_packets\"} 8\n",
        "whyeof_not_kept_total{what=\"recorded_connections\"} 9\n",
    };
    const struct report report = {
        .counts = {.evicted = 1,
                   .holes_given_up = 2,
                   .crowded_out = 3,
                   .not_detailed = 4}
    };
    const struct metrics_gauges gauges = {.received = 101,
                                          .held_connections = 102,
                                          .held_packets = 103,
                                          .removed = 5,
                                          .missed = 6,
                                          .trimmed = 7,
                                          .shortened = 8,
                                          .given_up = 9};
    struct metrics *metrics = metrics_new();
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    assert_true(metrics_write(metrics, &report, &gauges, out));
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!strstr(text, lines[i]))
            fail_msg("no line %s", lines[i]);
    }
    free(text);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
