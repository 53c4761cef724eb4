#include "sandbox/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/landlock.h"
#include "sandbox/syscalls.h"

#ifdef __linux__
#include <sys/capability.h>
#include <sys/prctl.h>
#endif

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER
#endif

#ifdef HAS_ADDRESS_SANITIZER
#include <sanitizer/lsan_interface.h>

/* The one at the end does nothing when there was one before. */
static void look_for_leaks(void)
{
    __lsan_do_leak_check();
}
#else
static void look_for_leaks(void)
{
}
#endif

bool confine_find_user(struct confine_user *user, const char *name,
                       struct fail *fail)
{
    const struct passwd *entry;

    *user = (struct confine_user){.name = ""};
    if (!name && geteuid() != 0)
        return true;
    if (!name)
        name = "nobody";
    errno = 0;
    entry = getpwnam(name);
    if (!entry)
        return fail_set(fail, "there is no user '%s'%s%s", name,
                        errno ? ": " : "", errno ? strerror(errno) : "");
    (void)snprintf(user->name, sizeof user->name, "%s", name);
    user->user = entry->pw_uid;
    user->group = entry->pw_gid;
    user->is_other = user->user != geteuid();
    return geteuid() == 0 || !user->is_other ||
           fail_set(fail, "only root can become user '%s'", name);
}

/* Root is told from its other self by what it cannot do any more. */
static bool has_become(const struct confine_user *user)
{
    if (getuid() != user->user || geteuid() != user->user)
        return false;
    if (getgid() != user->group || getegid() != user->group)
        return false;
    return user->user == 0 || (setuid(0) != 0 && seteuid(0) != 0);
}

/* Groups first: only root may. */
static bool become(const struct confine_user *user, struct fail *fail)
{
    if (!user->name[0] || geteuid() != 0)
        return true;
    if (user->user == 0) {
        /* who stays root may lack the power over groups */
        (void)setgroups(0, NULL);
        return true;
    }
    if (setgroups(0, NULL) == 0 && setgid(user->group) == 0 &&
        setuid(user->user) == 0) {
        errno = EPERM;
        if (has_become(user))
            return true;
    }
    return fail_set(fail,
                    "cannot become user '%s': %s; that takes cap_setuid and "
                    "cap_setgid, or say --user root",
                    user->name, strerror(errno));
}

static void close_folders(const int folder[], size_t folders)
{
    for (size_t i = 0; i < folders; i++) {
        if (folder[i] >= 0)
            (void)close(folder[i]);
    }
}

static bool open_folders(const struct confine_options *options, int folder[],
                         struct fail *fail)
{
    for (size_t i = 0; i < options->folders; i++) {
        const struct confine_folder *asked = &options->folder[i];

        folder[i] = asked->is_open
                        ? fcntl(asked->descriptor, F_DUPFD_CLOEXEC, 0)
                        : open(asked->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder[i] < 0)
            return fail_set(fail, "cannot open the folder '%s': %s",
                            asked->path, strerror(errno));
    }
    return true;
}

/* Better said now than when there is something to write, days later. */
bool confine_try(const char *user, const struct confine_folder *asked,
                 struct fail *fail)
{
    int mode = R_OK | X_OK | (asked->write ? W_OK : 0);

    if (asked->is_proven || faccessat(asked->descriptor, ".", mode, 0) == 0)
        return true;
    return fail_set(fail, "user '%s' cannot %s the folder '%s': %s",
                    user[0] ? user : "this", asked->write ? "write in" : "read",
                    asked->path, strerror(errno));
}

static bool try_folders(const struct confine_options *options,
                        const int folder[], const char *user, struct fail *fail)
{
    for (size_t i = 0; i < options->folders; i++) {
        struct confine_folder asked = options->folder[i];

        asked.descriptor = folder[i];
        if (!confine_try(user, &asked, fail))
            return false;
    }
    return true;
}

