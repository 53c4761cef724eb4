#include "capture/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "capture/landlock.h"
#include "capture/syscalls.h"

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

struct target {
    const char *name; /* NULL: no change */
    uid_t user;
    gid_t group;
};

/* Before anything is given up: it may read files, or ask a service. */
static bool find_user(struct target *target, const char *name,
                      struct fail *fail)
{
    const struct passwd *entry;

    *target = (struct target){.name = NULL};
    if (!name && geteuid() != 0)
        return true;
    target->name = name ? name : "nobody";
    errno = 0;
    entry = getpwnam(target->name);
    if (!entry)
        return fail_set(fail, "there is no user '%s'%s%s", target->name,
                        errno ? ": " : "", errno ? strerror(errno) : "");
    target->user = entry->pw_uid;
    target->group = entry->pw_gid;
    if (geteuid() == 0 || geteuid() == target->user)
        return true;
    return fail_set(fail, "only root can become user '%s'", target->name);
}

/* Root is told from its other self by what it cannot do any more. */
static bool has_become(const struct target *target)
{
    if (getuid() != target->user || geteuid() != target->user)
        return false;
    if (getgid() != target->group || getegid() != target->group)
        return false;
    return target->user == 0 || (setuid(0) != 0 && seteuid(0) != 0);
}

/* Groups first: only root may. */
static bool become(const struct target *target, struct fail *fail)
{
    if (!target->name || geteuid() != 0)
        return true;
    if (target->user == 0) {
        /* who stays root may lack the power over groups */
        (void)setgroups(0, NULL);
        return true;
    }
    if (setgroups(0, NULL) == 0 && setgid(target->group) == 0 &&
        setuid(target->user) == 0) {
        errno = EPERM;
        if (has_become(target))
            return true;
    }
    return fail_set(fail,
                    "cannot become user '%s': %s; that takes cap_setuid and "
                    "cap_setgid, or say --user root",
                    target->name, strerror(errno));
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
        folder[i] =
            open(options->folder[i].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder[i] < 0)
            return fail_set(fail, "cannot open the folder '%s': %s",
                            options->folder[i].path, strerror(errno));
    }
    return true;
}

/* Better said now than when there is something to write, days later. */
static bool try_folders(const struct confine_options *options,
                        const int folder[], const struct target *target,
                        struct fail *fail)
{
    for (size_t i = 0; i < options->folders; i++) {
        const struct confine_folder *asked = &options->folder[i];
        int mode = R_OK | X_OK | (asked->write ? W_OK : 0);

        if (faccessat(folder[i], ".", mode, 0) == 0)
            continue;
        return fail_set(fail, "user '%s' cannot %s the folder '%s': %s",
                        target->name ? target->name : "this",
                        asked->write ? "write in" : "read", asked->path,
                        strerror(errno));
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
    return syscalls_filter(files, &confined->seccomp, fail);
}

bool confine(const struct confine_options *options, struct confined *confined,
             struct fail *fail)
{
    struct landlock landlock = {.ruleset = -1};
    int folder[CONFINE_FOLDERS];
    struct target target;
    bool done;

    *confined = (struct confined){.landlock = false};
    for (size_t i = 0; i < CONFINE_FOLDERS; i++)
        folder[i] = -1;
    look_for_leaks();
    tzset(); /* reads the time zone, which is out of reach later */
    done = find_user(&target, options->user, fail) &&
           open_folders(options, folder, fail) &&
           landlock_open(&landlock, options, folder, fail) &&
           become(&target, fail) && drop_capabilities(confined, fail) &&
           try_folders(options, folder, &target, fail) && close_up(fail) &&
           restrict_itself(options, &landlock, confined, fail);
    if (done && target.name)
        (void)snprintf(confined->user, sizeof(confined->user), "%s",
                       target.name);
    landlock_close(&landlock);
    close_folders(folder, CONFINE_FOLDERS);
    return done;
}

bool confine_give(int folder, const char *user, struct fail *fail)
{
    struct target target;

    if (!find_user(&target, user, fail))
        return false;
    return !target.name || fchown(folder, target.user, target.group) == 0 ||
           fail_set(fail, "cannot give a folder to user '%s': %s", target.name,
                    strerror(errno));
}
