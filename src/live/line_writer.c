#include "live/line_writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "capture/live.h"
#include "sandbox/safe_file.h"

/* How a descriptor is written to without waiting. */
enum manner {
    MANNER_PLAIN, /* it never waits: a regular file, or O_NONBLOCK is set */
    MANNER_SEND,  /* a socket has a flag for each call */
    MANNER_ASK    /* poll, then at most PIPE_BUF bytes: a pipe that is
                     writable takes as many (pipe(7)) */
};

enum {
    FAILURE_SIZE = 256,
    PATH_SIZE = 40
};

/*
 *     queue  [ . . . | waits, `size` bytes from `start`, around the end | . ]
 *
 * `torn` of the bytes that wait are the rest of a line whose first part is
 * written. The memory is taken when the first line has to wait.
 */
struct line_writer {
    int descriptor;
    bool owned;
    bool named; /* opened by name in a folder: can be reopened */
    enum manner manner;
    int folder;
    char *name;
    uint8_t *queue;
    size_t limit;
    size_t start;
    size_t size;
    size_t torn;
    uint64_t dropped;
    bool closed;
    bool failing; /* the last write met an error that is not the reader's */
    bool said;
    char failure[FAILURE_SIZE];
};

static struct line_writer *new_outlet(const char *name, size_t limit)
{
    struct line_writer *writer = must_calloc(1, sizeof(*writer));
    size_t size = strlen(name) + 1;

    writer->name = must_calloc(size, 1);
    memcpy(writer->name, name, size);
    writer->limit = limit ? limit : LINE_WRITER_QUEUE_DEFAULT;
    writer->descriptor = -1;
    return writer;
}

/*
 * A new open file description, whose O_NONBLOCK nobody shares (open(2)). Only
 * for writing where it was open for that: it must not become more than it was.
 */
static int open_again(int descriptor)
{
    char path[PATH_SIZE];

    if (!safe_file_takes_bytes(descriptor))
        return -1;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

struct line_writer *line_writer_open_descriptor(int descriptor,
                                                const char *name, size_t queue)
{
    struct line_writer *writer = new_outlet(name, queue);
    struct stat about = {0};
    int again;

    writer->descriptor = descriptor;
    (void)fstat(descriptor, &about);
    if (S_ISREG(about.st_mode))
        return writer;
    if (S_ISSOCK(about.st_mode)) {
        writer->manner = MANNER_SEND;
        return writer;
    }
    again = open_again(descriptor);
    writer->owned = again >= 0;
    if (writer->owned)
        writer->descriptor = again;
    else
        writer->manner = MANNER_ASK;
    return writer;
}

static int open_named(const struct line_writer *writer, struct fail *fail)
{
    struct fail why = {0};
    int descriptor = safe_file_open(writer->folder, writer->name, &why);

    if (descriptor < 0)
        (void)fail_set(fail, "cannot write to '%s': %s", writer->name,
                       why.text);
    return descriptor;
}

struct line_writer *line_writer_open_file(int folder, const char *name,
                                          size_t queue, struct fail *fail)
{
    struct line_writer *writer = new_outlet(name, queue);

    writer->folder = folder;
    writer->named = true;
    writer->owned = true;
    writer->descriptor = open_named(writer, fail);
    if (writer->descriptor >= 0)
        return writer;
    line_writer_close(writer);
    return NULL;
}

void line_writer_close(struct line_writer *writer)
{
    if (!writer)
        return;
    if (writer->owned && writer->descriptor >= 0)
        (void)close(writer->descriptor);
    free(writer->queue);
    free(writer->name);
    free(writer);
}

static void discard_queue(struct line_writer *writer)
{
    writer->start = 0;
    writer->size = 0;
    writer->torn = 0;
}

static bool is_ready(int descriptor)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLOUT};

    return poll(&ready, 1, 0) == 1;
}

