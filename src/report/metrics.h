/*
 * Counts for a monitoring system, in Prometheus' text format (version 0.0.4,
 * prometheus.io/docs/instrumenting/exposition_formats), as node_exporter's
 * textfile collector reads them.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include "report/report.h"

#include <stdio.h>

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* Counts a finding when it is settled first; others change nothing. */
void metrics_finding(struct metrics *metrics, const struct finding *finding);

/* What only the program that watches knows. */
struct metrics_gauges {
    uint64_t kernel_drops;
    uint64_t interface_drops;
    uint64_t lines_dropped; /* of output, that nobody read in time */
    uint64_t recordings;    /* files written by the flight recorder */
    uint64_t resident;      /* bytes of memory; 0: not known */
};

/* False when the stream could not be written. */
bool metrics_write(const struct metrics *metrics, const struct report *report,
                   const struct metrics_gauges *gauges, FILE *out);

#endif
