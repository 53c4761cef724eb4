/*
 * The part of --metrics that is told of each server: how long its answers took,
 * as histograms, and how its connections are used. So that it stays small, of
 * the first servers; what is of all later ones is counted as "other".
 */
#ifndef REPORT_METRICS_SERVERS_H
#define REPORT_METRICS_SERVERS_H

#include "report/report.h"

#include <stdio.h>

/* The lines before a family's samples; its name without "whyeof_". */
void metrics_family(FILE *out, const char *name, const char *type,
                    const char *help);

void metrics_servers(const struct report *report, FILE *out);

#endif
