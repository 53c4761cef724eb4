/*
 * The findings that wait to be written, by connection. Those that wait stand
 * in order of their first finding; a connection of which they were written
 * stays known until it is over, as far as there is room.
 */
#ifndef RECORD_PENDING_H
#define RECORD_PENDING_H

#include "record/comments.h"

enum {
    PENDING_COMMENTS_MOST = 64, /* of one connection */
    PENDING_ALL_MOST = 1024,    /* of all */
    PENDING_TOLD_MOST = 4096,
    PENDING_BUCKETS = 4096
};

struct pending {
    uint64_t conn;
    struct comments *comments; /* owned, in order of arrival; NULL: written */
    size_t comments_kept;
    uint64_t unsaid; /* findings past PENDING_COMMENTS_MOST */
    nanos since;     /* of its first finding */
    nanos written;   /* the last time; NANOS_NEVER */
    unsigned rounds; /* how often it was */
    struct pending *next_alike;
    struct pending *older; /* of those that wait, or of those told */
    struct pending *newer;
};

struct pending_queue {
    struct pending *oldest;
    struct pending *newest;
};

struct pending_list {
    struct pending_queue waiting;
    struct pending_queue told;
    size_t tolds;
    size_t comments_kept;
    struct pending *bucket[PENDING_BUCKETS];
};

void pending_list_init(struct pending_list *list);
void pending_list_release(struct pending_list *list);

/* NULL if there is none. */
struct pending *pending_list_find(const struct pending_list *list,
                                  uint64_t conn);

/* Those of the connection, which waits from `now` on if it did not. */
struct pending *pending_list_begin(struct pending_list *list, uint64_t conn,
                                   nanos now);

/* NULL when that finding is not among them. */
struct comments *pending_find(const struct pending *pending, uint64_t id);

/* Takes the comments over: behind the others, or in place of older ones. */
void pending_add(struct pending_list *list, struct pending *pending,
                 struct comments *comments);

/* Without its last finding a connection is forgotten, or counts as written if
 * it ever was. */
void pending_withdraw(struct pending_list *list, struct pending *pending,
                      uint64_t id);

/* They were written: the comments go. */
void pending_told(struct pending_list *list, struct pending *pending,
                  nanos now);

void pending_forget(struct pending_list *list, struct pending *pending);

#endif
