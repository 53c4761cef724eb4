/*
 * Giving up what is not needed any more: once everything is open, a program
 * that reads hostile packets for a week should be able to do that and no more.
 *
 *     user            another one, and no group but its own
 *     capabilities    none, however it got them, and no way to new ones
 *     files           only below the folders named (Landlock, Linux 5.13)
 *     system calls    only what reading packets and writing lines takes
 *                     (seccomp); no program is started, no socket opened
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
#ifndef CAPTURE_CONFINE_H
#define CAPTURE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

enum {
    CONFINE_FOLDERS = 32,
    CONFINE_USER_SIZE = 64
};

struct confine_folder {
    const char *path;
    bool write; /* regular files in it are made, written, renamed, removed */
};

struct confine_options {
    const char *user; /* name; NULL: "nobody" when root, else as it is */
    struct confine_folder folder[CONFINE_FOLDERS];
    size_t folders;
    bool by_path; /* without Landlock, files are opened by path as before */
};

/* What took effect, for the report. */
struct confined {
    char user[CONFINE_USER_SIZE]; /* whom it became; "" when as before */
    bool capabilities;            /* it has none; false where there are none */
    bool landlock;                /* no file but in the folders */
    bool seccomp;                 /* no system call but those listed */
};

/*
 * Only with one thread. False with `fail` set when the user is unknown or
 * cannot be had, a folder is missing or not accessible to that user, or
 * anything that the kernel has did not take effect: the process is then in
 * between and should end.
 *
 * A build with AddressSanitizer looks for leaks here and not at its end, since
 * that needs ptrace and /proc.
 */
bool confine(const struct confine_options *options, struct confined *confined,
             struct fail *fail);

/*
 * Before that: a folder that was made for it is given to whom it will become
 * (`user` as in the options). False with `fail` set when that cannot be.
 */
bool confine_give(int folder, const char *user, struct fail *fail);

#endif
