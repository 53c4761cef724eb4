#include "report/metrics_servers.h"

#include "base/arena.h"
#include "wire/endpoint.h"

#include <stdlib.h>

enum {
    SERVERS_TOLD = 64 /* apart; later ones together */
};

enum number {
    CONNECTIONS,
    EXCHANGES,
    OPEN,
    NUMBERS
};

/* What is told of one server, or of all that are left. */
struct row {
    char endpoint[ENDPOINT_TEXT_SIZE];
    struct latency latency;
    uint64_t number[NUMBERS];
    uint64_t single[SINGLE_KINDS];
    uint64_t strained[STRAINED_KINDS];
    uint64_t reused[REUSE_ANSWERS];
};

struct rows {
    struct row row[SERVERS_TOLD + 1];
    size_t count;
};

static void add_use(struct row *row, const struct connection_use *use)
{
    if (!use)
        return;
    row->number[CONNECTIONS] += use->ended;
    row->number[EXCHANGES] += use->requests;
    row->number[OPEN] += use->open;
    for (unsigned i = 0; i < SINGLE_KINDS; i++)
        row->single[i] += use->single[i];
    for (unsigned i = 0; i < STRAINED_KINDS; i++)
        row->strained[i] += use->strain[i].count;
    for (unsigned i = 0; i < REUSE_ANSWERS; i++)
        row->reused[i] += use->reuse.answer[i];
}

static void add_server(struct row *row, const struct server_facts *server)
{
    struct latency latency = routes_latency(server->routes);

    latency_join(&row->latency, &latency);
    latency_release(&latency);
    add_use(row, server->use);
}

/* Ports that were only tried are no servers. */
static void add_all(struct rows *rows, const struct report *report)
{
    for (const struct server_facts *s = report->server; s; s = s->next) {
        struct row *row = &rows->row[rows->count];

        if (s->exchanges == 0 || !s->routes)
            continue;
        if (rows->count <= SERVERS_TOLD)
            rows->count++;
        else
            row = &rows->row[SERVERS_TOLD];
        if (rows->count > SERVERS_TOLD)
            (void)snprintf(row->endpoint, sizeof row->endpoint, "other");
        else
            (void)endpoint_print(row->endpoint, &s->server);
        add_server(row, s);
    }
}

/* Upper bounds, as text and as numbers, ascending. */
static const struct bound {
    const char *seconds;
    nanos nanos;
} bound[] = {
    {"0.001", NANOS_PER_MILLI       },
    {"0.005", 5 * NANOS_PER_MILLI   },
    {"0.01",  10 * NANOS_PER_MILLI  },
    {"0.025", 25 * NANOS_PER_MILLI  },
    {"0.05",  50 * NANOS_PER_MILLI  },
    {"0.1",   100 * NANOS_PER_MILLI },
    {"0.25",  250 * NANOS_PER_MILLI },
    {"0.5",   500 * NANOS_PER_MILLI },
    {"1",     NANOS_PER_SECOND      },
    {"2.5",   2500 * NANOS_PER_MILLI},
    {"5",     5 * NANOS_PER_SECOND  },
    {"10",    10 * NANOS_PER_SECOND },
    {"30",    30 * NANOS_PER_SECOND },
    {"60",    60 * NANOS_PER_SECOND },
    {"300",   300 * NANOS_PER_SECOND},
};

enum {
    BOUNDS = sizeof bound / sizeof *bound
};

/* How many durations are within each bound, and what all add up to. */
struct histogram {
    uint64_t within[BOUNDS];
    __uint128_t sum;
};

/*
 * Each duration counts as the middle of its bucket, which is no more than 1 %
 * off: so neither a count nor the sum ever becomes less.
 */
static void add_bucket(struct histogram *histogram, nanos middle,
                       uint64_t count)
{
    histogram->sum += (__uint128_t)count * (uint64_t)middle;
    for (size_t i = 0; i < BOUNDS; i++)
        histogram->within[i] += middle <= bound[i].nanos ? count : 0;
}

