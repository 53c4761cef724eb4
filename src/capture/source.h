/*
 * A source is the bytes of one input in order: a file, a pipe, or standard
 * input as it grows, unpacked on the way when its first bytes say that it is
 * packed (never by its name).
 *
 * It counts twice: `facts->bytes` are bytes taken from the file as stored, for
 * progress; `delivered` are bytes handed out, for offsets. Trouble is written
 * into the facts, and from then on the source is at its end.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include <signal.h>
#include <stdio.h>

#include "capture/facts.h"

enum {
    SOURCE_PEEK_MOST = 1024,
    SOURCE_SUBJECT_SIZE = 300
};

struct source;

/*
 * Who is asked when there is nothing to read now, and there may be later:
 * `file` is a pipe to be polled, or -1 for a file at its present end. True: try
 * again, after having waited a moment; false: it is the end.
 */
struct patience {
    void *context;
    bool (*wait)(void *context, int file);
    bool only_files; /* what has become a pipe meanwhile is not read */
    const volatile sig_atomic_t *interrupted; /* see capture_options */
};

/*
 * NULL when it cannot be read or is empty: the facts say why. A regular file
 * or a FIFO; standard input ("-") may be more. `patience` may be NULL, or have
 * no `wait`: then a pipe is waited for, until a signal comes while nobody has
 * opened it for writing, and the end of a file is the end.
 */
struct source *source_open(const char *path, struct capture_input *facts,
                           const struct patience *patience);
void source_close(struct source *source);

/*
 * The first bytes, at most SOURCE_PEEK_MOST, without taking them: only
 * before the first source_read. Fewer are there only when the source is.
 */
struct span source_peek(struct source *source, size_t size);

/* Takes what is there, at least one byte; 0 only at the end. */
size_t source_read(struct source *source, void *to, size_t room);

/*
 * The same bytes from the first one on, for a library that reads a FILE, and
 * cheaper: only of a regular file that is not packed and not waited for, before
 * the first source_read; else NULL. The caller owns it, and counts in
 * `facts->bytes` what it reads; the source is not read any more.
 */
FILE *source_file(struct source *source);

/* Bytes handed out by source_read. */
uint64_t source_delivered(const struct source *source);

/* Bytes of the file as stored; 0 when unknown. */
uint64_t source_stored(const struct source *source);

/* "gzip", "zstd", "lz4"; NULL when not packed. */
const char *source_packing(const struct source *source);

/* Says why, by errno, and where: for who reads its source_file. False. */
bool source_cannot_read(struct source *source);

/* How messages call it: 'x.pcap' in quotes, or standard input. */
const char *source_subject(const struct source *source);

/* What goes behind an offset in a message: "" or " after unpacking". */
const char *source_offset_note(const struct source *source);

#endif
