/* For the tests of this folder: a folder of their own, and what is in it. */
#ifndef RECORD_FOLDER_KIT_H
#define RECORD_FOLDER_KIT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"

enum {
    FOLDER_PATH_SIZE = 64,
    FOLDER_FILE_SIZE = 320
};

struct folder {
    char path[FOLDER_PATH_SIZE];
    char file[FOLDER_FILE_SIZE]; /* the path last asked for */
};

void folder_make(struct folder *folder);
const char *folder_file(struct folder *folder, const char *name);
void folder_put(struct folder *folder, const char *name, int size);

/* The names in it, in order, with blanks between them. */
void folder_list(const struct folder *folder, struct text *names);
void expect_folder(const struct folder *folder, const char *expected);
void folder_remove(struct folder *folder);

#endif
