/*
 * A safe folder is one that is written in, and that nobody but root and the
 * user of this process can have led the way to.
 *
 * The way is walked folder by folder. A symbolic link is followed only where
 * others cannot have made it: its folder is root's or ours, and neither group
 * nor others may write there. Who is not root follows links of their own, too.
 *
 * `why` is set to the reason alone: what was wanted, the caller says.
 */
#ifndef SANDBOX_SAFE_FOLDER_H
#define SANDBOX_SAFE_FOLDER_H

#include <sys/types.h>

#include "base/fail.h"

struct safe_folder {
    int descriptor; /* to name files below it, no more (O_PATH); the caller
                       closes it */
    bool only_root; /* nobody but root can have led here, or write in it */
};

/* False with `why` set; the descriptor is -1 then. */
bool safe_folder_open(struct safe_folder *folder, const char *path,
                      struct fail *why);

/* The folder that a file of this path is in. False with `why` set. */
bool safe_folder_above(struct safe_folder *folder, const char *path,
                       struct fail *why);

/*
 * Makes it (mode 0700) if there is none. `*made`: it is new, and ours. False
 * with `why` set.
 */
bool safe_folder_make(struct safe_folder *folder, const char *path, bool *made,
                      struct fail *why);

/*
 * What errno says. Without permission it matters who asked, for root may not
 * be root any more. Always false.
 */
bool safe_cannot(struct fail *why);

/* Root's, or this process's. */
bool safe_is_ours(uid_t owner);

#endif
