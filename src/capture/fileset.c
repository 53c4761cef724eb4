#include "capture/fileset.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/text.h"

static void watch(struct fileset *set, struct span folder, struct span pattern)
{
    if (set->folders == FILESET_FOLDERS_MAX) {
        set->has_more = true;
        return;
    }
    set->folder[set->folders] = arena_keep(set->arena, folder);
    set->pattern[set->folders++] = arena_keep(set->arena, pattern);
}

static bool same_folder(const char *a, const char *b)
{
    struct span left = path_folder(a);
    struct span right = path_folder(b);

    return left.size == right.size && memcmp(left.at, right.at, left.size) == 0;
}

/* Adds a name so that fnmatch takes it by the letter. */
static void add_plain(struct text *text, const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr("*?[]\\", name[i]))
            text_add(text, "\\");
        text_add_bytes(text, (struct span){(const uint8_t *)name + i, 1});
    }
}

/* Bytes that both begin with, and that both end with. */
static size_t same_head(const char *a, const char *b, size_t most)
{
    size_t same = 0;

    while (same < most && b[same] && a[same] == b[same])
        same++;
    return same;
}

static size_t same_tail(const char *a, const char *b, size_t most)
{
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    size_t same = 0;

    while (same < most && same < b_size &&
           a[a_size - 1 - same] == b[b_size - 1 - same])
        same++;
    return same;
}

/*
 * The shell has made one name into many: what they begin and end with is what
 * the next will. One name alone may get numbers behind it (tcpdump -C).
 */
static void watch_alike(struct fileset *set, const char *const path[],
                        size_t count)
{
    const char *first = path_name(path[0]);
    size_t size = strlen(first);
    size_t head = size;
    size_t tail;
    struct text pattern;

    for (size_t i = 1; i < count; i++)
        head = same_head(first, path_name(path[i]), head);
    tail = size - head;
    for (size_t i = 1; i < count; i++)
        tail = same_tail(first, path_name(path[i]), tail);
    text_init(&pattern, FILESET_PATH_SIZE);
    add_plain(&pattern, first, head);
    text_add(&pattern, "*");
    add_plain(&pattern, first + size - tail, tail);
    watch(set, path_folder(path[0]), span_of_text(text_string(&pattern)));
    text_release(&pattern);
}

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool is_pattern(const char *path)
{
    return strpbrk(path_name(path), "*?[") != NULL;
}

void fileset_init(struct fileset *set, struct arena *arena,
                  const char *const path[], size_t paths)
{
    *set = (struct fileset){.arena = arena};
    for (size_t i = 0; i < paths;) {
        size_t alike = 1;

        if (is_folder(path[i])) {
            watch(set, span_of_text(path[i]), span_of_text("*"));
        } else if (is_pattern(path[i])) {
            watch(set, path_folder(path[i]), span_of_text(path_name(path[i])));
        } else {
            while (i + alike < paths && !is_pattern(path[i + alike]) &&
                   same_folder(path[i], path[i + alike]))
                alike++;
            watch_alike(set, path + i, alike);
        }
        i += alike;
    }
}

static struct fileset_stamp stamp_of(const struct stat *about)
{
    return (struct fileset_stamp){
        .device = about->st_dev,
        .node = about->st_ino,
        .written = (nanos)about->st_mtim.tv_sec * NANOS_PER_SECOND +
                   about->st_mtim.tv_nsec,
    };
}

static bool is_same_file(const struct fileset_stamp *a,
                         const struct fileset_stamp *b)
{
    return a->device == b->device && a->node == b->node;
}

static bool is_done(const struct fileset *set,
                    const struct fileset_stamp *stamp)
{
    size_t kept =
        set->dones < FILESET_DONE_KEPT ? set->dones : FILESET_DONE_KEPT;

    if (set->dones > FILESET_DONE_KEPT && stamp->written <= set->forgotten)
        return true;
    for (size_t i = 0; i < kept; i++) {
        if (is_same_file(&set->done[i], stamp) &&
            stamp->written <= set->done[i].written)
            return true;
    }
    return false;
}

/* The oldest comes first; of equal ones, the one whose name does. */
static bool is_before(const struct fileset_stamp *a, const char *a_name,
                      const struct fileset_file *b)
{
    if (a->written != b->stamp.written)
        return a->written < b->stamp.written;
    return strverscmp(a_name, path_name(b->path)) < 0;
}

static bool look_through(const struct fileset *set, size_t at,
                         const struct fileset_file *but,
                         struct fileset_file *file, bool found)
{
    DIR *folder = opendir(set->folder[at]);
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        struct stat about;
        struct fileset_stamp stamp;

        if (fnmatch(set->pattern[at], entry->d_name, FNM_PERIOD) != 0 ||
            fstatat(dirfd(folder), entry->d_name, &about, 0) != 0 ||
            !S_ISREG(about.st_mode))
            continue;
        stamp = stamp_of(&about);
        if (is_done(set, &stamp) ||
            (but && is_same_file(&stamp, &but->stamp)) ||
            (found && !is_before(&stamp, entry->d_name, file)))
            continue;
        found = true;
        file->stamp = stamp;
        (void)snprintf(file->path, sizeof file->path, "%s/%s", set->folder[at],
                       entry->d_name);
    }
    if (folder)
        (void)closedir(folder);
    return found;
}

bool fileset_next(const struct fileset *set, const struct fileset_file *but,
                  struct fileset_file *file)
{
    bool found = false;

    for (size_t i = 0; i < set->folders; i++)
        found = look_through(set, i, but, file, found);
    return found;
}

void fileset_done(struct fileset *set, const struct fileset_file *file)
{
    struct fileset_stamp *done = &set->done[set->dones++ % FILESET_DONE_KEPT];
    struct stat about;

    if (set->dones > FILESET_DONE_KEPT && done->written > set->forgotten)
        set->forgotten = done->written;
    *done = file->stamp;
    if (stat(file->path, &about) == 0 && about.st_ino == done->node)
        *done = stamp_of(&about);
}
