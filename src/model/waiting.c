#include "model/waiting.h"

void waiting_append(struct waiting *waiting, struct exchange *x)
{
    x->before = waiting->last;
    if (waiting->last)
        waiting->last->next = x;
    else
        waiting->first = x;
    waiting->last = x;
    waiting->count++;
    if (x->stream > waiting->highest)
        waiting->highest = x->stream;
}

void waiting_remove(struct waiting *waiting, struct exchange *x)
{
    if (x->before)
        x->before->next = x->next;
    else
        waiting->first = x->next;
    if (x->next)
        x->next->before = x->before;
    else
        waiting->last = x->before;
    x->before = NULL;
    x->next = NULL;
    waiting->count--;
}

struct exchange *waiting_find(const struct waiting *waiting, uint64_t stream)
{
    if (stream > waiting->highest)
        return NULL;
    for (struct exchange *x = waiting->first; x; x = x->next) {
        if (x->stream == stream)
            return x;
    }
    return NULL;
}

void waiting_release(struct waiting *waiting)
{
    while (waiting->first) {
        struct exchange *x = waiting->first;

        waiting_remove(waiting, x);
        exchange_free(x);
    }
}
