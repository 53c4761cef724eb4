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

void waiting_is_whole(struct waiting *waiting, struct exchange *x)
{
    if (x->is_whole)
        return;
    x->is_whole = true;
    x->whole_before = waiting->whole_last;
    if (x->whole_before)
        x->whole_before->next_whole = x;
    else
        waiting->whole = x;
    waiting->whole_last = x;
}

void waiting_put_off(struct waiting *waiting, struct exchange *x)
{
    if (x->whole_before)
        x->whole_before->next_whole = x->next_whole;
    else
        waiting->whole = x->next_whole;
    if (x->next_whole)
        x->next_whole->whole_before = x->whole_before;
    else
        waiting->whole_last = x->whole_before;
    x->next_whole = NULL;
    x->whole_before = NULL;
}

static bool is_listed_whole(const struct waiting *waiting,
                            const struct exchange *x)
{
    return x->whole_before || waiting->whole == x;
}

void waiting_remove(struct waiting *waiting, struct exchange *x)
{
    if (is_listed_whole(waiting, x))
        waiting_put_off(waiting, x);
    if (waiting->found == x)
        waiting->found = x->before;
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

struct exchange *waiting_find(struct waiting *waiting, uint64_t stream)
{
    struct exchange *x = waiting->found;

    if (stream > waiting->highest)
        return NULL;
    if (waiting->last && waiting->last->stream == stream)
        return waiting->last;
    if (!x || x->stream > stream)
        x = waiting->first;
    while (x && x->stream < stream) {
        waiting->found = x;
        x = x->next;
    }
    if (!x || x->stream != stream)
        return NULL;
    waiting->found = x;
    return x;
}

void waiting_release(struct waiting *waiting)
{
    while (waiting->first) {
        struct exchange *x = waiting->first;

        waiting_remove(waiting, x);
        exchange_free(x);
    }
}
