/*
 * The spool is the folder that recordings go to, and how much may stand in it.
 * A file has a name that begins with a dot while it is written, and its own
 * only once it is complete: who looks into the folder sees no half a file.
 *
 * The folder is opened once. From then on only its descriptor is used
 * (openat, renameat, unlinkat), so that privileges may be dropped and the
 * file system be narrowed to it.
 *
 * Our files are known by their names, which begin with a time and therefore
 * stand in order of age: 20261125T033012.123456Z-anything.pcapng
 */
#ifndef RECORD_SPOOL_H
#define RECORD_SPOOL_H

#include "base/fail.h"
#include "base/nanos.h"

#include <stdio.h>

enum {
    SPOOL_TIME_SIZE = 24,  /* of the time in a name, with its NUL */
    SPOOL_NAME_SIZE = 200, /* the longest name, with its NUL */
};

struct spool_counts {
    uint64_t written;        /* by us, so far */
    uint64_t bytes;          /* in them */
    uint64_t removed;        /* for the limit, so far */
    uint64_t standing;       /* files that count now */
    uint64_t standing_bytes; /* in them */
};

struct spool;

/*
 * `folder` is its descriptor, see safe_folder.h, and may be closed after that.
 * Files of ours that are in there already count, too; the remains of a run that
 * died are removed, unless another one is at work there. NULL with `why` set to
 * the reason. The caller owns it.
 */
struct spool *spool_open(int folder, uint64_t files, uint64_t bytes,
                         struct fail *why);
void spool_close(struct spool *spool);

/* Writes a time as names begin with it and returns `text`. */
const char *spool_print_time(char text[static SPOOL_TIME_SIZE], nanos time);

/*
 * A new file, mode 0600, that will be called `name`. NULL with errno set. The
 * next call must be spool_keep or spool_discard.
 */
FILE *spool_create(struct spool *spool, const char *name);

/*
 * Closes the file and gives it its name; one of ours that had it before is
 * replaced. Then the oldest files are removed until what is left is within
 * the limits; this one stays whatever its size. False with errno set when it
 * cannot be had whole: then nothing is left of it.
 */
bool spool_keep(struct spool *spool, FILE *file);

/* Closes and removes the file under way. errno stays what it was. */
void spool_discard(struct spool *spool, FILE *file);

/* The number of the file that was kept last; they count up. */
uint64_t spool_latest(const struct spool *spool);

/* Does that file still stand, as far as it was not removed by others? */
bool spool_has(const struct spool *spool, uint64_t number);

struct spool_counts spool_counts(const struct spool *spool);

#endif
