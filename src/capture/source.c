#include "capture/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "capture/fifo.h"
#include "capture/unpack.h"

enum {
    RAW_SIZE = 1 << 16,
    WHY_SIZE = 128
};

/*
 * Bytes wait in at most two places: `raw` as stored (filled for the first
 * look and for unpacking), then `head` as delivered (filled by peeking).
 * Without either, a read goes straight from the file to the caller.
 */
struct source {
    struct capture_input *facts;
    struct patience patience; /* without `wait`: none */
    int file;
    bool grows; /* a regular file: more may come behind its end */
    uint64_t stored;
    uint64_t delivered;
    const struct unpacker *unpacker;
    void *unpacking;
    enum unpack_result unpacked;
    struct span raw;
    struct span head;
    uint8_t raw_bytes[RAW_SIZE];
    uint8_t head_bytes[SOURCE_PEEK_MOST];
    char subject[SOURCE_SUBJECT_SIZE];
};

/* The system's words begin with a capital; ours stand inside a sentence. */
static const char *error_words(char words[static WHY_SIZE])
{
    (void)snprintf(words, WHY_SIZE, "%s", strerror(errno));
    words[0] = (char)tolower((unsigned char)words[0]);
    return words;
}

bool source_cannot_read(struct source *source)
{
    char words[WHY_SIZE];

    (void)error_words(words);
    if (source->facts->bytes == 0)
        return facts_trouble(source->facts, CAPTURE_UNREADABLE,
                             "cannot read %s: %s", source->subject, words);
    return facts_trouble(source->facts, CAPTURE_TRUNCATED,
                         "cannot read %s at byte %" PRIu64 ": %s",
                         source->subject, source->facts->bytes, words);
}

/* Waits for a pipe that does not; who has patience is asked before reading. */
static bool may_retry(const struct source *source)
{
    struct pollfd waiting = {source->file, POLLIN, 0};

    if (errno == EINTR)
        return true;
    if (errno != EAGAIN)
        return false;
    if (!source->patience.wait)
        (void)poll(&waiting, 1, -1);
    return true;
}

static bool wait_for_more(const struct source *source, int file)
{
    return source->patience.wait &&
           source->patience.wait(source->patience.context, file);
}

/* A pipe is only read when it has something to say, or has ended. */
static bool is_ready(const struct source *source)
{
    struct pollfd waiting = {source->file, POLLIN, 0};

    while (!source->grows && source->patience.wait &&
           poll(&waiting, 1, 0) == 0) {
        if (!wait_for_more(source, source->file))
            return false;
    }
    return true;
}

static size_t read_stored(struct source *source, void *to, size_t room)
{
    ssize_t got;

    do {
        if (!is_ready(source))
            return 0;
        got = read(source->file, to, room);
    } while ((got < 0 && may_retry(source)) ||
             (got == 0 && source->grows && wait_for_more(source, -1)));
    if (got < 0) {
        (void)source_cannot_read(source);
        return 0;
    }
    source->facts->bytes += (uint64_t)got;
    return (size_t)got;
}

/* Reads until there are `size` raw bytes, or all there are. */
static void fill_raw(struct source *source, size_t size)
{
    size_t have = source->raw.size;

    if (have == 0)
        source->raw.at = source->raw_bytes;
    while (have < size) {
        size_t got =
            read_stored(source, source->raw_bytes + have, RAW_SIZE - have);

        if (got == 0)
            break;
        have += got;
    }
    source->raw.size = have;
}

static size_t take(struct span *from, void *to, size_t room)
{
    struct span taken = span_head(*from, room);

    memcpy(to, taken.at, taken.size);
    *from = span_skip(*from, taken.size);
    return taken.size;
}

static bool unpack_ended(struct source *source, const char *why)
{
    uint64_t offset = source->facts->bytes - source->raw.size;
    const char *name = source->unpacker->name;

    if (source->unpacked == UNPACK_BROKEN)
        return facts_trouble(source->facts, CAPTURE_CORRUPT,
                             "%s has broken %s data at byte %" PRIu64 ": %s",
                             source->subject, name, offset, why);
    if (source->unpacked == UNPACK_INSIDE)
        return facts_trouble(source->facts, CAPTURE_TRUNCATED,
                             "%s ends inside its %s data at byte %" PRIu64,
                             source->subject, name, offset);
    return false;
}

/*
 * A decoder may hold output back when the caller's room was full, so it is
 * asked before the file is; between members it has none, and must not be
 * asked without bytes.
 */
static size_t unpack(struct source *source, void *to, size_t room)
{
    while (source->unpacked != UNPACK_BROKEN) {
        struct unpack_step step = {source->raw, to, room, 0, ""};

        if (source->raw.size > 0 || source->unpacked == UNPACK_INSIDE)
            source->unpacked = source->unpacker->step(source->unpacking, &step);
        source->raw = step.in;
        if (source->unpacked == UNPACK_BROKEN)
            (void)unpack_ended(source, step.why);
        if (step.made > 0)
            return step.made;
        if (source->raw.size > 0)
            continue;
        fill_raw(source, 1);
        if (source->raw.size == 0) {
            (void)unpack_ended(source, "");
            break;
        }
    }
    return 0;
}

static size_t deliver(struct source *source, void *to, size_t room)
{
    if (source->unpacker)
        return unpack(source, to, room);
    if (source->raw.size > 0)
        return take(&source->raw, to, room);
    return read_stored(source, to, room);
}

