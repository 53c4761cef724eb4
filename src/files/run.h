/*
 * A run over files, from the first packet to the report: what cmd and tests
 * need of it. Watching is live/session.h.
 */
#ifndef FILES_RUN_H
#define FILES_RUN_H

#include "files/outputs.h"

struct capture;

struct file_run_listener {
    void *context;
    /* something went wrong that does not end the run */
    void (*say)(void *context, const char *text);
    /* so many packets were read, of many; without `capture`: all were, and
     * another capture may follow. NULL: nobody asks */
    void (*progress)(void *context, const struct capture *capture,
                     uint64_t packets);
    /* who hears this reads the report, too: what stands there, inputs'
     * troubles and the connection that is missing, is not said */
    bool shows_report;
};

struct file_run;

/* NULL with `fail` set when there is no capture to read, or no recordings can
 * be made. Options and listener must outlive it. */
struct file_run *file_run_open(const struct options *options,
                               const struct file_run_listener *listener,
                               struct fail *fail);

/*
 * Reads all there is and writes the report, which is borrowed from the run.
 * `trouble` tells that an input could not be read, that the one connection
 * asked for is not there, or that an output could not be written: the listener
 * was told what.
 */
const struct report *file_run_finish(struct file_run *run, bool *trouble);

void file_run_close(struct file_run *run);

#endif