static ssize_t write_some(const struct line_writer *writer, struct span bytes)
{
    switch (writer->manner) {
    case MANNER_SEND:
        return send(writer->descriptor, bytes.at, bytes.size,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    case MANNER_ASK:
        if (!is_ready(writer->descriptor)) {
            errno = EAGAIN;
            return -1;
        }
        bytes = span_head(bytes, PIPE_BUF);
        break;
    case MANNER_PLAIN:
        break;
    }
    return write(writer->descriptor, bytes.at, bytes.size);
}

/* After a write that did not go; EAGAIN is no trouble but the reader's. */
static void take_error(struct line_writer *writer, int error)
{
    if (error == EPIPE || error == ECONNRESET) {
        writer->closed = true;
        discard_queue(writer);
    }
    if (writer->closed || error == EAGAIN || error == EWOULDBLOCK)
        return;
    if (!writer->failing) {
        (void)snprintf(writer->failure, sizeof(writer->failure),
                       "cannot write to '%s': %s", writer->name,
                       strerror(error));
        writer->said = false;
    }
    writer->failing = true;
}

/* As much as goes; how many bytes of it. */
static size_t write_all(struct line_writer *writer, struct span bytes)
{
    size_t written = 0;

    while (written < bytes.size) {
        ssize_t size = write_some(writer, span_skip(bytes, written));

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            take_error(writer, errno);
        if (size <= 0)
            break;
        writer->failing = false;
        written += (size_t)size;
    }
    return written;
}

static uint8_t queued(const struct line_writer *writer, size_t at)
{
    return writer->queue[(writer->start + at) % writer->limit];
}

/* How many bytes it is to the end of the first line that waits. */
static size_t first_line(const struct line_writer *writer)
{
    size_t size = 0;

    while (size < writer->size && queued(writer, size++) != '\n')
        continue;
    return size;
}

/* The first `size` bytes that wait are written. */
static void consume(struct line_writer *writer, size_t size)
{
    bool whole;

    if (size == 0)
        return;
    whole = queued(writer, size - 1) == '\n';
    writer->start = (writer->start + size) % writer->limit;
    writer->size -= size;
    writer->torn = whole ? 0 : first_line(writer);
    if (writer->size == 0)
        discard_queue(writer);
}

/* In one piece, or two where it goes around the end. */
void line_writer_flush(struct line_writer *writer)
{
    struct pollfd reader = {.fd = writer->descriptor};
    size_t written = 1;

    if (!writer->closed && poll(&reader, 1, 0) == 1 &&
        reader.revents & (POLLERR | POLLHUP))
        take_error(writer, EPIPE);
    while (writer->size > 0 && written > 0) {
        size_t size = writer->size;

        if (size > writer->limit - writer->start)
            size = writer->limit - writer->start;
        written = write_all(writer,
                            (struct span){writer->queue + writer->start, size});
        if (!writer->closed)
            consume(writer, written);
        if (written < size)
            return;
    }
}

static void enqueue(struct line_writer *writer, struct span bytes)
{
    size_t end;
    size_t before;

    if (bytes.size == 0)
        return;
    if (!writer->queue)
        writer->queue = must_calloc(writer->limit, 1);
    end = (writer->start + writer->size) % writer->limit;
    before = writer->limit - end;
    if (before > bytes.size)
        before = bytes.size;
    memcpy(writer->queue + end, bytes.at, before);
    memcpy(writer->queue, bytes.at + before, bytes.size - before);
    writer->size += bytes.size;
}

/*
 * A line that finds nothing before it is written without a copy. It must fit
 * into the queue for all that, since its rest may have to wait.
 */
void line_writer_line(struct line_writer *writer, struct span line)
{
    size_t written = 0;

    assert(line.size > 0 && line.at[line.size - 1] == '\n');
    if (writer->size > 0)
        line_writer_flush(writer);
    if (writer->closed)
        return;
    if (line.size > writer->limit - writer->size) {
        writer->dropped++;
        return;
    }
    if (writer->size == 0)
        written = write_all(writer, line);
    if (writer->closed)
        return;
    enqueue(writer, span_skip(line, written));
    if (written > 0)
        writer->torn = line.size - written;
}

static void drop_queue(struct line_writer *writer)
{
    while (writer->size > 0) {
        size_t size = first_line(writer);

        writer->start = (writer->start + size) % writer->limit;
        writer->size -= size;
        writer->dropped++;
    }
    discard_queue(writer);
}

bool line_writer_drain(struct line_writer *writer, nanos patience)
{
    nanos end = live_clock() + patience;
    nanos left = patience;

    line_writer_flush(writer);
    while (line_writer_is_waiting(writer) && left > 0) {
        struct pollfd ready = {.fd = writer->descriptor, .events = POLLOUT};
        nanos millis = left / NANOS_PER_MILLI + 1;

        (void)poll(&ready, 1, millis < INT_MAX ? (int)millis : INT_MAX);
        line_writer_flush(writer);
        left = end - live_clock();
    }
    if (writer->size == 0)
        return true;
    drop_queue(writer);
    return false;
}

bool line_writer_reopen(struct line_writer *writer, struct fail *fail)
{
    int descriptor;

    if (!writer->named)
        return true;
    descriptor = open_named(writer, fail);
    if (descriptor < 0)
        return false;
    line_writer_flush(writer);
    if (writer->torn > 0) {
        size_t torn = writer->torn;

        writer->start = (writer->start + torn) % writer->limit;
        writer->size -= torn;
        writer->torn = 0;
        writer->dropped++;
    }
    (void)close(writer->descriptor);
    writer->descriptor = descriptor;
    writer->closed = false;
    line_writer_flush(writer);
    return true;
}

int line_writer_descriptor(const struct line_writer *writer)
{
    return writer->descriptor;
}

/* A full disk is always ready to be written to: poll would not wait. */
bool line_writer_is_waiting(const struct line_writer *writer)
{
    return writer->size > 0 && !writer->failing;
}

uint64_t line_writer_dropped(const struct line_writer *writer)
{
    return writer->dropped;
}

bool line_writer_is_closed(const struct line_writer *writer)
{
    return writer->closed;
}

const char *line_writer_trouble(const struct line_writer *writer)
{
    return writer->failing ? writer->failure : NULL;
}

const char *line_writer_failure(struct line_writer *writer)
{
    if (!writer->failure[0] || writer->said)
        return NULL;
    writer->said = true;
    return writer->failure;
}
