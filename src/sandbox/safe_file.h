/*
 * A safe file is one that is written to, and that nobody but root and the user
 * of this process can have put in the way. What is written may be anything
 * that came over the wire, and who writes may be root: a link, a second name
 * or a FIFO where a file is expected would lead it elsewhere, or hold it up.
 * Everything that this program creates or opens for writing is opened here.
 *
 *     the way      see safe_folder.h
 *     the file     is new, and then has mode 0600; or a regular file with one
 *                  name that is ours or root's, and keeps its mode; or such a
 *                  FIFO, when somebody reads it; or the null device
 *     descriptors  that were open from the start ("-", /dev/stdout, /dev/fd/N)
 *                  are taken as they are: nothing is opened
 *
 * Nothing here ever waits, and no file is cut short before it is known to be
 * one that may be.
 *
 * `why` is set to the reason alone ("it is a device"): what was wanted, the
 * caller says.
 */
#ifndef SANDBOX_SAFE_FILE_H
#define SANDBOX_SAFE_FILE_H

#include <stdio.h>
#include <sys/types.h>

#include "base/fail.h"

/*
 * The file `name` in a folder, to append to; O_NONBLOCK is set, which matters
 * to a FIFO. -1 with `why` set. The caller closes it.
 */
int safe_file_open(int folder, const char *name, struct fail *why);

/*
 * A new file in place of what has that name: something to be renamed when it
 * is whole. -1 with errno set. The caller closes it.
 */
int safe_file_draft(int folder, const char *name, mode_t mode);

/*
 * Whether a file may take that name, because there is none or a regular one
 * with no other name. False with `why` set.
 */
bool safe_file_may_replace(int folder, const char *name, struct fail *why);

/*
 * As safe_file_open, emptied, as a stream that waits for its reader where it
 * is a FIFO. NULL with `why` set. The caller closes it.
 */
FILE *safe_file_stream(int folder, const char *name, struct fail *why);

/* The same by its path, or a copy of an open descriptor. */
FILE *safe_file_stream_at(const char *path, struct fail *why);

/* The descriptor of this process that a path stands for; -1: it is a file. */
int safe_file_descriptor(const char *path);

/*
 * Where standard input, output or error was closed, the next file that is
 * opened would take its place and be written to. What is put there takes no
 * bytes and gives none: the error is that of a descriptor that is closed.
 */
void safe_file_fill_standard(void);

/* An open descriptor that may be written to. */
bool safe_file_takes_bytes(int descriptor);

#endif
