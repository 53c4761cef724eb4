/*
 * Stories are the findings that wait to be written, by connection. Those that
 * wait stand in order of their first finding; a story that was written stays
 * known until its connection is over, as far as there is room.
 */
#ifndef RECORD_PENDING_H
#define RECORD_PENDING_H

#include "record/comments.h"

enum {
    STORY_CAPTIONS_MOST = 64,     /* of one connection */
    STORIES_CAPTIONS_MOST = 1024, /* of all */
    STORIES_TOLD_MOST = 4096,
    STORIES_BUCKETS = 4096
};

struct story {
    uint64_t conn;
    struct caption *caption; /* owned, in order of arrival; NULL: written */
    size_t captions;
    uint64_t unsaid; /* findings past STORY_CAPTIONS_MOST */
    nanos since;     /* of its first caption */
    nanos written;   /* the last time; NANOS_NEVER */
    unsigned rounds; /* how often it was */
    struct story *next_alike;
    struct story *older; /* of those that wait, or of those told */
    struct story *newer;
};

struct story_list {
    struct story *oldest;
    struct story *newest;
};

struct stories {
    struct story_list waiting;
    struct story_list told;
    size_t tolds;
    size_t captions;
    struct story *bucket[STORIES_BUCKETS];
};

void stories_init(struct stories *stories);
void stories_release(struct stories *stories);

/* NULL if there is none. */
struct story *stories_find(const struct stories *stories, uint64_t conn);

/* The story of the connection, which waits from `now` on if it did not. */
struct story *stories_begin(struct stories *stories, uint64_t conn, nanos now);

/* NULL when the story has no caption of that finding. */
struct caption *story_find(const struct story *story, uint64_t id);

/* Takes the caption over: behind the others, or in place of its elder. */
void story_add(struct stories *stories, struct story *story,
               struct caption *caption);

/* Without its last caption a story is forgotten, or told if it ever was. */
void story_withdraw(struct stories *stories, struct story *story, uint64_t id);

/* It was written: its captions go. */
void story_told(struct stories *stories, struct story *story, nanos now);

void story_forget(struct stories *stories, struct story *story);

#endif
