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
 * The hints for one server, as many as returned. Where its Server field names
 * software of the table, other software is left out.
 */
size_t infer_hints(const struct server_facts *server,
                   struct hint hint[static HINTS_MAX]);

#endif
