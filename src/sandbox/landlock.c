#include "sandbox/landlock.h"

#ifdef __linux__

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's interface, as landlock(7) has it: the C library has no
 * functions for it, and the headers of Debian 12 are older than its newest
 * rights. A structure that is larger than the kernel's is taken if what the
 * kernel does not know is zero.
 */
struct ruleset {
    uint64_t files;
    uint64_t net;
    uint64_t scoped;
};

struct beneath {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

enum {
    CREATE_RULESET_VERSION = 1,
    RULE_PATH_BENEATH = 1
};

enum {
    MAY_WRITE_FILE = 1 << 1,
    MAY_READ_FILE = 1 << 2,
    MAY_READ_FOLDER = 1 << 3,
    MAY_REMOVE_FILE = 1 << 5,
    MAY_MAKE_FILE = 1 << 8,
    MAY_TRUNCATE = 1 << 14,
    READING = MAY_READ_FILE | MAY_READ_FOLDER,
    WRITING = MAY_WRITE_FILE | MAY_REMOVE_FILE | MAY_MAKE_FILE | MAY_TRUNCATE
};

/* What is forbidden unless a rule allows it: all that the version knows. */
static struct ruleset all_of_version(long version)
{
    struct ruleset all = {.files = (1 << 13) - 1};

    if (version >= 2) /* moving files to another folder */
        all.files |= 1 << 13;
    if (version >= 3)
        all.files |= MAY_TRUNCATE;
    if (version >= 4) /* binding and connecting TCP sockets */
        all.net = 3;
    if (version >= 5) /* ioctl on device files opened from then on */
        all.files |= 1 << 15;
    if (version >= 6) /* abstract Unix sockets, and signals, to outsiders */
        all.scoped = 3;
    return all;
}

static bool add_folder(const struct landlock *landlock, uint64_t known,
                       int folder, bool write)
{
    struct beneath beneath = {.allowed = READING, .folder = folder};

    if (write)
        beneath.allowed |= WRITING;
    beneath.allowed &= known;
    return syscall(SYS_landlock_add_rule, landlock->ruleset, RULE_PATH_BENEATH,
                   &beneath, 0) == 0;
}

bool landlock_open(struct landlock *landlock,
                   const struct confine_options *options, const int folder[],
                   struct fail *fail)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    struct ruleset all;

    landlock->ruleset = -1;
    if (version < 1)
        return true;
    all = all_of_version(version);
    landlock->ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
    if (landlock->ruleset < 0)
        return fail_set(fail, "cannot make Landlock rules: %s",
                        strerror(errno));
    for (size_t i = 0; i < options->folders; i++) {
        if (!add_folder(landlock, all.files, folder[i],
                        options->folder[i].write))
            return fail_set(fail, "cannot make a Landlock rule for '%s': %s",
                            options->folder[i].path, strerror(errno));
    }
    return true;
}

void landlock_close(struct landlock *landlock)
{
    if (landlock->ruleset >= 0)
        (void)close(landlock->ruleset);
    landlock->ruleset = -1;
}

bool landlock_enforce(const struct landlock *landlock, struct fail *fail)
{
    if (landlock->ruleset < 0)
        return true;
    if (syscall(SYS_landlock_restrict_self, landlock->ruleset, 0) != 0)
        return fail_set(fail, "cannot enforce Landlock rules: %s",
                        strerror(errno));
    return true;
}

#else

bool landlock_open(struct landlock *landlock,
                   const struct confine_options *options, const int folder[],
                   struct fail *fail)
{
    (void)options;
    (void)folder;
    (void)fail;
    landlock->ruleset = -1;
    return true;
}

void landlock_close(struct landlock *landlock)
{
    (void)landlock;
}

bool landlock_enforce(const struct landlock *landlock, struct fail *fail)
{
    (void)landlock;
    (void)fail;
    return true;
}

#endif
