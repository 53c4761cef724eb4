#include "judge/case.h"

#include "base/arena.h"

#include <stdlib.h>

struct docket_case *case_new(struct incident *incident, nanos now)
{
    struct docket_case *one = must_calloc(1, sizeof *one);

    one->incident = incident;
    one->opened = now;
    return one;
}

void case_free(struct docket_case *one)
{
    finding_free(one->finding);
    incident_free(one->incident);
    free(one);
}

void case_list_append(struct docket_list *list, struct docket_case *one)
{
    one->newer = NULL;
    one->older = list->newest;
    if (one->older)
        one->older->newer = one;
    else
        list->oldest = one;
    list->newest = one;
    list->count++;
}

void case_list_remove(struct docket_list *list, struct docket_case *one)
{
    if (one->older)
        one->older->newer = one->newer;
    else
        list->oldest = one->newer;
    if (one->newer)
        one->newer->older = one->older;
    else
        list->newest = one->older;
    list->count--;
}

void case_list_release(struct docket_list *list)
{
    struct docket_case *one = list->oldest;

    while (one) {
        struct docket_case *newer = one->newer;

        case_free(one);
        one = newer;
    }
    *list = (struct docket_list){0};
}
