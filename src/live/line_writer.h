/*
 * An outlet takes whole lines and passes them on to a file, a pipe, a socket
 * or a terminal without ever waiting for the reader:
 *
 *     outlet_line --> written at once, if the reader takes it
 *                 \-> else queued, if there is room   --> outlet_flush
 *                 \-> else dropped and counted
 *
 * A line is never torn: when a part of it is written, the rest is kept until
 * it is written too. Lines stay in order.
 *
 * The caller polls outlet_descriptor for POLLOUT while outlet_is_waiting, and
 * calls outlet_flush then; and also every second or so, which finds that a
 * reader has gone and tries again where writing failed. SIGPIPE must be
 * ignored.
 *
 * outlet_reopen works after privileges are dropped, by the folder's
 * descriptor, if the user may write there.
 */
#ifndef LIVE_LINE_WRITER_H
#define LIVE_LINE_WRITER_H

#include "base/fail.h"
#include "base/nanos.h"
#include "base/span.h"

enum {
    OUTLET_QUEUE_DEFAULT = 8 << 20
};

struct outlet;

/*
 * Writes to an open descriptor, which must stay open and is not closed. Its
 * flags are not changed, for other processes may share it: a pipe or terminal
 * is opened a second time through /proc, with a flag of its own. Where that is
 * refused, poll(2) is asked before each small write, which may still wait if
 * another process fills the pipe in between.
 *
 * `name` is for messages and is copied; `queue` are the bytes that may wait,
 * 0 for OUTLET_QUEUE_DEFAULT. Never NULL. outlet_close frees it.
 */
struct outlet *outlet_open_descriptor(int descriptor, const char *name,
                                      size_t queue);

/*
 * Appends to the file `name` in a folder, made (0600) if there is none. NULL
 * with `fail` set when that cannot be, it is not one that may be written to
 * (see safe_file.h), or a FIFO that nobody reads. `folder` must stay open if
 * outlet_reopen is used.
 */
struct outlet *outlet_open_file(int folder, const char *name, size_t queue,
                                struct fail *fail);

/* What still waits is discarded: outlet_drain first. */
void outlet_close(struct outlet *outlet);

/*
 * After the file was renamed: goes on in a new one of the same name. What
 * waits goes there too, but for the rest of a torn line, which is lost with
 * it and counted. False with `fail` set when there is no new one: the old one
 * goes on. True, and nothing done, for what is not a file of ours.
 */
bool outlet_reopen(struct outlet *outlet, struct fail *fail);

/* `line` ends with its newline and has no other one. */
void outlet_line(struct outlet *outlet, struct span line);

/* Writes what goes of what waits. */
void outlet_flush(struct outlet *outlet);

/*
 * At the end: writes what waits, for as long as `patience`. True when all is
 * written or the reader has gone; what is left else is discarded and counted.
 */
bool outlet_drain(struct outlet *outlet, nanos patience);

/* For poll(2); outlet_reopen changes it. */
int outlet_descriptor(const struct outlet *outlet);

/* Lines wait for their reader, and POLLOUT will tell when it takes more. */
bool outlet_is_waiting(const struct outlet *outlet);

/* Lines lost because the queue was full. */
uint64_t outlet_dropped(const struct outlet *outlet);

/* The reader has gone: all is discarded from then on, and not counted. */
bool outlet_is_closed(const struct outlet *outlet);

/*
 * What went wrong, in words, once: NULL if nothing did, or if it was said
 * already. It is tried again with each line and each flush; lines wait
 * meanwhile. When it worked again and fails anew, that is said anew.
 */
const char *outlet_failure(struct outlet *outlet);

/* What is wrong with it now, in words; NULL: nothing but a slow reader. */
const char *outlet_trouble(const struct outlet *outlet);

#endif
