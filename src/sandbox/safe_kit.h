/* For the tests of safe folders and files: a folder of their own. */
#ifndef SANDBOX_SAFE_KIT_H
#define SANDBOX_SAFE_KIT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SAFE_PATH_SIZE = 200,
    SOMEBODY = 65534 /* another user than root */
};

/* Ours, and nobody else may write in it (0755); each test has a new one. */
extern char scratch[SAFE_PATH_SIZE];

int make_scratch(void **state);
int remove_scratch(void **state);

/* Below the scratch folder; until the fourth call from now. */
const char *in_scratch(const char *name);
void make_folder(const char *name, uid_t owner, mode_t mode);
void make_file(const char *name, const char *text);
void expect_in_file(const char *name, const char *expected);

#endif
