#include "sandbox/safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/path.h"
#include "sandbox/safe_folder.h"

enum {
    DIGITS_MOST = 9,
    FILE_MODE = 0600,
    FILE_FLAGS =
        O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
};

/* Whatever happens to it, nothing is lost and nobody learns anything. */
static bool is_null_device(const struct stat *about)
{
    return S_ISCHR(about->st_mode) && about->st_rdev == makedev(1, 3);
}

/* What it is, if it is nothing that is written to. */
static bool is_of_a_kind(const struct stat *about, struct fail *why)
{
    if (S_ISLNK(about->st_mode))
        return fail_set(why, "it is a symbolic link");
    if (S_ISDIR(about->st_mode))
        return fail_set(why, "%s", strerror(EISDIR));
    if (S_ISSOCK(about->st_mode))
        return fail_set(why, "it is a socket");
    if (!S_ISREG(about->st_mode) && !S_ISFIFO(about->st_mode))
        return fail_set(why, "it is a device");
    return true;
}

static bool has_one_name(const struct stat *about, struct fail *why)
{
    return about->st_nlink <= 1 ||
           fail_set(why, "it has another name, too (a hard link)");
}

static bool may_append(const struct stat *about, struct fail *why)
{
    if (is_null_device(about))
        return true;
    return is_of_a_kind(about, why) && has_one_name(about, why) &&
           (safe_is_ours(about->st_uid) ||
            fail_set(why, "it belongs to another user"));
}

/*
 * Looked at before it is opened, for opening alone sets some devices going;
 * and after it, for it may be another one by then.
 */
static int open_existing(int folder, const char *name, struct fail *why)
{
    struct stat about;
    int file;

    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
        (void)safe_cannot(why);
        return -1;
    }
    if (!may_append(&about, why))
        return -1;
    file = openat(folder, name, FILE_FLAGS);
    if (file < 0) {
        if (errno == ENXIO)
            (void)fail_set(why, "nobody reads it");
        (void)safe_cannot(why);
        return -1;
    }
    if (fstat(file, &about) == 0 && may_append(&about, why))
        return file;
    (void)close(file);
    return -1;
}

int safe_file_open(int folder, const char *name, struct fail *why)
{
    int file =
        openat(folder, name, FILE_FLAGS | O_CREAT | O_EXCL, (mode_t)FILE_MODE);

    if (file >= 0)
        return file;
    if (errno == EEXIST)
        return open_existing(folder, name, why);
    (void)safe_cannot(why);
    return -1;
}

int safe_file_draft(int folder, const char *name, mode_t mode)
{
    (void)unlinkat(folder, name, 0);
    return openat(folder, name,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

bool safe_file_may_replace(int folder, const char *name, struct fail *why)
{
    struct stat about;

    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || safe_cannot(why);
    if (S_ISFIFO(about.st_mode))
        return fail_set(why, "it is a FIFO");
    return is_of_a_kind(&about, why) && has_one_name(&about, why);
}

/* The descriptor is taken over. */
static FILE *stream_of(int file, struct fail *why)
{
    FILE *stream = file < 0 ? NULL : fdopen(file, "w");

    if (stream)
        return stream;
    (void)safe_cannot(why);
    if (file >= 0)
        (void)close(file);
    return NULL;
}

FILE *safe_file_stream(int folder, const char *name, struct fail *why)
{
    int file = safe_file_open(folder, name, why);
    struct stat about = {0};

    if (file < 0)
        return NULL;
    (void)fstat(file, &about);
    if (S_ISFIFO(about.st_mode))
        (void)fcntl(file, F_SETFL, O_WRONLY | O_APPEND);
    if (!S_ISREG(about.st_mode) || ftruncate(file, 0) == 0)
        return stream_of(file, why);
    (void)safe_cannot(why);
    (void)close(file);
    return NULL;
}

FILE *safe_file_stream_at(const char *path, struct fail *why)
{
    int open = safe_file_descriptor(path);
    struct safe_folder folder;
    FILE *stream;

    if (open >= 0)
        return stream_of(fcntl(open, F_DUPFD_CLOEXEC, 0), why);
    if (!safe_folder_above(&folder, path, why))
        return NULL;
    stream = safe_file_stream(folder.descriptor, path_name(path), why);
    (void)close(folder.descriptor);
    return stream;
}

static int number_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > DIGITS_MOST || text[digits])
        return -1;
    return (int)strtol(text, NULL, 10);
}

int safe_file_descriptor(const char *path)
{
    static const char *const folder[] = {"/dev/fd/", "/proc/self/fd/"};

    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folder / sizeof *folder; i++) {
        if (strncmp(path, folder[i], strlen(folder[i])) == 0)
            return number_of(path + strlen(folder[i]));
    }
    return -1;
}

void safe_file_fill_standard(void)
{
    static const int flags[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int i = 0; i <= STDERR_FILENO; i++) {
        if (fcntl(i, F_GETFD) < 0)
            (void)open("/dev/null", flags[i]);
    }
}

bool safe_file_takes_bytes(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFL);

    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}
