/*
 * Telling while a capture goes on: what is found is written as soon as it is
 * known, and again when it turns out otherwise.
 */
#ifndef REPORT_LIVE_H
#define REPORT_LIVE_H

#include "report/report.h"

#include <stdio.h>

/*
 * What was told of late: text for people tells the first of its kind in full
 * and those alike in a line. All zeros to begin with.
 */
enum {
    LIVE_MEMORY_KEPT = 64
};

struct live_memory {
    struct {
        struct endpoint server;
        enum verdict code;
        enum severity severity;
    } told[LIVE_MEMORY_KEPT]; /* in a ring */
    uint64_t tolds;
};

/* How one format does it. What is NULL has nothing to say. */
struct live_format {
    /* the capture begins */
    void (*begin)(const struct report *report,
                  const struct report_options *options, FILE *out);
    /* a finding: finding->revision and ->standing say whether it is new */
    void (*finding)(struct live_memory *memory, const struct report *report,
                    const struct report_options *options,
                    const struct finding *finding, FILE *out);
    void (*exchange)(const struct report *report,
                     const struct report_options *options,
                     const struct listed_exchange *exchange, FILE *out);
    void (*warning)(const char *text, FILE *out);
    /* the packets of findings told before were written */
    void (*recording)(const struct report_options *options,
                      const struct recording *recording, FILE *out);
    /* all that is said at the end, but for the findings */
    void (*end)(const struct report *report,
                const struct report_options *options, FILE *out);
};

#endif
