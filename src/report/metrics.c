#include "report/metrics.h"

#include "base/arena.h"
#include "report/metrics_servers.h"
#include "wire/endpoint.h"

#include <stdlib.h>

/* Series that are kept apart; what comes after is counted as "other". */
enum {
    SERIES_MAX = 1024,
    ENDPOINTS_MAX = 1024
};

struct series {
    struct endpoint server;
    enum verdict code;
    enum severity severity;
    uint64_t count;
};

struct metrics {
    struct series series[SERIES_MAX];
    size_t count;
    uint64_t other[SEVERITY_COUNT][VERDICT_COUNT];
};

struct metrics *metrics_new(void)
{
    return must_calloc(1, sizeof(struct metrics));
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

void metrics_finding(struct metrics *metrics, const struct finding *finding)
{
    const struct endpoint *server = &finding->connection.server;
    struct series *series = metrics->series;

    if (finding->standing != STANDING_SETTLED || finding->settled_before)
        return;
    for (size_t i = 0; i < metrics->count; i++) {
        if (series[i].code == finding->code &&
            series[i].severity == finding->severity &&
            endpoint_same(&series[i].server, server)) {
            series[i].count++;
            return;
        }
    }
    if (metrics->count == SERIES_MAX) {
        metrics->other[finding->severity][finding->code]++;
        return;
    }
    series[metrics->count++] = (struct series){.server = *server,
                                               .code = finding->code,
                                               .severity = finding->severity,
                                               .count = 1};
}

void metrics_family(FILE *out, const char *name, const char *type,
                    const char *help)
{
    (void)fprintf(out, "# HELP whyeof_%s %s\n# TYPE whyeof_%s %s\n", name, help,
                  name, type);
}

static void write_one(FILE *out, const char *name, const char *type,
                      const char *help, uint64_t value)
{
    metrics_family(out, name, type, help);
    (void)fprintf(out, "whyeof_%s %" PRIu64 "\n", name, value);
}

static void write_finding(FILE *out, const char *endpoint, enum severity level,
                          enum verdict code, uint64_t count)
{
    (void)fprintf(out,
                  "whyeof_findings_total{code=\"%s\",severity=\"%s\","
                  "endpoint=\"%s\"} %" PRIu64 "\n",
                  verdict_slug(code), severity_name(level), endpoint, count);
}

static void write_findings(const struct metrics *metrics, FILE *out)
{
    char endpoint[ENDPOINT_TEXT_SIZE];

    metrics_family(out, "findings_total", "counter",
                   "Failures found, by code and server.");
    for (size_t i = 0; i < metrics->count; i++) {
        const struct series *s = &metrics->series[i];

        write_finding(out, endpoint_print(endpoint, &s->server), s->severity,
                      s->code, s->count);
    }
    for (int level = 0; level < SEVERITY_COUNT; level++) {
        for (size_t code = 0; code < VERDICT_COUNT; code++) {
            if (metrics->other[level][code])
                write_finding(out, "other", (enum severity)level,
                              (enum verdict)code, metrics->other[level][code]);
        }
    }
}

static void write_outcome(FILE *out, const char *endpoint, const char *outcome,
                          uint64_t count)
{
    (void)fprintf(out,
                  "whyeof_exchanges_total{endpoint=\"%s\",outcome=\"%s\"} "
                  "%" PRIu64 "\n",
                  endpoint, outcome, count);
}

static void write_exchanges(const struct report *report, FILE *out)
{
    char endpoint[ENDPOINT_TEXT_SIZE];
    uint64_t complete = 0;
    uint64_t failed = 0;
    size_t written = 0;

    metrics_family(
        out, "exchanges_total", "counter",
        "HTTP exchanges that came to their end, by server and outcome.");
    for (const struct server_facts *s = report->server; s; s = s->next) {
        if (s->exchanges == 0)
            continue;
        if (written++ < ENDPOINTS_MAX) {
            (void)endpoint_print(endpoint, &s->server);
            write_outcome(out, endpoint, "complete", s->complete);
            write_outcome(out, endpoint, "failed", s->failed);
        } else {
            complete += s->complete;
            failed += s->failed;
        }
    }
    if (written > ENDPOINTS_MAX) {
        write_outcome(out, "other", "complete", complete);
        write_outcome(out, "other", "failed", failed);
    }
}

/* A sample of a family, by one label. */
static void write_sample(FILE *out, const char *name, const char *label,
                         const char *value, uint64_t count)
{
    (void)fprintf(out, "whyeof_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, value,
                  count);
}

/* It is judged anew as more is known, so that it may become less. */
static void write_not_judged(const struct judge_counts *counts, FILE *out)
{
    metrics_family(out, "exchanges_not_judged", "gauge",
                   "Exchanges that could not be judged so far, by reason.");
    for (size_t i = DOUBT_NONE + 1; i < DOUBT_COUNT; i++)
        write_sample(out, "exchanges_not_judged", "reason",
                     doubt_name((enum doubt)i), counts->not_judged_by[i]);
}

static void write_protocols(const struct judge_counts *counts, FILE *out)
{
    const char *name = "connections_by_protocol_total";

    metrics_family(out, name, "counter",
                   "TCP connections that are over, by what they spoke.");
    write_sample(out, name, "protocol", "http/1", counts->http_connections);
    write_sample(out, name, "protocol", "h2", counts->h2_connections);
    write_sample(out, name, "protocol", "fastcgi", counts->fastcgi_connections);
    write_sample(out, name, "protocol", "tls", counts->tls_connections);
    write_sample(out, name, "protocol", "other", counts->other_connections);
}

static void write_tls(const struct tls_tally *tls, FILE *out)
{
    write_one(out, "tls_opened_total", "counter",
              "Connections of TLS that were read, by their secrets.",
              tls->opened);
    metrics_family(out, "tls_opaque_total", "counter",
                   "Connections of TLS that were not opened, by reason.");
    for (size_t i = TLS_OPENS + 1; i < TLS_UNOPENED_COUNT; i++)
        write_sample(out, "tls_opaque_total", "reason",
                     tls_unopened_name((enum tls_unopened)i), tls->by[i]);
}

/* Their reasons are words of ours. */
static void write_ignored(const struct report *report, FILE *out)
{
    metrics_family(out, "packets_ignored_total", "counter",
                   "Packets that gave no TCP segment, by reason.");
    for (size_t i = 0; i < report->ignoreds; i++)
        write_sample(out, "packets_ignored_total", "reason",
                     report->ignored[i].reason, report->ignored[i].packets);
}

static void write_drops(const struct metrics_gauges *gauges, FILE *out)
{
    metrics_family(out, "packets_dropped_total", "counter",
                   "Packets that the capture lost.");
    (void)fprintf(out,
                  "whyeof_packets_dropped_total{by=\"kernel\"} %" PRIu64 "\n"
                  "whyeof_packets_dropped_total{by=\"interface\"} %" PRIu64
                  "\n",
                  gauges->kernel_drops, gauges->interface_drops);
}

/* What the bounded stores did not keep: whyeof-internals(7) lists them. */
static void write_not_kept(const struct report *report,
                           const struct metrics_gauges *gauges, FILE *out)
{
    const struct judge_counts *counts = &report->counts;
    const struct {
        const char *what;
        uint64_t count;
    } row[] = {
        {"connections",          counts->evicted       },
        {"holes",                counts->holes_given_up},
        {"exchanges",            counts->crowded_out   },
        {"findings",             counts->not_detailed  },
        {"recordings",           gauges->removed       },
        {"recorded_findings",    gauges->missed        },
        {"recorded_payload",     gauges->trimmed       },
        {"recorded_packets",     gauges->shortened     },
        {"recorded_connections", gauges->given_up      },
    };

    metrics_family(out, "not_kept_total", "counter",
                   "What found no room, by what it is.");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        (void)fprintf(out, "whyeof_not_kept_total{what=\"%s\"} %" PRIu64 "\n",
                      row[i].what, row[i].count);
}

static void write_recorder(const struct metrics_gauges *gauges, FILE *out)
{
    write_one(out, "recordings_total", "counter",
              "Files written by the flight recorder.", gauges->recordings);
    write_one(out, "recorder_connections", "gauge",
              "Connections of which the flight recorder holds packets.",
              gauges->held_connections);
    write_one(out, "recorder_packets", "gauge",
              "Packets that the flight recorder holds.", gauges->held_packets);
}

bool metrics_write(const struct metrics *metrics, const struct report *report,
                   const struct metrics_gauges *gauges, FILE *out)
{
    metrics_family(out, "build_info", "gauge", "The version that is running.");
    (void)fprintf(out, "whyeof_build_info{version=\"%s\"} 1\n", WHYEOF_VERSION);
    write_findings(metrics, out);
    write_exchanges(report, out);
    metrics_servers(report, out);
    write_one(out, "packets_total", "counter", "Packets read.",
              report->packets);
    write_one(out, "packets_received_total", "counter",
              "Packets that passed the filter, those dropped among them.",
              gauges->received);
    write_drops(gauges, out);
    write_ignored(report, out);
    write_one(out, "connections_total", "counter",
              "TCP connections that are over.", report->counts.connections);
    write_protocols(&report->counts, out);
    write_tls(report->tls, out);
    write_not_judged(&report->counts, out);
    write_one(out, "connections_open", "gauge", "TCP connections followed.",
              report->open_connections);
    write_one(out, "servers_forgotten_total", "counter",
              "Servers that made room for others.", report->servers_forgotten);
    write_one(out, "lines_dropped_total", "counter",
              "Lines of output that nobody read in time.",
              gauges->lines_dropped);
    write_recorder(gauges, out);
    write_not_kept(report, gauges, out);
    if (gauges->resident)
        write_one(out, "resident_memory_bytes", "gauge",
                  "Memory that the program has.", gauges->resident);
    return fflush(out) == 0 && !ferror(out);
}