#ifdef __linux__

/*
 * A new user has none anyway; who was given some by setcap(8), or stays root,
 * has them until here.
 */
static bool drop_capabilities(struct confined *confined, struct fail *fail)
{
    cap_t none = cap_init();
    cap_t now;
    bool dropped = none && cap_set_proc(none) == 0;

    (void)cap_reset_ambient();
    now = cap_get_proc();
    confined->capabilities = dropped && now && cap_compare(none, now) == 0;
    (void)cap_free(none);
    (void)cap_free(now);
    if (!confined->capabilities)
        return fail_set(fail, "cannot give up capabilities");
    return true;
}

/* Nobody but root reads the packets in its memory, and no core holds them. */
static bool close_up(struct fail *fail)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail_set(fail, "cannot give up new privileges: %s",
                        strerror(errno));
    return true;
}

#else

static bool drop_capabilities(struct confined *confined, struct fail *fail)
{
    (void)confined;
    (void)fail;
    return true;
}

static bool close_up(struct fail *fail)
{
    (void)fail;
    return true;
}

#endif

static bool restrict_itself(const struct confine_options *options,
                            const struct landlock *landlock,
                            struct confined *confined, struct fail *fail)
{
    enum syscalls_files files = SYSCALLS_FILES_ANY;

    if (!landlock_enforce(landlock, fail))
        return false;
    confined->landlock = landlock->ruleset >= 0;
    if (!confined->landlock)
        files = options->by_path ? SYSCALLS_FILES_ANY : SYSCALLS_FILES_BELOW;
    if (options->folders == 0)
        files = SYSCALLS_FILES_NONE;
    return syscalls_filter(files, options->packet_socket, &confined->seccomp,
                           fail);
}

bool confine_become(const struct confine_user *user, struct confined *confined,
                    struct fail *fail)
{
    *confined = (struct confined){.landlock = false};
    look_for_leaks();
    tzset(); /* reads the time zone, which is out of reach later */
    if (!become(user, fail) || !drop_capabilities(confined, fail))
        return false;
    (void)snprintf(confined->user, sizeof(confined->user), "%s", user->name);
    return true;
}

bool confine(const struct confine_options *options, struct confined *confined,
             struct fail *fail)
{
    struct landlock landlock = {.ruleset = -1};
    int folder[CONFINE_FOLDERS];
    bool done;

    for (size_t i = 0; i < CONFINE_FOLDERS; i++)
        folder[i] = -1;
    done = open_folders(options, folder, fail) &&
           landlock_open(&landlock, options, folder, fail) &&
           try_folders(options, folder, confined->user, fail) &&
           close_up(fail) &&
           restrict_itself(options, &landlock, confined, fail);
    landlock_close(&landlock);
    close_folders(folder, CONFINE_FOLDERS);
    return done;
}

static bool is_empty(int folder)
{
    DIR *list = fdopendir(folder);
    unsigned entries = 0;

    if (!list) {
        (void)close(folder);
        return false;
    }
    while (readdir(list))
        entries++;
    (void)closedir(list);
    return entries == 2; /* itself and the one above */
}

/* What is asked is asked of the descriptor that is given away. */
static bool is_just_made(int folder)
{
    struct stat about;
    int list = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return list >= 0 && is_empty(list) && fstat(folder, &about) == 0 &&
           about.st_uid == geteuid();
}

bool confine_give(const struct confine_user *user, int folder,
                  struct fail *fail)
{
    int own;
    bool given;

    if (!user->is_other)
        return true;
    if (!is_just_made(folder))
        return fail_set(fail, "a folder that was just made is another one now");
    own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    given = own >= 0 && fchown(own, user->user, user->group) == 0;
    if (!given)
        (void)fail_set(fail, "cannot give a folder to user '%s': %s",
                       user->name, strerror(errno));
    if (own >= 0)
        (void)close(own);
    return given;
}
