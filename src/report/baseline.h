/*
 * What an earlier report has already told (--baseline): findings by code,
 * server and route. One of those is told again, and decides no exit status.
 */
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H

#include "base/fail.h"
#include "report/report.h"

struct baseline;

/*
 * Reads a report, JSON or NDJSON. NULL with `fail` set when it cannot be read
 * or is none. The caller owns it and gives it to baseline_free.
 */
struct baseline *baseline_read(const char *path, struct fail *fail);
void baseline_free(struct baseline *baseline);

/* Whether the earlier report has one like it; false with NULL. */
bool baseline_knows(const struct baseline *baseline,
                    const struct finding *finding,
                    const struct report_options *options);

/* Findings of a severity that the options' baseline does not know. */
uint64_t baseline_new(const struct report *report,
                      const struct report_options *options,
                      enum severity severity);

#endif
