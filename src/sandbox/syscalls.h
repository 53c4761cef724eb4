/*
 * The system calls that are left to a confined process (see confine.h), as a
 * seccomp filter.
 */
#ifndef SANDBOX_SYSCALLS_H
#define SANDBOX_SYSCALLS_H

#include "base/fail.h"

/* How files may be opened, renamed and removed. */
enum syscalls_files {
    SYSCALLS_FILES_NONE,  /* not at all */
    SYSCALLS_FILES_BELOW, /* relative to a folder's descriptor */
    SYSCALLS_FILES_ANY    /* by any path: somebody else draws the line */
};

/*
 * `packet_socket` is a descriptor that cannot be sent on, or doubled, from
 * then on; 0 when there is none. Needs no_new_privs or CAP_SYS_ADMIN.
 * `*filtered` says whether the kernel has
 * filters at all; only when it does and takes none, this fails.
 */
bool syscalls_filter(enum syscalls_files files, int packet_socket,
                     bool *filtered, struct fail *fail);

#endif
