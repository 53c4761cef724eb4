/*
 * The meter keeps the metrics of a session and puts them into a file, which
 * is replaced whole: whoever reads it sees the one or the other. It has mode
 * 0644, less the umask, whatever the one before it had.
 */
#ifndef LIVE_METRICS_FILE_H
#define LIVE_METRICS_FILE_H

#include "base/fail.h"
#include "report/metrics.h"

struct meter;

/*
 * NULL with `fail` set when the file's folder is not there, or what has its
 * name is no regular file. Nothing is made or written before meter_write.
 */
struct meter *meter_open(const char *path, struct fail *fail);
void meter_close(struct meter *meter);

/* The folder's descriptor; borrowed. */
int meter_folder(const struct meter *meter);

void meter_finding(struct meter *meter, const struct finding *finding);

/*
 * Writes all anew. `gauges->resident` is filled in. False with `fail` set when
 * it could not be written: the file is as it was then.
 */
bool meter_write(struct meter *meter, const struct report *report,
                 struct metrics_gauges *gauges, struct fail *fail);

#endif
