#include "report/render.h"

static const struct renderer *const renderer[] = {
#define RENDERER(name) &name##_renderer,
#include "report/render.def"
#undef RENDERER
    NULL,
};

const struct renderer *const *renderer_all(void)
{
    return renderer;
}

const struct renderer *renderer_find(const char *name)
{
    for (size_t i = 0; renderer[i]; i++) {
        if (strcmp(renderer[i]->name, name) == 0)
            return renderer[i];
    }
    return NULL;
}

void renderer_list(struct text *text)
{
    for (size_t i = 0; renderer[i]; i++) {
        if (i > 0)
            text_add(text, renderer[i + 1] ? ", " : " or ");
        text_add(text, renderer[i]->name);
    }
}
