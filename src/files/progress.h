/*
 * How far a run over files is, as a line that is written over and over: how
 * much of the input, how many packets, how fast, and for how long still.
 */
#ifndef FILES_PROGRESS_H
#define FILES_PROGRESS_H

#include "base/nanos.h"
#include "base/text.h"

/* How often it is worth a new line, and since when at all. */
#define PROGRESS_STEP (200 * NANOS_PER_MILLI)

enum {
    PROGRESS_EVERY = 4096 /* packets: whether it is time is asked that often */
};

struct progress {
    uint64_t done;  /* bytes read, as they are stored */
    uint64_t total; /* bytes there are; 0: not known */
    uint64_t packets;
    nanos elapsed;
};

/*
 * Adds as much of it as `columns` hold, the most useful part first:
 * " 45 %, 1234567 packets, 210 MB/s, 12 s left".
 */
void progress_print(struct text *text, const struct progress *progress,
                    unsigned columns);

#endif
