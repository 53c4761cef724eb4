#include "record/pending.h"

#include <assert.h>
#include <stdlib.h>

void pending_list_init(struct pending_list *list)
{
    *list = (struct pending_list){0};
}

void pending_list_release(struct pending_list *list)
{
    while (list->waiting.oldest)
        pending_forget(list, list->waiting.oldest);
    while (list->told.oldest)
        pending_forget(list, list->told.oldest);
}

static struct pending **bucket_of(struct pending_list *list, uint64_t conn)
{
    return &list->bucket[conn % PENDING_BUCKETS];
}

struct pending *pending_list_find(const struct pending_list *list,
                                  uint64_t conn)
{
    struct pending *pending = list->bucket[conn % PENDING_BUCKETS];

    while (pending && pending->conn != conn)
        pending = pending->next_alike;
    return pending;
}

static struct pending_queue *list_of(struct pending_list *list,
                                     const struct pending *pending)
{
    return pending->comments ? &list->waiting : &list->told;
}

static void leave(struct pending_queue *list, struct pending *pending)
{
    if (pending->older)
        pending->older->newer = pending->newer;
    else
        list->oldest = pending->newer;
    if (pending->newer)
        pending->newer->older = pending->older;
    else
        list->newest = pending->older;
}

static void enter(struct pending_queue *list, struct pending *pending)
{
    pending->older = list->newest;
    pending->newer = NULL;
    if (list->newest)
        list->newest->newer = pending;
    else
        list->oldest = pending;
    list->newest = pending;
}

struct pending *pending_list_begin(struct pending_list *list, uint64_t conn,
                                   nanos now)
{
    struct pending *pending = pending_list_find(list, conn);
    struct pending **bucket = bucket_of(list, conn);

    if (!pending) {
        pending = must_calloc(1, sizeof *pending);
        *pending = (struct pending){.conn = conn,
                                    .written = NANOS_NEVER,
                                    .next_alike = *bucket};
        *bucket = pending;
        enter(&list->told, pending);
        list->tolds++;
    }
    if (!pending->comments)
        pending->since = now;
    return pending;
}

static struct comments **link_of(struct pending *pending, uint64_t id)
{
    struct comments **link = &pending->comments;

    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

struct comments *pending_find(const struct pending *pending, uint64_t id)
{
    struct comments *comments = pending->comments;

    while (comments && comments->id != id)
        comments = comments->next;
    return comments;
}

void pending_add(struct pending_list *list, struct pending *pending,
                 struct comments *comments)
{
    struct comments **link = link_of(pending, comments->id);

    if (!pending->comments) {
        leave(&list->told, pending);
        list->tolds--;
        enter(&list->waiting, pending);
    }
    if (*link) {
        struct comments *elder = *link;

        comments->next = elder->next;
        *link = comments;
        comments_free(elder);
        return;
    }
    *link = comments;
    pending->comments_kept++;
    list->comments_kept++;
}

/* From those that wait to those that are told, of which some may have to go. */
static void shelve(struct pending_list *list, struct pending *pending)
{
    enter(&list->told, pending);
    if (++list->tolds > PENDING_TOLD_MOST)
        pending_forget(list, list->told.oldest);
}

void pending_withdraw(struct pending_list *list, struct pending *pending,
                      uint64_t id)
{
    struct comments **link = link_of(pending, id);
    struct comments *comments = *link;

    if (!comments)
        return;
    if (pending->comments_kept == 1)
        leave(&list->waiting, pending);
    *link = comments->next;
    comments_free(comments);
    pending->comments_kept--;
    list->comments_kept--;
    if (!pending->comments_kept)
        shelve(list, pending);
    if (!pending->comments_kept && !pending->rounds)
        pending_forget(list, pending);
}

static void free_captions(struct pending_list *list, struct pending *pending)
{
    while (pending->comments) {
        struct comments *comments = pending->comments;

        pending->comments = comments->next;
        comments_free(comments);
    }
    list->comments_kept -= pending->comments_kept;
    pending->comments_kept = 0;
    pending->unsaid = 0;
}

void pending_told(struct pending_list *list, struct pending *pending, nanos now)
{
    assert(pending->comments);
    leave(&list->waiting, pending);
    free_captions(list, pending);
    pending->written = now;
    pending->rounds++;
    shelve(list, pending);
}

void pending_forget(struct pending_list *list, struct pending *pending)
{
    struct pending **link = bucket_of(list, pending->conn);

    while (*link != pending)
        link = &(*link)->next_alike;
    *link = pending->next_alike;
    list->tolds -= !pending->comments;
    leave(list_of(list, pending), pending);
    free_captions(list, pending);
    free(pending);
}
