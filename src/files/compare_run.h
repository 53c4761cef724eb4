/*
 * A run over two captures of the same traffic, from the first packet to what
 * differs (compare/compare.h). Each is diagnosed by a pipeline of its own.
 */
#ifndef FILES_COMPARE_RUN_H
#define FILES_COMPARE_RUN_H

#include "compare/compare.h"
#include "files/run.h"

struct compare_run;

/* NULL with `fail` set when the captures cannot be read at all. Options and
 * listener must outlive it. */
struct compare_run *compare_run_open(const struct options *options,
                                     const struct file_run_listener *listener,
                                     struct fail *fail);

/*
 * Reads both and writes to standard output what differs; gives it, borrowed
 * from the run. `trouble` tells that an input could not be read or the output
 * not be written: the listener was told what.
 */
const struct comparison *compare_run_finish(struct compare_run *run,
                                            bool *trouble);

void compare_run_close(struct compare_run *run);

#endif
