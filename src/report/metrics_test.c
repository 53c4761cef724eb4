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

static char *written(const struct report *report,
                     const struct metrics_gauges *gauges)
{
    struct metrics *metrics = metrics_new();
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_true(metrics_write(metrics, report, gauges, out));
    assert_int_equal(fclose(out), 0);
    metrics_free(metrics);
    return text;
}

static void expect_line(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("no line %s", line);
}

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
    char *text = written(&report, &gauges);

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect_line(text, lines[i]);
    free(text);
}

/* Seventy servers with one answer each, and one that was only tried. */
enum {
    MANY = 70
};

struct many {
    struct server_facts server[MANY + 1];
    struct routes routes[MANY];
    struct connection_use use[MANY];
};

static void make_many(struct many *many)
{
    for (uint16_t i = 0; i < MANY; i++) {
        struct latency *latency = &many->routes[i].other.latency;

        many->server[i] = (struct server_facts){
            .server = {.address = {4, {10, 0, 0, 1}},
                       .port = (uint16_t)(100 + i)},
            .exchanges = 1,
            .routes = &many->routes[i],
            .use = &many->use[i],
            .next = &many->server[i + 1]
        };
        many->use[i] =
            (struct connection_use){.ended = 2,
                                    .requests = 3,
                                    .open = 1,
                                    .single[SINGLE_CLIENT_HTTP10] = 1,
                                    .strain[STRAINED_REFUSED].count = 4,
                                    .reuse.answer[REUSE_SILENCE] = 5};
        sketch_add(&latency->first_byte, 20 * NANOS_PER_MILLI);
        sketch_add(&latency->end, 4 * NANOS_PER_SECOND);
        sketch_add(&latency->end, 400 * NANOS_PER_SECOND);
    }
    many->server[MANY] = (struct server_facts){
        .server = {.address = {4, {10, 0, 0, 9}}, .port = 9},
          .refused = 1
    };
}

#define FIRST "{endpoint=\"10.0.0.1:100\""
#define OTHER "{endpoint=\"other\""

static const char *const of_servers[] = {
    "# TYPE whyeof_time_to_first_byte_seconds histogram\n",
    "whyeof_time_to_first_byte_seconds_bucket" FIRST ",le=\"0.01\"} 0\n",
    "whyeof_time_to_first_byte_seconds_bucket" FIRST ",le=\"0.025\"} 1\n",
    "whyeof_time_to_first_byte_seconds_count" FIRST "} 1\n",
    "whyeof_time_to_last_byte_seconds_bucket" FIRST ",le=\"2.5\"} 0\n",
    "whyeof_time_to_last_byte_seconds_bucket" FIRST ",le=\"5\"} 1\n",
    "whyeof_time_to_last_byte_seconds_bucket" FIRST ",le=\"300\"} 1\n",
    "whyeof_time_to_last_byte_seconds_bucket" FIRST ",le=\"+Inf\"} 2\n",
    "whyeof_time_to_last_byte_seconds_count" FIRST "} 2\n",
    "whyeof_time_to_last_byte_seconds_count" OTHER "} 12\n",
    "whyeof_time_to_last_byte_seconds_bucket" OTHER ",le=\"5\"} 6\n",
    "whyeof_server_connections_total" FIRST "} 2\n",
    "whyeof_server_connections_total" OTHER "} 12\n",
    "whyeof_server_connection_exchanges_total" OTHER "} 18\n",
    "whyeof_server_connections_open" OTHER "} 6\n",
    "whyeof_server_single_use_connections_total" OTHER
    ",why=\"client_http10\"} 6\n",
    "whyeof_server_single_use_connections_total" FIRST
    ",why=\"client_said_close\"} 0\n",
    "whyeof_server_syns_failed_total" FIRST ",how=\"refused\"} 4\n",
    "whyeof_server_ports_reused_total" FIRST ",answer=\"nothing\"} 5\n",
};

/* 404 s, as far as the middles of their buckets are. */
static void expect_sum(const char *text)
{
    static const char line[] =
        "whyeof_time_to_last_byte_seconds_sum" FIRST "} ";
    const char *found = strstr(text, line);
    double sum;

    assert_non_null(found);
    sum = strtod(found + sizeof line - 1, NULL);
    assert_true(sum > 404 * 0.99 && sum < 404 * 1.01);
}

static void test_servers(void **state)
{
    static const struct tls_tally tls;
    static struct many many;
    const struct report report = {.tls = &tls, .server = many.server};
    const struct metrics_gauges gauges = {.received = 0};
    char *text;

    (void)state;
    make_many(&many);
    text = written(&report, &gauges);
    for (size_t i = 0; i < sizeof of_servers / sizeof *of_servers; i++)
        expect_line(text, of_servers[i]);
    expect_sum(text);
    assert_non_null(strstr(text, "server_connections_total{endpoint=\"10.0.0.1:"
                                 "163\"} 2\n"));
    assert_null(strstr(text, "server_connections_total{endpoint=\"10.0.0.1:"
                             "164\"}"));
    assert_null(strstr(text, "10.0.0.9"));
    free(text);
    for (size_t i = 0; i < MANY; i++)
        latency_release(&many.routes[i].other.latency);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
