/*
 * Giving up what is not needed any more: a program that reads hostile packets
 * for a week should be able to do that and no more. First, as soon as the
 * packet socket is open, so that everything else is opened as the user:
 *
 *     user            another one, and no group but its own
 *     capabilities    none, however it got them
 *
 * and when all is open:
 *
 *     privileges      no way to new ones
 *     files           only below the folders named (Landlock, Linux 5.13)
 *     system calls    only what reading packets and writing lines takes
 *                     (seccomp); no program is started, no socket opened,
 *                     and nothing sent on the packet socket
 *
 * All of it lasts until the process ends. What is open stays open. The calls
 * that are not on the list do not end the process, but fail with ENOSYS, as
 * in a kernel that does not have them: that is the one answer a C library is
 * made for, so that a call which a newer one tries first, and which nobody
 * thought of here, ends no capture that has run for days.
 *
 * Where the kernel has no Landlock, files may only be opened relative to the
 * descriptor of a folder (or not at all, when no folder is named). A path
 * with ".." leaves the folder then, as far as the user may. Who cannot do with
 * that says so (by_path), and is not narrowed there.
 *
 * Other systems than Linux only change the user.
 *
 * What a confined program does without: /proc (its memory is told by
 * getrusage, or by what was opened before), new sockets and threads, name
 * look-ups, time zones other than that of the start, core dumps, a debugger.
 */
#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fail.h"

enum {
    CONFINE_FOLDERS = 32,
    CONFINE_USER_SIZE = 64
};

struct confine_folder {
    const char *path;
    bool write;   /* regular files in it are made, written, renamed, removed */
    bool is_open; /* `descriptor` is it; the path is for messages */
    bool is_proven; /* that the user can do with it what it needs was seen */
    int descriptor; /* borrowed */
};

struct confine_options {
    struct confine_folder folder[CONFINE_FOLDERS];
    size_t folders;
    bool by_path; /* without Landlock, files are opened by path as before */
    int packet_socket; /* can only be read from then on; 0: there is none */
};

/* Whom a process becomes. */
struct confine_user {
    char name[CONFINE_USER_SIZE]; /* "": it stays who it is */
    uid_t user;
    gid_t group;
    bool is_other; /* than who it is */
};

/* What took effect, for the report. */
struct confined {
    char user[CONFINE_USER_SIZE]; /* whom it became; "" when as before */
    bool capabilities;            /* it has none; false where there are none */
    bool landlock;                /* no file but in the folders */
    bool seccomp;                 /* no system call but those listed */
};

/*
 * `name` NULL: "nobody" when root, else as it is. False with `fail` set when
 * the user is unknown or cannot be had. It may read files, or ask a service.
 */
bool confine_find_user(struct confine_user *user, const char *name,
                       struct fail *fail);

/*
 * Becomes the user, and gives up capabilities. Only with one thread. False
 * with `fail` set when it cannot be: the process is then in between and should
 * end.
 *
 * A build with AddressSanitizer looks for leaks here and not at its end, since
 * that needs ptrace and /proc.
 */
bool confine_become(const struct confine_user *user, struct confined *confined,
                    struct fail *fail);

/*
 * Whether the user that it has become can do with an open folder what it needs.
 * False with `fail` set.
 */
bool confine_try(const char *user, const struct confine_folder *folder,
                 struct fail *fail);

/*
 * The rest, as the user that it has become; `confined` as that left it. False
 * with `fail` set when a folder is missing or not accessible to that user, or
 * anything that the kernel has did not take effect: it should end then, too.
 */
bool confine(const struct confine_options *options, struct confined *confined,
             struct fail *fail);

/*
 * Before all that: a folder that was made for it is given to the user. Only
 * one that mkdir has made in this moment: when it is not empty, or not ours,
 * somebody has put another one in its place. False with `fail` set when it
 * cannot be.
 */
bool confine_give(const struct confine_user *user, int folder,
                  struct fail *fail);

#endif
