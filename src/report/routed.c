#include "report/routed.h"

#include "base/arena.h"
#include "base/mask.h"
#include "infer/route_name.h"

#include <stdlib.h>

enum {
    ROUTE_SIZE = 2048
};

static void add_route(struct text *text, const struct finding *finding,
                      const struct report_options *options)
{
    struct route_name name;
    struct span whole;

    if (!finding->exchange || !route_name_of(&name, finding->exchange))
        return;
    whole = (struct span){(const uint8_t *)name.text, name.size};
    mask_add(text, span_head(whole, name.method), MASK_TEXT,
             options->show_secrets);
    text_add(text, " ");
    mask_add(text, span_skip(whole, name.method), MASK_TARGET,
             options->show_secrets);
}

static int by_route(const void *left, const void *right)
{
    const struct routed *a = left;
    const struct routed *b = right;
    int order = strcmp(text_string(&a->route), text_string(&b->route));

    return order ? order : (a->at > b->at) - (a->at < b->at);
}

struct routed *routed_of(const struct finding_group *group,
                         const struct report_options *options)
{
    struct routed *routed = must_calloc(group->count, sizeof *routed);

    for (size_t i = 0; i < group->count; i++) {
        routed[i].finding = group->finding[i];
        routed[i].at = i;
        text_init(&routed[i].route, ROUTE_SIZE);
        add_route(&routed[i].route, group->finding[i], options);
    }
    qsort(routed, group->count, sizeof *routed, by_route);
    return routed;
}

size_t routed_alike(const struct routed *routed, size_t count)
{
    size_t same = 1;

    while (same < count && strcmp(text_string(&routed[same].route),
                                  text_string(&routed[0].route)) == 0)
        same++;
    return same;
}

void routed_free(struct routed *routed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_release(&routed[i].route);
    free(routed);
}
