/* What is not seen, or finds no room, is counted where a monitoring system sees
 * it. */
/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "report/metrics.h"

static const char *const lines[] = {
    "whyeof_connections_by_protocol_total{protocol=\"http/1\"} 11\n",
    "whyeof_connections_by_protocol_total{protocol=\"h2\"} 12\n",
    "whyeof_connections_by_protocol_total{protocol=\"fastcgi\"} 13\n",
    "whyeof_connections_by_protocol_total{protocol=\"tls\"} 14\n",
    "whyeof_connections_by_protocol_total{protocol=\"other\"} 15\n",
    "whyeof_exchanges_not_judged{reason=\"bytes-lost\"} 21\n",
    "whyeof_exchanges_not_judged{reason=\"snaplen\"} 0\n",
    "whyeof_tls_opened_total 31\n",
    "whyeof_tls_opaque_total{reason=\"no-key\"} 32\n",
    "whyeof_packets_ignored_total{reason=\"not TCP\"} 41\n",
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

static void test_counts(void **state)
{
    static const struct report_ignored ignored[] = {
        {"not TCP", 41}
    };
    static const struct tls_tally tls = {.opened = 31, .by[TLS_NO_KEY] = 32};
    const struct report report = {
        .tls = &tls,
        .ignored = ignored,
        .ignoreds = 1,
        .counts = {.http_connections = 11,
                   .h2_connections = 12,
                   .fastcgi_connections = 13,
                   .tls_connections = 14,
                   .other_connections = 15,
                   .not_judged_by[DOUBT_BYTES_LOST] = 21,
                   .evicted = 1,
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
        cmocka_unit_test(test_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
