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
struct outlet {
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

static struct outlet *new_outlet(const char *name, size_t limit)
{
    struct outlet *outlet = must_calloc(1, sizeof(*outlet));
    size_t size = strlen(name) + 1;

    outlet->name = must_calloc(size, 1);
    memcpy(outlet->name, name, size);
    outlet->limit = limit ? limit : OUTLET_QUEUE_DEFAULT;
    outlet->descriptor = -1;
    return outlet;
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

struct outlet *outlet_open_descriptor(int descriptor, const char *name,
                                      size_t queue)
{
    struct outlet *outlet = new_outlet(name, queue);
    struct stat about = {0};
    int again;

    outlet->descriptor = descriptor;
    (void)fstat(descriptor, &about);
    if (S_ISREG(about.st_mode))
        return outlet;
    if (S_ISSOCK(about.st_mode)) {
        outlet->manner = MANNER_SEND;
        return outlet;
    }
    again = open_again(descriptor);
    outlet->owned = again >= 0;
    if (outlet->owned)
        outlet->descriptor = again;
    else
        outlet->manner = MANNER_ASK;
    return outlet;
}

static int open_named(const struct outlet *outlet, struct fail *fail)
{
    struct fail why = {0};
    int descriptor = safe_file_open(outlet->folder, outlet->name, &why);

    if (descriptor < 0)
        (void)fail_set(fail, "cannot write to '%s': %s", outlet->name,
                       why.text);
    return descriptor;
}

struct outlet *outlet_open_file(int folder, const char *name, size_t queue,
                                struct fail *fail)
{
    struct outlet *outlet = new_outlet(name, queue);

    outlet->folder = folder;
    outlet->named = true;
    outlet->owned = true;
    outlet->descriptor = open_named(outlet, fail);
    if (outlet->descriptor >= 0)
        return outlet;
    outlet_close(outlet);
    return NULL;
}

void outlet_close(struct outlet *outlet)
{
    if (!outlet)
        return;
    if (outlet->owned && outlet->descriptor >= 0)
        (void)close(outlet->descriptor);
    free(outlet->queue);
    free(outlet->name);
    free(outlet);
}

static void discard_queue(struct outlet *outlet)
{
    outlet->start = 0;
    outlet->size = 0;
    outlet->torn = 0;
}

static bool is_ready(int descriptor)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLOUT};

    return poll(&ready, 1, 0) == 1;
}

