#include "judge/case.h"

#include "base/arena.h"

#include <stdlib.h>

struct judged_case *case_new(struct incident *incident, nanos now)
{
    struct judged_case *one = must_calloc(1, sizeof *one);

    one->incident = incident;
    one->opened = now;
    return one;
}

void case_wait(struct judged_case **list, struct judged_case *one)
{
    case_wait_no_more(one);
    one->next_waiting = *list;
    one->waiting_link = list;
    if (*list)
        (*list)->waiting_link = &one->next_waiting;
    *list = one;
}

void case_wait_no_more(struct judged_case *one)
{
    if (!one->waiting_link)
        return;
    *one->waiting_link = one->next_waiting;
    if (one->next_waiting)
        one->next_waiting->waiting_link = one->waiting_link;
    one->waiting_link = NULL;
}

void case_free(struct judged_case *one)
{
    case_wait_no_more(one);
    finding_free(one->finding);
    incident_free(one->incident);
    free(one);
}

void case_list_append(struct case_list *list, struct judged_case *one)
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

void case_list_remove(struct case_list *list, struct judged_case *one)
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

void case_list_release(struct case_list *list)
{
    struct judged_case *one = list->oldest;

    while (one) {
        struct judged_case *newer = one->newer;

        case_free(one);
        one = newer;
    }
    *list = (struct case_list){0};
}
