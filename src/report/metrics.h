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
    uint64_t received;      /* packets that passed the filter, drops and all */
    uint64_t resident;      /* bytes of memory; 0: not known */
    /* the flight recorder's */
    uint64_t recordings;       /* files written */
    uint64_t removed;          /* files, for its limits */
    uint64_t missed;           /* findings of which no packet was left */
    uint64_t held_connections; /* of which packets are held now */
    uint64_t held_packets;
    uint64_t trimmed;   /* connections that lost payload for want of memory */
    uint64_t shortened; /* those that lost packets */
    uint64_t given_up;  /* those that were lost whole */
};

/* False when the stream could not be written. */
bool metrics_write(const struct metrics *metrics, const struct report *report,
                   const struct metrics_gauges *gauges, FILE *out);

#endif
