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

static inline void folder_make(struct folder *folder)
{
    (void)snprintf(folder->path, FOLDER_PATH_SIZE, "/tmp/whyeof-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

static inline const char *folder_file(struct folder *folder, const char *name)
{
    (void)snprintf(folder->file, FOLDER_FILE_SIZE, "%s/%s", folder->path, name);
    return folder->file;
}

static inline void folder_put(struct folder *folder, const char *name, int size)
{
    FILE *file = fopen(folder_file(folder, name), "we");

    assert_non_null(file);
    assert_int_equal(fprintf(file, "%*d", size, 1), size);
    assert_int_equal(fclose(file), 0);
}

static inline int no_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* The names in it, in order, with blanks between them. */
static inline void folder_list(const struct folder *folder, struct text *names)
{
    struct dirent **entry;
    int count = scandir(folder->path, &entry, no_dots, alphasort);

    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        text_addf(names, "%s%s", i ? " " : "", entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
}

static inline void expect_folder(const struct folder *folder,
                                 const char *expected)
{
    struct text names;

    text_init(&names, 1 << 16);
    folder_list(folder, &names);
    assert_string_equal(text_string(&names), expected);
    text_release(&names);
}

static inline void folder_remove(struct folder *folder)
{
    struct dirent **entry;
    int count = scandir(folder->path, &entry, no_dots, alphasort);

    for (int i = 0; i < count; i++) {
        assert_int_equal(unlink(folder_file(folder, entry[i]->d_name)), 0);
        free(entry[i]);
    }
    free(entry);
    assert_int_equal(rmdir(folder->path), 0);
}

#endif
