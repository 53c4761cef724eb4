/*
 * Landlock keeps a process to the folders named to it (landlock(7)). The
 * ruleset is made while the folders can still be opened, and enforced later.
 */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include "sandbox/confine.h"

struct landlock {
    int ruleset; /* -1 when the kernel has none */
};

/*
 * `folder` are the descriptors of options->folder. False with `fail` set when
 * the kernel has Landlock but does not take the rules.
 */
bool landlock_open(struct landlock *landlock,
                   const struct confine_options *options, const int folder[],
                   struct fail *fail);
void landlock_close(struct landlock *landlock);

/* Needs no_new_privs. True also when there is nothing to enforce. */
bool landlock_enforce(const struct landlock *landlock, struct fail *fail);

#endif
