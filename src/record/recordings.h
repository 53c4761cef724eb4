/*
 * Which recording has the packets of a finding, of the latest findings: those
 * whose ids lie further back make room.
 */
#ifndef RECORD_RECORDINGS_H
#define RECORD_RECORDINGS_H

#include "base/arena.h"
#include "diagnose/finding.h"

enum {
    RECORDINGS_KEPT = 16384 /* findings; more than a report lists */
};

/* A file that was written; all is borrowed. */
struct recording {
    const char *path; /* the folder, as it was given, and the file's name;
                         visible UTF-8 */
    uint64_t conn;    /* tcp.stream */
    enum verdict code;
    const uint64_t *finding; /* ids, in order of arrival */
    size_t findings;
};

struct recordings_slot {
    uint64_t finding; /* its id */
    struct recording_file *file;
};

/* All zeros to begin with. */
struct recordings {
    struct recordings_slot *slot; /* [finding % RECORDINGS_KEPT]; NULL: none */
};

/*
 * Copies what it needs. A finding that has a file already has this one from now
 * on. `number`: spool_latest of it.
 */
void recordings_add(struct recordings *recordings,
                    const struct recording *recording, uint64_t number);

/* Its path, borrowed until the next recordings_add, and its number; NULL when
 * there is none. */
const char *recordings_find(const struct recordings *recordings,
                            uint64_t finding, uint64_t *number);

void recordings_release(struct recordings *recordings);

#endif
