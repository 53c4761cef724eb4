/*
 * For the tests of outlets: lines that tell whether they came out whole and
 * in order, and the reader at the other end.
 */
#ifndef LIVE_LINE_WRITER_KIT_H
#define LIVE_LINE_WRITER_KIT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "live/line_writer.h"

enum {
    MANY = 100000,
    LINE_ROOM = 8192
};

void send_lines(struct line_writer *writer, unsigned from, unsigned to,
                unsigned fill);

/* What came out at the other end, as it came. */
struct reader {
    int descriptor;
    char *text;
    size_t size;
};

/* At most `most` bytes of what is there now. */
void read_most(struct reader *reader, size_t most);

/* Reads all there is, and has the writer write what it has. */
void read_out(struct reader *reader, struct line_writer *writer);

/* Each line is whole and they are in order; how many there are. */
unsigned count_lines(const struct reader *reader, unsigned fill);
struct reader open_pipe(int *write_end);
void close_reader(struct reader *reader);

#endif
