#include "record/spool.h"

#include "base/arena.h"
#include "sandbox/safe_file.h"
#include "sandbox/safe_folder.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING  ".pcapng"
#define UNDONE  ".part" /* behind the name, with a dot before it */
#define PATTERN "00000000T000000.000000Z-"

enum {
    FILE_MODE = 0600,
    UNDONE_SIZE = SPOOL_NAME_SIZE + 8
};

struct item {
    char *name; /* owned */
    uint64_t bytes;
    bool gone; /* a later item has the name now */
};

/*
 * Oldest first. item[first..known) were there when the folder was opened, in
 * order of name; those behind are ours, in order of writing.
 */
struct spool {
    int folder;
    uint64_t files_most;
    uint64_t bytes_most;
    struct item *item;
    uint64_t passed; /* items that stood before item[0] and are gone */
    size_t first;
    size_t known;
    size_t items;
    size_t room;
    char name[SPOOL_NAME_SIZE]; /* of the file under way */
    char undone[UNDONE_SIZE];   /* as long as it is */
    struct spool_counts counts;
};

const char *spool_print_time(char text[static SPOOL_TIME_SIZE], nanos time)
{
    char printed[NANOS_TEXT_SIZE];
    size_t size = 0;

    for (const char *at = nanos_print_time(printed, time); *at; at++) {
        if (*at != '-' && *at != ':' && size + 2 < SPOOL_TIME_SIZE)
            text[size++] = *at;
    }
    text[size++] = 'Z';
    text[size] = '\0';
    return text;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t size = strlen(text);

    return size >= strlen(ending) &&
           strcmp(text + size - strlen(ending), ending) == 0;
}

static bool begins_as_ours(const char *name)
{
    static const char pattern[] = PATTERN;

    for (size_t i = 0; i + 1 < sizeof pattern; i++) {
        if (pattern[i] == '0' ? !isdigit((unsigned char)name[i])
                              : name[i] != pattern[i])
            return false;
    }
    return true;
}

static bool is_ours(const char *name)
{
    return begins_as_ours(name) && ends_with(name, ENDING) &&
           strlen(name) < SPOOL_NAME_SIZE;
}

static bool is_remains(const char *name)
{
    return name[0] == '.' && begins_as_ours(name + 1) &&
           ends_with(name, ENDING UNDONE);
}

static void add_item(struct spool *spool, const char *name, uint64_t bytes)
{
    size_t size = strlen(name) + 1;
    char *copy = must_calloc(size, 1);

    if (spool->items == spool->room) {
        spool->room = spool->room ? spool->room * 2 : 64;
        spool->item =
            must_realloc(spool->item, spool->room, sizeof *spool->item);
    }
    memcpy(copy, name, size);
    spool->item[spool->items++] = (struct item){copy, bytes, false};
    spool->counts.standing++;
    spool->counts.standing_bytes += bytes;
}

static void cross_out(struct spool *spool, struct item *item)
{
    item->gone = true;
    spool->counts.standing--;
    spool->counts.standing_bytes -= item->bytes;
}

