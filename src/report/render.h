/*
 * Renderers of one report. To add one: report/NAME.c with NAME_renderer, a row
 * in render.def, and its word in whyeof(1).
 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "base/text.h"
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

/* All of them; NULL ends the list. */
const struct renderer *const *renderer_all(void);

/* Adds their names: "text, json or ndjson". */
void renderer_list(struct text *text);

#define RENDERER(name) extern const struct renderer name##_renderer;
#include "report/render.def"
#undef RENDERER

#endif
