/*
 * A line writer takes whole lines and passes them on to a file, a pipe, a
 * socket or a terminal without ever waiting for the reader:
 *
 *     line_writer_line --> written at once, if the reader takes it
 *                 \-> else queued, if there is room   --> line_writer_flush
 *                 \-> else dropped and counted
 *
 * A line is never torn: when a part of it is written, the rest is kept until
 * it is written too. Lines stay in order.
 *
 * The caller polls line_writer_descriptor for POLLOUT while
 * line_writer_is_waiting, and calls line_writer_flush then; and also every
 * second or so, which finds that a reader has gone and tries again where
 * writing failed. SIGPIPE must be ignored.
 *
 * line_writer_reopen works after privileges are dropped, by the folder's
 * descriptor, if the user may write there.
 */
#ifndef LIVE_LINE_WRITER_H
#define LIVE_LINE_WRITER_H

#include "base/fail.h"
#include "base/nanos.h"
#include "base/span.h"

enum {
    LINE_WRITER_QUEUE_DEFAULT = 8 << 20
};

struct line_writer;

/*
 * Writes to an open descriptor, which must stay open and is not closed. Its
 * flags are not changed, for other processes may share it: a pipe or terminal
 * is opened a second time through /proc, with a flag of its own. Where that is
 * refused, poll(2) is asked before each small write, which may still wait if
 * another process fills the pipe in between.
 *
 * `name` is for messages and is copied; `queue` are the bytes that may wait,
 * 0 for LINE_WRITER_QUEUE_DEFAULT. Never NULL. line_writer_close frees it.
 */
struct line_writer *line_writer_open_descriptor(int descriptor,
                                                const char *name, size_t queue);

/*
 * Appends to the file `name` in a folder, made (0600) if there is none. NULL
 * with `fail` set when that cannot be, it is not one that may be written to
 * (see safe_file.h), or a FIFO that nobody reads. `folder` must stay open if
 * line_writer_reopen is used.
 */
struct line_writer *line_writer_open_file(int folder, const char *name,
                                          size_t queue, struct fail *fail);

/* What still waits is discarded: line_writer_drain first. */
void line_writer_close(struct line_writer *writer);

/*
 * After the file was renamed: goes on in a new one of the same name. What
 * waits goes there too, but for the rest of a torn line, which is lost with
 * it and counted. False with `fail` set when there is no new one: the old one
 * goes on. True, and nothing done, for what is not a file of ours.
 */
bool line_writer_reopen(struct line_writer *writer, struct fail *fail);

/* `line` ends with its newline and has no other one. */
void line_writer_line(struct line_writer *writer, struct span line);

/* Writes what goes of what waits. */
void line_writer_flush(struct line_writer *writer);

/*
 * At the end: writes what waits, for as long as `patience`. True when all is
 * written or the reader has gone; what is left else is discarded and counted.
 */
bool line_writer_drain(struct line_writer *writer, nanos patience);

/* For poll(2); line_writer_reopen changes it. */
int line_writer_descriptor(const struct line_writer *writer);

/* Lines wait for their reader, and POLLOUT will tell when it takes more. */
bool line_writer_is_waiting(const struct line_writer *writer);

/* Lines lost because the queue was full. */
uint64_t line_writer_dropped(const struct line_writer *writer);

/* The reader has gone: all is discarded from then on, and not counted. */
bool line_writer_is_closed(const struct line_writer *writer);

/*
 * What went wrong, in words, once: NULL if nothing did, or if it was said
 * already. It is tried again with each line and each flush; lines wait
 * meanwhile. When it worked again and fails anew, that is said anew.
 */
const char *line_writer_failure(struct line_writer *writer);

/* What is wrong with it now, in words; NULL: nothing but a slow reader. */
const char *line_writer_trouble(const struct line_writer *writer);

#endif
