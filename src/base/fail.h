/*
 * Trouble with the world (no such file, no permission) as a value. The first
 * text set stays; later ones are ignored, since they mostly follow from it.
 * Only cmd/ prints one and exits.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include <stdbool.h>

enum {
    FAIL_TEXT_SIZE = 512
};

struct fail {
    bool set;
    char text[FAIL_TEXT_SIZE];
};

/* Sets the text if none is set yet. Always false, so that callers return it. */
__attribute__((format(printf, 2, 3))) bool fail_set(struct fail *fail,
                                                    const char *format, ...);

#endif
