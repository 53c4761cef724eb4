/*
 * A path's two parts: "a/b/c" is the folder "a/b" and the name "c"; "/c" is
 * "/" and "c"; "c" is "." and "c". Nothing is looked up.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/span.h"

enum {
    PATH_SIZE_MAX = 4096
};

/* The name; "" when the path ends with a slash. Inside `path`. */
const char *path_name(const char *path);

/* The folder; inside `path`, or a literal. */
struct span path_folder(const char *path);

/* The folder as a string, cut to the size; returns `text`. */
const char *path_print_folder(char text[static PATH_SIZE_MAX],
                              const char *path);

#endif
