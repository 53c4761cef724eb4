#include "sandbox/safe_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

enum {
    LINKS_MOST = 40, /* as Linux has it (path_resolution(7)) */
    OTHERS_WRITE = S_IWGRP | S_IWOTH,
    FOLDER_MODE = 0700,
    FOLDER_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

bool safe_cannot(struct fail *why)
{
    int trouble = errno;
    const struct passwd *user;

    if (trouble != EACCES)
        return fail_set(why, "%s", strerror(trouble));
    user = getpwuid(geteuid());
    if (!user)
        return fail_set(why, "%s", strerror(trouble));
    return fail_set(why, "permission denied to user '%s'", user->pw_name);
}

bool safe_is_ours(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

/* The way through the folders; `rest` is what is still to be walked. */
struct walk {
    int at;
    bool only_root;
    unsigned links;
    char rest[PATH_SIZE_MAX];
};

/* The folder that is reached. In one like /tmp nobody can rename what is
 * root's, so the way may lead through it, but not end there. */
static bool arrive(struct walk *walk, int folder, struct fail *why)
{
    struct stat about;

    if (folder < 0)
        return safe_cannot(why);
    if (walk->at >= 0)
        (void)close(walk->at);
    walk->at = folder;
    if (fstat(folder, &about) != 0)
        return safe_cannot(why);
    if (about.st_uid != 0 ||
        ((about.st_mode & OTHERS_WRITE) && !(about.st_mode & S_ISVTX)))
        walk->only_root = false;
    return true;
}

/* A walk begins at the root, or where this process is. */
static bool set_out(struct walk *walk, struct fail *why)
{
    return arrive(walk,
                  open(walk->rest[0] == '/' ? "/" : ".",
                       O_PATH | O_DIRECTORY | O_CLOEXEC),
                  why);
}

static bool may_follow(const struct stat *folder, const struct stat *link)
{
    if (safe_is_ours(folder->st_uid) && !(folder->st_mode & OTHERS_WRITE))
        return true;
    return geteuid() != 0 && link->st_uid == geteuid();
}

/* What a link says comes before what is still to be walked. */
static bool follow(struct walk *walk, const char *name, struct fail *why)
{
    char target[PATH_SIZE_MAX];
    ssize_t size = readlinkat(walk->at, name, target, sizeof target);
    size_t rest = strlen(walk->rest) + 1;

    if (size < 0)
        return safe_cannot(why);
    if (++walk->links > LINKS_MOST)
        return fail_set(why, "%s", strerror(ELOOP));
    if ((size_t)size + 1 + rest > sizeof walk->rest)
        return fail_set(why, "%s", strerror(ENAMETOOLONG));
    memmove(walk->rest + size + 1, walk->rest, rest);
    memcpy(walk->rest, target, (size_t)size);
    walk->rest[size] = '/';
    return walk->rest[0] != '/' || set_out(walk, why);
}

/* One folder on; what changes between two looks is refused by the second. */
static bool step(struct walk *walk, const char *name, struct fail *why)
{
    struct stat folder;
    struct stat about;

    if (fstat(walk->at, &folder) != 0 ||
        fstatat(walk->at, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return safe_cannot(why);
    if (!S_ISLNK(about.st_mode))
        return arrive(walk, openat(walk->at, name, FOLDER_FLAGS), why);
    if (!may_follow(&folder, &about))
        return fail_set(why,
                        "'%s' is a symbolic link that others may change: name "
                        "the folder itself",
                        name);
    return follow(walk, name, why);
}

/* The next name of the rest; false at its end. */
static bool take_name(struct walk *walk, char name[static PATH_SIZE_MAX])
{
    char *from = walk->rest + strspn(walk->rest, "/");
    size_t size = strcspn(from, "/");

    memcpy(name, from, size);
    name[size] = '\0';
    memmove(walk->rest, from + size, strlen(from + size) + 1);
    return size > 0;
}

static bool walk_all(struct walk *walk, struct fail *why)
{
    char name[PATH_SIZE_MAX];

    if (!set_out(walk, why))
        return false;
    while (take_name(walk, name)) {
        if (strcmp(name, ".") != 0 && !step(walk, name, why))
            return false;
    }
    return true;
}

bool safe_folder_open(struct safe_folder *folder, const char *path,
                      struct fail *why)
{
    struct walk walk = {.at = -1, .only_root = true};
    struct stat about = {0};
    bool there;

    *folder = (struct safe_folder){.descriptor = -1};
    if (!path[0] || strlen(path) >= sizeof walk.rest)
        return fail_set(why, "%s", strerror(path[0] ? ENAMETOOLONG : ENOENT));
    memcpy(walk.rest, path, strlen(path) + 1);
    there = walk_all(&walk, why);
    if (!there && walk.at >= 0)
        (void)close(walk.at);
    if (!there)
        return false;
    (void)fstat(walk.at, &about);
    folder->descriptor = walk.at;
    folder->only_root = walk.only_root && !(about.st_mode & OTHERS_WRITE);
    return true;
}

bool safe_folder_above(struct safe_folder *folder, const char *path,
                       struct fail *why)
{
    char above[PATH_SIZE_MAX];

    *folder = (struct safe_folder){.descriptor = -1};
    if (!path_name(path)[0])
        return fail_set(why, "it has no name");
    if (strlen(path) >= sizeof above)
        return fail_set(why, "%s", strerror(ENAMETOOLONG));
    return safe_folder_open(folder, path_print_folder(above, path), why);
}

/* It was made a moment ago; whose it is now was not said by that. */
static bool open_made(struct safe_folder *folder, int parent, const char *name,
                      struct fail *why)
{
    struct stat about;
    int made = openat(parent, name, FOLDER_FLAGS);

    if (made < 0)
        return safe_cannot(why);
    if (fstat(made, &about) != 0 || about.st_uid != geteuid()) {
        (void)close(made);
        return fail_set(why, "somebody has put another one in its place");
    }
    *folder = (struct safe_folder){.descriptor = made};
    return true;
}

bool safe_folder_make(struct safe_folder *folder, const char *path, bool *made,
                      struct fail *why)
{
    char plain[PATH_SIZE_MAX]; /* without slashes behind it */
    struct safe_folder parent;
    size_t size = (size_t)snprintf(plain, sizeof plain, "%s", path);
    bool done;

    *made = false;
    while (size < sizeof plain && size > 1 && plain[size - 1] == '/')
        plain[--size] = '\0';
    if (size >= sizeof plain || !path_name(plain)[0])
        return safe_folder_open(folder, path, why);
    *folder = (struct safe_folder){.descriptor = -1};
    if (!safe_folder_above(&parent, plain, why))
        return false;
    *made = mkdirat(parent.descriptor, path_name(plain), FOLDER_MODE) == 0;
    if (*made)
        done = open_made(folder, parent.descriptor, path_name(plain), why);
    else if (errno == EEXIST)
        done = safe_folder_open(folder, path, why);
    else
        done = safe_cannot(why);
    (void)close(parent.descriptor);
    return done;
}
