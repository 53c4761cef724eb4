/*
 * Where a run over files writes: standard output, and what --output names.
 *
 * The report is written when all has been read. Exchanges (--exchanges) are
 * as many as the capture has: a format that is lines takes them as they end;
 * of one document they wait in a file that has no name any more.
 */
#ifndef FILES_OUTPUTS_H
#define FILES_OUTPUTS_H

#include "options/options.h"

struct file_outputs;

/* Told of each output that cannot be written to, once. */
struct file_outputs_listener {
    void *context;
    void (*complain)(void *context, const char *text);
};

/* The options must outlive it. Never NULL; file_outputs_close frees it. */
struct file_outputs *file_outputs_open(const struct options *options,
                                       struct file_outputs_listener listener);
void file_outputs_close(struct file_outputs *outputs);

/* An exchange has ended; `report` is as pipeline_report gives it. */
void file_outputs_exchange(struct file_outputs *outputs,
                           const struct report *report,
                           const struct listed_exchange *exchange);

/* Writes the report. False when some output failed: somebody was told, unless
 * it was only that the reader of standard output has gone. */
bool file_outputs_write(struct file_outputs *outputs,
                        const struct report *report);

#endif
