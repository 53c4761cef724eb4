/*
 * A fileset is the names that belong together, and which of the files behind
 * them were read: a rotated capture, while it is being written.
 */
#ifndef CAPTURE_FILESET_H
#define CAPTURE_FILESET_H

#include "base/arena.h"
#include "base/nanos.h"

#include <sys/types.h>

enum {
    FILESET_FOLDERS_MAX = 8,
    FILESET_PATH_SIZE = 4096,
    FILESET_DONE_KEPT = 4096
};

/* What tells one writing of a file from the next, when a ring uses it again. */
struct fileset_stamp {
    dev_t device;
    ino_t node;
    nanos written;
};

struct fileset_file {
    struct fileset_stamp stamp;
    char path[FILESET_PATH_SIZE];
};

struct fileset {
    struct arena *arena;
    const char *folder[FILESET_FOLDERS_MAX];
    const char *pattern[FILESET_FOLDERS_MAX]; /* of fnmatch(3), in it */
    size_t folders;
    bool has_more;                                /* than are watched */
    struct fileset_stamp done[FILESET_DONE_KEPT]; /* in a ring */
    size_t dones;
    nanos forgotten; /* files written by then were read, or came too late */
};

/*
 * Each path is a file, a folder (all in it) or a pattern of glob(7) in its last
 * part. Several files of one folder stand for all whose names begin and end
 * as theirs do; one alone, for all that begin with its name. Texts are kept in
 * the arena, which must outlive the set.
 */
void fileset_init(struct fileset *set, struct arena *arena,
                  const char *const path[], size_t paths);

/*
 * The oldest file that was not read yet; `but` is passed over, NULL: none is.
 * False when there is none.
 */
bool fileset_next(const struct fileset *set, const struct fileset_file *but,
                  struct fileset_file *file);

/* It was read to its end; written to again, it counts as another. */
void fileset_done(struct fileset *set, const struct fileset_file *file);

#endif
