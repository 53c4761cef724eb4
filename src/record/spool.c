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
    UNDONE_SIZE = SHELF_NAME_SIZE + 8
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
struct shelf {
    int folder;
    uint64_t files_most;
    uint64_t bytes_most;
    struct item *item;
    size_t first;
    size_t known;
    size_t items;
    size_t room;
    char name[SHELF_NAME_SIZE]; /* of the file under way */
    char undone[UNDONE_SIZE];   /* as long as it is */
    struct shelf_counts counts;
};

const char *shelf_print_time(char text[static SHELF_TIME_SIZE], nanos time)
{
    char printed[NANOS_TEXT_SIZE];
    size_t size = 0;

    for (const char *at = nanos_print_time(printed, time); *at; at++) {
        if (*at != '-' && *at != ':' && size + 2 < SHELF_TIME_SIZE)
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
           strlen(name) < SHELF_NAME_SIZE;
}

static bool is_remains(const char *name)
{
    return name[0] == '.' && begins_as_ours(name + 1) &&
           ends_with(name, ENDING UNDONE);
}

static void add_item(struct shelf *shelf, const char *name, uint64_t bytes)
{
    size_t size = strlen(name) + 1;
    char *copy = must_calloc(size, 1);

    if (shelf->items == shelf->room) {
        shelf->room = shelf->room ? shelf->room * 2 : 64;
        shelf->item =
            must_realloc(shelf->item, shelf->room, sizeof *shelf->item);
    }
    memcpy(copy, name, size);
    shelf->item[shelf->items++] = (struct item){copy, bytes, false};
    shelf->counts.standing++;
    shelf->counts.standing_bytes += bytes;
}

static void cross_out(struct shelf *shelf, struct item *item)
{
    item->gone = true;
    shelf->counts.standing--;
    shelf->counts.standing_bytes -= item->bytes;
}

static void see_file(struct shelf *shelf, const char *name, bool alone)
{
    struct stat facts;

    if (alone && is_remains(name))
        (void)unlinkat(shelf->folder, name, 0);
    else if (is_ours(name) &&
             fstatat(shelf->folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
             S_ISREG(facts.st_mode))
        add_item(shelf, name, (uint64_t)facts.st_size);
}

static int by_name(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;

    return strcmp(a->name, b->name);
}

/* What is there already. The lock is held until the folder is closed. */
static bool look_around(struct shelf *shelf)
{
    bool alone = flock(shelf->folder, LOCK_EX | LOCK_NB) == 0;
    int again = openat(shelf->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;

    if (!list) {
        if (again >= 0)
            (void)close(again);
        return false;
    }
    while ((entry = readdir(list)))
        see_file(shelf, entry->d_name, alone);
    (void)closedir(list);
    if (shelf->items)
        qsort(shelf->item, shelf->items, sizeof *shelf->item, by_name);
    shelf->known = shelf->items;
    return true;
}

/* What names files below it (O_PATH) becomes what can be locked and listed. */
static bool open_folder(struct shelf *shelf, int folder, struct fail *why)
{
    shelf->folder = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (shelf->folder >= 0 &&
            faccessat(shelf->folder, ".", W_OK | X_OK, AT_EACCESS) == 0 &&
            look_around(shelf)) ||
           safe_cannot(why);
}

struct shelf *shelf_open(int folder, uint64_t files, uint64_t bytes,
                         struct fail *why)
{
    struct shelf *shelf = must_calloc(1, sizeof *shelf);

    shelf->files_most = files;
    shelf->bytes_most = bytes;
    if (open_folder(shelf, folder, why))
        return shelf;
    shelf_close(shelf);
    return NULL;
}

void shelf_close(struct shelf *shelf)
{
    for (size_t i = shelf->first; i < shelf->items; i++)
        free(shelf->item[i].name);
    free(shelf->item);
    if (shelf->folder >= 0)
        (void)close(shelf->folder);
    free(shelf);
}

struct shelf_counts shelf_counts(const struct shelf *shelf)
{
    return shelf->counts;
}

FILE *shelf_create(struct shelf *shelf, const char *name)
{
    FILE *file;
    int opened;

    assert(is_ours(name));
    (void)snprintf(shelf->name, sizeof shelf->name, "%s", name);
    (void)snprintf(shelf->undone, sizeof shelf->undone, ".%s" UNDONE, name);
    /* maybe in place of what a run left that died with the same under way */
    opened = safe_file_draft(shelf->folder, shelf->undone, FILE_MODE);
    if (opened < 0)
        return NULL;
    file = fdopen(opened, "w");
    if (!file) {
        int trouble = errno;

        (void)close(opened);
        (void)unlinkat(shelf->folder, shelf->undone, 0);
        errno = trouble;
    }
    return file;
}

void shelf_discard(struct shelf *shelf, FILE *file)
{
    int trouble = errno;

    (void)fclose(file);
    (void)unlinkat(shelf->folder, shelf->undone, 0);
    errno = trouble;
}

/* A file of that name from before this run counts no more. */
static void replace_known(struct shelf *shelf)
{
    const struct item key = {.name = shelf->name};
    struct item *found;

    if (shelf->known <= shelf->first)
        return;
    found = bsearch(&key, shelf->item + shelf->first,
                    shelf->known - shelf->first, sizeof key, by_name);
    if (found && !found->gone)
        cross_out(shelf, found);
}

static void remove_oldest(struct shelf *shelf)
{
    struct item *item = &shelf->item[shelf->first++];

    if (!item->gone) {
        (void)unlinkat(shelf->folder, item->name, 0);
        cross_out(shelf, item);
        shelf->counts.removed++;
    }
    free(item->name);
}

static void keep_limits(struct shelf *shelf)
{
    while (shelf->items - shelf->first > 1 &&
           (shelf->counts.standing > shelf->files_most ||
            shelf->counts.standing_bytes > shelf->bytes_most))
        remove_oldest(shelf);
    if (shelf->first < 64 || shelf->first < shelf->items / 2)
        return;
    memmove(shelf->item, shelf->item + shelf->first,
            (shelf->items - shelf->first) * sizeof *shelf->item);
    shelf->items -= shelf->first;
    shelf->known =
        shelf->known > shelf->first ? shelf->known - shelf->first : 0;
    shelf->first = 0;
}

bool shelf_keep(struct shelf *shelf, FILE *file)
{
    struct stat facts;

    errno = 0;
    if (fflush(file) != 0 || fstat(fileno(file), &facts) != 0) {
        shelf_discard(shelf, file);
        return false;
    }
    if (fclose(file) != 0 || renameat(shelf->folder, shelf->undone,
                                      shelf->folder, shelf->name) != 0) {
        int trouble = errno;

        (void)unlinkat(shelf->folder, shelf->undone, 0);
        errno = trouble;
        return false;
    }
    replace_known(shelf);
    add_item(shelf, shelf->name, (uint64_t)facts.st_size);
    shelf->counts.written++;
    shelf->counts.bytes += (uint64_t)facts.st_size;
    keep_limits(shelf);
    return true;
}