static void write_histogram(FILE *out, const char *name, const char *endpoint,
                            const struct sketch *sketch)
{
    struct histogram histogram = {.sum = 0};

    for (unsigned i = 0; i < SKETCH_BUCKETS && sketch->samples; i++) {
        uint64_t count = sketch_count(sketch, i);

        if (count)
            add_bucket(&histogram, sketch_middle(i), count);
    }
    for (size_t i = 0; i < BOUNDS; i++)
        (void)fprintf(out,
                      "whyeof_%s_bucket{endpoint=\"%s\",le=\"%s\"} %" PRIu64
                      "\n",
                      name, endpoint, bound[i].seconds, histogram.within[i]);
    (void)fprintf(out,
                  "whyeof_%s_bucket{endpoint=\"%s\",le=\"+Inf\"} %" PRIu64
                  "\nwhyeof_%s_sum{endpoint=\"%s\"} %" PRIu64 ".%09" PRIu64
                  "\nwhyeof_%s_count{endpoint=\"%s\"} %" PRIu64 "\n",
                  name, endpoint, sketch->samples, name, endpoint,
                  (uint64_t)(histogram.sum / NANOS_PER_SECOND),
                  (uint64_t)(histogram.sum % NANOS_PER_SECOND), name, endpoint,
                  sketch->samples);
}

static void write_latencies(const struct rows *rows, FILE *out)
{
    const char *name = "time_to_first_byte_seconds";

    metrics_family(out, name, "histogram",
                   "From the request to the first byte of its answer, of "
                   "answers that came whole.");
    for (size_t i = 0; i < rows->count; i++)
        write_histogram(out, name, rows->row[i].endpoint,
                        &rows->row[i].latency.first_byte);
    name = "time_to_last_byte_seconds";
    metrics_family(out, name, "histogram",
                   "From the request to the last byte of its answer, of "
                   "answers that came whole.");
    for (size_t i = 0; i < rows->count; i++)
        write_histogram(out, name, rows->row[i].endpoint,
                        &rows->row[i].latency.end);
}

static void write_numbers(const struct rows *rows, FILE *out)
{
    static const struct {
        const char *name;
        const char *type;
        const char *help;
    } family[NUMBERS] = {
        [CONNECTIONS] = {"server_connections_total",          "counter",
                         "Connections that are over and carried a whole "
                         "exchange."                 },
        [EXCHANGES] = {"server_connection_exchanges_total", "counter",
                         "Whole exchanges on these." },
        [OPEN] = {"server_connections_open",           "gauge",
                         "Connections that are open."},
    };

    for (size_t n = 0; n < NUMBERS; n++) {
        metrics_family(out, family[n].name, family[n].type, family[n].help);
        for (size_t i = 0; i < rows->count; i++)
            (void)fprintf(out, "whyeof_%s{endpoint=\"%s\"} %" PRIu64 "\n",
                          family[n].name, rows->row[i].endpoint,
                          rows->row[i].number[n]);
    }
}

static void write_sample(FILE *out, const char *name, const struct row *row,
                         const char *label, const char *value, uint64_t count)
{
    (void)fprintf(out, "whyeof_%s{endpoint=\"%s\",%s=\"%s\"} %" PRIu64 "\n",
                  name, row->endpoint, label, value, count);
}

static void write_single(const struct rows *rows, FILE *out)
{
    const char *name = "server_single_use_connections_total";

    metrics_family(out, name, "counter",
                   "Of these connections, those that carried one exchange, by "
                   "who wanted that.");
    for (size_t i = 0; i < rows->count; i++) {
        for (unsigned k = 0; k < SINGLE_KINDS; k++)
            write_sample(out, name, &rows->row[i], "why",
                         single_use_name((enum single_use)k),
                         rows->row[i].single[k]);
    }
}

static void write_syns(const struct rows *rows, FILE *out)
{
    const char *name = "server_syns_failed_total";

    metrics_family(out, name, "counter",
                   "SYNs that were sent again, or met an RST.");
    for (size_t i = 0; i < rows->count; i++) {
        write_sample(out, name, &rows->row[i], "how", "sent_again",
                     rows->row[i].strained[STRAINED_AGAIN]);
        write_sample(out, name, &rows->row[i], "how", "refused",
                     rows->row[i].strained[STRAINED_REFUSED]);
    }
}

static void write_reuse(const struct rows *rows, FILE *out)
{
    const char *name = "server_ports_reused_total";

    metrics_family(out, name, "counter",
                   "SYNs from a port that had a connection within a minute "
                   "before, by answer.");
    for (size_t i = 0; i < rows->count; i++) {
        for (unsigned k = 0; k < REUSE_ANSWERS; k++)
            write_sample(out, name, &rows->row[i], "answer",
                         reuse_answer_name((enum reuse_answer)k),
                         rows->row[i].reused[k]);
    }
}

void metrics_servers(const struct report *report, FILE *out)
{
    struct rows *rows = must_calloc(1, sizeof *rows);

    add_all(rows, report);
    write_latencies(rows, out);
    write_numbers(rows, out);
    write_single(rows, out);
    write_syns(rows, out);
    write_reuse(rows, out);
    for (size_t i = 0; i < rows->count; i++)
        latency_release(&rows->row[i].latency);
    free(rows);
}
