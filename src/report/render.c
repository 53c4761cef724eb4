#include "report/render.h"

static const struct renderer renderer[] = {
    {"text",       render_text, &live_text, NULL},
    {"json",  render_json, NULL, spool_json},
    {"ndjson",            render_ndjson, &live_ndjson, NULL},
    {0},
};

const struct renderer *renderer_all(void)
{
    return renderer;
}

const struct renderer *renderer_find(const char *name)
{
    for (const struct renderer *r = renderer; r->name; r++) {
        if (strcmp(r->name, name) == 0)
            return r;
    }
    return NULL;
}