static ssize_t write_some(const struct outlet *outlet, struct span bytes)
{
    switch (outlet->manner) {
    case MANNER_SEND:
        return send(outlet->descriptor, bytes.at, bytes.size,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    case MANNER_ASK:
        if (!is_ready(outlet->descriptor)) {
            errno = EAGAIN;
            return -1;
        }
        bytes = span_head(bytes, PIPE_BUF);
        break;
    case MANNER_PLAIN:
        break;
    }
    return write(outlet->descriptor, bytes.at, bytes.size);
}

/* After a write that did not go; EAGAIN is no trouble but the reader's. */
static void take_error(struct outlet *outlet, int error)
{
    if (error == EPIPE || error == ECONNRESET) {
        outlet->closed = true;
        discard_queue(outlet);
    }
    if (outlet->closed || error == EAGAIN || error == EWOULDBLOCK)
        return;
    if (!outlet->failing) {
        (void)snprintf(outlet->failure, sizeof(outlet->failure),
                       "cannot write to '%s': %s", outlet->name,
                       strerror(error));
        outlet->said = false;
    }
    outlet->failing = true;
}

/* As much as goes; how many bytes of it. */
static size_t write_all(struct outlet *outlet, struct span bytes)
{
    size_t written = 0;

    while (written < bytes.size) {
        ssize_t size = write_some(outlet, span_skip(bytes, written));

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            take_error(outlet, errno);
        if (size <= 0)
            break;
        outlet->failing = false;
        written += (size_t)size;
    }
    return written;
}

static uint8_t queued(const struct outlet *outlet, size_t at)
{
    return outlet->queue[(outlet->start + at) % outlet->limit];
}

/* How many bytes it is to the end of the first line that waits. */
static size_t first_line(const struct outlet *outlet)
{
    size_t size = 0;

    while (size < outlet->size && queued(outlet, size++) != '\n')
        continue;
    return size;
}

/* The first `size` bytes that wait are written. */
static void consume(struct outlet *outlet, size_t size)
{
    bool whole;

    if (size == 0)
        return;
    whole = queued(outlet, size - 1) == '\n';
    outlet->start = (outlet->start + size) % outlet->limit;
    outlet->size -= size;
    outlet->torn = whole ? 0 : first_line(outlet);
    if (outlet->size == 0)
        discard_queue(outlet);
}

/* In one piece, or two where it goes around the end. */
void outlet_flush(struct outlet *outlet)
{
    struct pollfd reader = {.fd = outlet->descriptor};
    size_t written = 1;

    if (!outlet->closed && poll(&reader, 1, 0) == 1 &&
        reader.revents & (POLLERR | POLLHUP))
        take_error(outlet, EPIPE);
    while (outlet->size > 0 && written > 0) {
        size_t size = outlet->size;

        if (size > outlet->limit - outlet->start)
            size = outlet->limit - outlet->start;
        written = write_all(outlet,
                            (struct span){outlet->queue + outlet->start, size});
        if (!outlet->closed)
            consume(outlet, written);
        if (written < size)
            return;
    }
}

static void enqueue(struct outlet *outlet, struct span bytes)
{
    size_t end;
    size_t before;

    if (bytes.size == 0)
        return;
    if (!outlet->queue)
        outlet->queue = must_calloc(outlet->limit, 1);
    end = (outlet->start + outlet->size) % outlet->limit;
    before = outlet->limit - end;
    if (before > bytes.size)
        before = bytes.size;
    memcpy(outlet->queue + end, bytes.at, before);
    memcpy(outlet->queue, bytes.at + before, bytes.size - before);
    outlet->size += bytes.size;
}

/*
 * A line that finds nothing before it is written without a copy. It must fit
 * into the queue for all that, since its rest may have to wait.
 */
void outlet_line(struct outlet *outlet, struct span line)
{
    size_t written = 0;

    assert(line.size > 0 && line.at[line.size - 1] == '\n');
    if (outlet->size > 0)
        outlet_flush(outlet);
    if (outlet->closed)
        return;
    if (line.size > outlet->limit - outlet->size) {
        outlet->dropped++;
        return;
    }
    if (outlet->size == 0)
        written = write_all(outlet, line);
    if (outlet->closed)
        return;
    enqueue(outlet, span_skip(line, written));
    if (written > 0)
        outlet->torn = line.size - written;
}

static void drop_queue(struct outlet *outlet)
{
    while (outlet->size > 0) {
        size_t size = first_line(outlet);

        outlet->start = (outlet->start + size) % outlet->limit;
        outlet->size -= size;
        outlet->dropped++;
    }
    discard_queue(outlet);
}

bool outlet_drain(struct outlet *outlet, nanos patience)
{
    nanos end = live_clock() + patience;
    nanos left = patience;

    outlet_flush(outlet);
    while (outlet_is_waiting(outlet) && left > 0) {
        struct pollfd ready = {.fd = outlet->descriptor, .events = POLLOUT};
        nanos millis = left / NANOS_PER_MILLI + 1;

        (void)poll(&ready, 1, millis < INT_MAX ? (int)millis : INT_MAX);
        outlet_flush(outlet);
        left = end - live_clock();
    }
    if (outlet->size == 0)
        return true;
    drop_queue(outlet);
    return false;
}

bool outlet_reopen(struct outlet *outlet, struct fail *fail)
{
    int descriptor;

    if (!outlet->named)
        return true;
    descriptor = open_named(outlet, fail);
    if (descriptor < 0)
        return false;
    outlet_flush(outlet);
    if (outlet->torn > 0) {
        size_t torn = outlet->torn;

        outlet->start = (outlet->start + torn) % outlet->limit;
        outlet->size -= torn;
        outlet->torn = 0;
        outlet->dropped++;
    }
    (void)close(outlet->descriptor);
    outlet->descriptor = descriptor;
    outlet->closed = false;
    outlet_flush(outlet);
    return true;
}

int outlet_descriptor(const struct outlet *outlet)
{
    return outlet->descriptor;
}

/* A full disk is always ready to be written to: poll would not wait. */
bool outlet_is_waiting(const struct outlet *outlet)
{
    return outlet->size > 0 && !outlet->failing;
}

uint64_t outlet_dropped(const struct outlet *outlet)
{
    return outlet->dropped;
}

bool outlet_is_closed(const struct outlet *outlet)
{
    return outlet->closed;
}

const char *outlet_trouble(const struct outlet *outlet)
{
    return outlet->failing ? outlet->failure : NULL;
}

const char *outlet_failure(struct outlet *outlet)
{
    if (!outlet->failure[0] || outlet->said)
        return NULL;
    outlet->said = true;
    return outlet->failure;
}
