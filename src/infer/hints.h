/*
 * Hints: a delay of a server that equals a published default names software
 * and setting. That is a hint and never a cause.
 */
#ifndef INFER_HINTS_H
#define INFER_HINTS_H

#include "infer/infer.h"

struct hint {
    nanos delay; /* as measured */
    const char *software;
    const char *setting;
    const char *source;
};

enum {
    HINTS_MAX = 8
};

/*
 * The hints for one server, as many as returned. Where it says what it is (a
 * Server field, or X-Powered-By where there is none) no other software is
 * named, and none at all where that is not in the table.
 */
size_t infer_hints(const struct server_facts *server,
                   struct hint hint[static HINTS_MAX]);

#endif