/* Opening alone sets some devices going, so it is looked at before. */
static bool may_read(struct source *source, const struct stat *about)
{
    const char *what = NULL;

    if (S_ISCHR(about->st_mode) || S_ISBLK(about->st_mode))
        what = "it is a device";
    if (S_ISSOCK(about->st_mode))
        what = "it is a socket";
    if (S_ISDIR(about->st_mode))
        what = "is a directory";
    if (S_ISFIFO(about->st_mode) && source->patience.only_files)
        what = "it is a FIFO";
    return !what || facts_trouble(source->facts, CAPTURE_UNREADABLE,
                                  "cannot read %s: %s", source->subject, what);
}

/*
 * A FIFO that nobody has opened for writing gives an end at once, and EAGAIN
 * when somebody has. Until then a signal ends the waiting: nobody knows
 * whether there will ever be one.
 */
static bool wait_for_writer(struct source *source)
{
    ssize_t got;

    if (source->patience.wait) /* it is waited for when it is read */
        return true;
    if (!fifo_is_interrupted(source->file, source->patience.interrupted))
        return true;
    got = read(source->file, source->raw_bytes, RAW_SIZE);
    if (got < 0)
        return errno == EAGAIN || source_cannot_read(source);
    source->raw = (struct span){source->raw_bytes, (size_t)got};
    source->facts->bytes += (uint64_t)got;
    return got > 0 || facts_trouble(source->facts, CAPTURE_UNREADABLE,
                                    "cannot read %s: interrupted before "
                                    "anybody wrote to it",
                                    source->subject);
}

static bool open_path(struct source *source, const char *path)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return source_cannot_read(source);
    if (!may_read(source, &about))
        return false;
    source->file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (source->file < 0 || fstat(source->file, &about) != 0)
        return source_cannot_read(source);
    return may_read(source, &about) &&
           (!S_ISFIFO(about.st_mode) || wait_for_writer(source));
}

static bool open_stdin(struct source *source)
{
    struct stat about;

    source->file = STDIN_FILENO;
    if (fstat(STDIN_FILENO, &about) != 0)
        return source_cannot_read(source);
    return !S_ISDIR(about.st_mode) || may_read(source, &about);
}

static bool open_file(struct source *source, const char *path)
{
    struct stat about = {0};
    bool opened =
        strcmp(path, "-") == 0 ? open_stdin(source) : open_path(source, path);

    if (!opened)
        return false;
    (void)fstat(source->file, &about);
    if (S_ISREG(about.st_mode)) {
        source->grows = true;
        source->stored = (uint64_t)about.st_size;
        (void)posix_fadvise(source->file, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    fill_raw(source, UNPACK_HEAD_SIZE);
    if (source->raw.size == 0)
        return facts_trouble(source->facts, CAPTURE_UNREADABLE, "%s is empty",
                             source->subject);
    return true;
}

struct source *source_open(const char *path, struct capture_input *facts,
                           const struct patience *patience)
{
    struct source *source = must_calloc(1, sizeof(*source));

    source->facts = facts;
    if (patience)
        source->patience = *patience;
    source->unpacked = UNPACK_BETWEEN;
    if (strcmp(path, "-") == 0)
        (void)snprintf(source->subject, SOURCE_SUBJECT_SIZE, "standard input");
    else
        (void)snprintf(source->subject, SOURCE_SUBJECT_SIZE, "'%.*s'",
                       SOURCE_SUBJECT_SIZE - 3, path);
    if (!open_file(source, path)) {
        source_close(source);
        return NULL;
    }
    source->unpacker = unpack_find(source->raw);
    if (source->unpacker)
        source->unpacking = source->unpacker->open();
    return source;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    if (source->unpacker)
        source->unpacker->close(source->unpacking);
    if (source->file > STDIN_FILENO)
        (void)close(source->file);
    free(source);
}

struct span source_peek(struct source *source, size_t size)
{
    size_t have = source->head.size;

    source->head.at = source->head_bytes;
    while (have < size && have < SOURCE_PEEK_MOST) {
        size_t got =
            deliver(source, source->head_bytes + have, SOURCE_PEEK_MOST - have);

        if (got == 0)
            break;
        have += got;
    }
    source->head.size = have;
    return span_head(source->head, size);
}

size_t source_read(struct source *source, void *to, size_t room)
{
    size_t got;

    if (source->head.size > 0)
        got = take(&source->head, to, room);
    else
        got = deliver(source, to, room);
    source->delivered += got;
    return got;
}

FILE *source_file(struct source *source)
{
    off_t read_so_far = (off_t)source->facts->bytes;
    FILE *made;
    int file;

    if (!source->grows || source->unpacker || source->patience.wait)
        return NULL;
    file = fcntl(source->file, F_DUPFD_CLOEXEC, 0);
    if (file < 0)
        return NULL;
    made = fdopen(file, "r");
    if (!made) {
        (void)close(file);
        return NULL;
    }
    if (lseek(file, -read_so_far, SEEK_CUR) < 0) {
        (void)fclose(made);
        return NULL;
    }
    source->facts->bytes = 0;
    return made;
}

uint64_t source_delivered(const struct source *source)
{
    return source->delivered;
}

uint64_t source_stored(const struct source *source)
{
    return source->stored;
}

const char *source_packing(const struct source *source)
{
    return source->unpacker ? source->unpacker->name : NULL;
}

const char *source_subject(const struct source *source)
{
    return source->subject;
}

const char *source_offset_note(const struct source *source)
{
    return source->unpacker ? " after unpacking" : "";
}
