/*
 * For the tests of what a confined process may do. There is no way back, so
 * each confines a child of its own, which says on a pipe what went otherwise
 * than it should. Without root the user stays, and the rest is the same.
 */
#ifndef SANDBOX_CONFINE_KIT_H
#define SANDBOX_CONFINE_KIT_H

#include "capture/live_kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/arena.h"
#include "sandbox/confine.h"

/* Two folders of the tests, with a file in each. */
struct place {
    char readable[KIT_PATH_SIZE];
    char writable[KIT_PATH_SIZE];
};

int set_up(void **state);
int tear_down(void **state);
void want(bool right, const char *what);

#define WANT(condition) want((condition), #condition)

bool has_landlock(void);
void child_confine(const struct confine_options *options);

/*
 * Runs `body` in a child and gives its complaints, which the caller frees;
 * `*status` is as of waitpid.
 */
char *in_child(void (*body)(const struct place *), struct place *place,
               int *status);
void assert_no_complaints(void (*body)(const struct place *), void **state);
struct confine_options both_folders(const struct place *place);

#endif