static void see_file(struct spool *spool, const char *name, bool alone)
{
    struct stat facts;

    if (alone && is_remains(name))
        (void)unlinkat(spool->folder, name, 0);
    else if (is_ours(name) &&
             fstatat(spool->folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
             S_ISREG(facts.st_mode))
        add_item(spool, name, (uint64_t)facts.st_size);
}

static int by_name(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;

    return strcmp(a->name, b->name);
}

/* What is there already. The lock is held until the folder is closed. */
static bool look_around(struct spool *spool)
{
    bool alone = flock(spool->folder, LOCK_EX | LOCK_NB) == 0;
    int again = openat(spool->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;

    if (!list) {
        if (again >= 0)
            (void)close(again);
        return false;
    }
    while ((entry = readdir(list)))
        see_file(spool, entry->d_name, alone);
    (void)closedir(list);
    if (spool->items)
        qsort(spool->item, spool->items, sizeof *spool->item, by_name);
    spool->known = spool->items;
    return true;
}

/* What names files below it (O_PATH) becomes what can be locked and listed. */
static bool open_folder(struct spool *spool, int folder, struct fail *why)
{
    spool->folder = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (spool->folder >= 0 &&
            faccessat(spool->folder, ".", W_OK | X_OK, AT_EACCESS) == 0 &&
            look_around(spool)) ||
           safe_cannot(why);
}

struct spool *spool_open(int folder, uint64_t files, uint64_t bytes,
                         struct fail *why)
{
    struct spool *spool = must_calloc(1, sizeof *spool);

    spool->files_most = files;
    spool->bytes_most = bytes;
    if (open_folder(spool, folder, why))
        return spool;
    spool_close(spool);
    return NULL;
}

void spool_close(struct spool *spool)
{
    for (size_t i = spool->first; i < spool->items; i++)
        free(spool->item[i].name);
    free(spool->item);
    if (spool->folder >= 0)
        (void)close(spool->folder);
    free(spool);
}

struct spool_counts spool_counts(const struct spool *spool)
{
    return spool->counts;
}

uint64_t spool_latest(const struct spool *spool)
{
    assert(spool->items > 0);
    return spool->passed + spool->items - 1;
}

bool spool_has(const struct spool *spool, uint64_t number)
{
    return number >= spool->passed + spool->first &&
           number < spool->passed + spool->items &&
           !spool->item[number - spool->passed].gone;
}

FILE *spool_create(struct spool *spool, const char *name)
{
    FILE *file;
    int opened;

    assert(is_ours(name));
    (void)snprintf(spool->name, sizeof spool->name, "%s", name);
    (void)snprintf(spool->undone, sizeof spool->undone, ".%s" UNDONE, name);
    /* maybe in place of what a run left that died with the same under way */
    opened = safe_file_draft(spool->folder, spool->undone, FILE_MODE);
    if (opened < 0)
        return NULL;
    file = fdopen(opened, "w");
    if (!file) {
        int trouble = errno;

        (void)close(opened);
        (void)unlinkat(spool->folder, spool->undone, 0);
        errno = trouble;
    }
    return file;
}

void spool_discard(struct spool *spool, FILE *file)
{
    int trouble = errno;

    (void)fclose(file);
    (void)unlinkat(spool->folder, spool->undone, 0);
    errno = trouble;
}

/* A file of that name from before this run counts no more. */
static void replace_known(struct spool *spool)
{
    const struct item key = {.name = spool->name};
    struct item *found;

    if (spool->known <= spool->first)
        return;
    found = bsearch(&key, spool->item + spool->first,
                    spool->known - spool->first, sizeof key, by_name);
    if (found && !found->gone)
        cross_out(spool, found);
}

static void remove_oldest(struct spool *spool)
{
    struct item *item = &spool->item[spool->first++];

    if (!item->gone) {
        (void)unlinkat(spool->folder, item->name, 0);
        cross_out(spool, item);
        spool->counts.removed++;
    }
    free(item->name);
}

static void keep_limits(struct spool *spool)
{
    while (spool->items - spool->first > 1 &&
           (spool->counts.standing > spool->files_most ||
            spool->counts.standing_bytes > spool->bytes_most))
        remove_oldest(spool);
    if (spool->first < 64 || spool->first < spool->items / 2)
        return;
    memmove(spool->item, spool->item + spool->first,
            (spool->items - spool->first) * sizeof *spool->item);
    spool->items -= spool->first;
    spool->passed += spool->first;
    spool->known =
        spool->known > spool->first ? spool->known - spool->first : 0;
    spool->first = 0;
}

bool spool_keep(struct spool *spool, FILE *file)
{
    struct stat facts;

    errno = 0;
    if (fflush(file) != 0 || fstat(fileno(file), &facts) != 0) {
        spool_discard(spool, file);
        return false;
    }
    if (fclose(file) != 0 || renameat(spool->folder, spool->undone,
                                      spool->folder, spool->name) != 0) {
        int trouble = errno;

        (void)unlinkat(spool->folder, spool->undone, 0);
        errno = trouble;
        return false;
    }
    replace_known(spool);
    add_item(spool, spool->name, (uint64_t)facts.st_size);
    spool->counts.written++;
    spool->counts.bytes += (uint64_t)facts.st_size;
    keep_limits(spool);
    return true;
}
