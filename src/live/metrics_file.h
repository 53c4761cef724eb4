/*
 * The metrics file keeps the metrics of a session and puts them into a file,
 * which is replaced whole: whoever reads it sees the one or the other. It has
 * mode 0644, less the umask, whatever the one before it had.
 */
#ifndef LIVE_METRICS_FILE_H
#define LIVE_METRICS_FILE_H

#include "base/fail.h"
#include "report/metrics.h"

struct metrics_file;

/*
 * NULL with `fail` set when the file's folder is not there, or what has its
 * name is no regular file. Nothing is made or written before
 * metrics_file_write.
 */
struct metrics_file *metrics_file_open(const char *path, struct fail *fail);
void metrics_file_close(struct metrics_file *metrics_file);

/* The folder's descriptor; borrowed. */
int metrics_file_folder(const struct metrics_file *metrics_file);

void metrics_file_finding(struct metrics_file *metrics_file,
                          const struct finding *finding);

/*
 * Writes all anew. `gauges->resident` is filled in. False with `fail` set when
 * it could not be written: the file is as it was then.
 */
bool metrics_file_write(struct metrics_file *metrics_file,
                        const struct report *report,
                        struct metrics_gauges *gauges, struct fail *fail);

#endif
