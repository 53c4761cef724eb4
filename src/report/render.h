/*
 * Renderers of one report. To add one: a file with its function, a line here
 * and a row in render.c.
 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "report/live.h"

#include <stdio.h>

struct renderer {
    const char *name; /* as --format takes it */
    /* False when the stream could not be written; errno says why. */
    bool (*render)(const struct report *report,
                   const struct report_options *options, FILE *out);
    const struct live_format *live; /* NULL: only at the end */
    /* Keeps an exchange for `render`, where a document has them in its midst;
     * NULL: `live` tells each as it ends. False as render. */
    bool (*spool)(const struct report *report,
                  const struct report_options *options,
                  const struct listed_exchange *exchange, FILE *out);
};

/* NULL when there is no such format. */
const struct renderer *renderer_find(const char *name);

/* All of them; the last has no name. */
const struct renderer *renderer_all(void);

bool render_text(const struct report *report,
                 const struct report_options *options, FILE *out);
bool render_json(const struct report *report,
                 const struct report_options *options, FILE *out);
bool spool_json(const struct report *report,
                const struct report_options *options,
                const struct listed_exchange *exchange, FILE *out);
bool render_ndjson(const struct report *report,
                   const struct report_options *options, FILE *out);

#endif
