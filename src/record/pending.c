#include "record/pending.h"

#include <assert.h>
#include <stdlib.h>

void stories_init(struct stories *stories)
{
    *stories = (struct stories){0};
}

void stories_release(struct stories *stories)
{
    while (stories->waiting.oldest)
        story_forget(stories, stories->waiting.oldest);
    while (stories->told.oldest)
        story_forget(stories, stories->told.oldest);
}

static struct story **bucket_of(struct stories *stories, uint64_t conn)
{
    return &stories->bucket[conn % STORIES_BUCKETS];
}

struct story *stories_find(const struct stories *stories, uint64_t conn)
{
    struct story *story = stories->bucket[conn % STORIES_BUCKETS];

    while (story && story->conn != conn)
        story = story->next_alike;
    return story;
}

static struct story_list *list_of(struct stories *stories,
                                  const struct story *story)
{
    return story->caption ? &stories->waiting : &stories->told;
}

static void leave(struct story_list *list, struct story *story)
{
    if (story->older)
        story->older->newer = story->newer;
    else
        list->oldest = story->newer;
    if (story->newer)
        story->newer->older = story->older;
    else
        list->newest = story->older;
}

static void enter(struct story_list *list, struct story *story)
{
    story->older = list->newest;
    story->newer = NULL;
    if (list->newest)
        list->newest->newer = story;
    else
        list->oldest = story;
    list->newest = story;
}

struct story *stories_begin(struct stories *stories, uint64_t conn, nanos now)
{
    struct story *story = stories_find(stories, conn);
    struct story **bucket = bucket_of(stories, conn);

    if (!story) {
        story = must_calloc(1, sizeof *story);
        *story = (struct story){.conn = conn,
                                .written = NANOS_NEVER,
                                .next_alike = *bucket};
        *bucket = story;
        enter(&stories->told, story);
        stories->tolds++;
    }
    if (!story->caption)
        story->since = now;
    return story;
}

static struct caption **link_of(struct story *story, uint64_t id)
{
    struct caption **link = &story->caption;

    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

struct caption *story_find(const struct story *story, uint64_t id)
{
    struct caption *caption = story->caption;

    while (caption && caption->id != id)
        caption = caption->next;
    return caption;
}

void story_add(struct stories *stories, struct story *story,
               struct caption *caption)
{
    struct caption **link = link_of(story, caption->id);

    if (!story->caption) {
        leave(&stories->told, story);
        stories->tolds--;
        enter(&stories->waiting, story);
    }
    if (*link) {
        struct caption *elder = *link;

        caption->next = elder->next;
        *link = caption;
        caption_free(elder);
        return;
    }
    *link = caption;
    story->captions++;
    stories->captions++;
}

/* From those that wait to those that are told, of which some may have to go. */
static void shelve(struct stories *stories, struct story *story)
{
    enter(&stories->told, story);
    if (++stories->tolds > STORIES_TOLD_MOST)
        story_forget(stories, stories->told.oldest);
}

void story_withdraw(struct stories *stories, struct story *story, uint64_t id)
{
    struct caption **link = link_of(story, id);
    struct caption *caption = *link;

    if (!caption)
        return;
    if (story->captions == 1)
        leave(&stories->waiting, story);
    *link = caption->next;
    caption_free(caption);
    story->captions--;
    stories->captions--;
    if (!story->captions)
        shelve(stories, story);
    if (!story->captions && !story->rounds)
        story_forget(stories, story);
}

static void free_captions(struct stories *stories, struct story *story)
{
    while (story->caption) {
        struct caption *caption = story->caption;

        story->caption = caption->next;
        caption_free(caption);
    }
    stories->captions -= story->captions;
    story->captions = 0;
    story->unsaid = 0;
}

void story_told(struct stories *stories, struct story *story, nanos now)
{
    assert(story->caption);
    leave(&stories->waiting, story);
    free_captions(stories, story);
    story->written = now;
    story->rounds++;
    shelve(stories, story);
}

void story_forget(struct stories *stories, struct story *story)
{
    struct story **link = bucket_of(stories, story->conn);

    while (*link != story)
        link = &(*link)->next_alike;
    *link = story->next_alike;
    stories->tolds -= !story->caption;
    leave(list_of(stories, story), story);
    free_captions(stories, story);
    free(story);
}
