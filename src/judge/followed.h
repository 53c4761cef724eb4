/*
 * What the judge keeps of connections and exchanges that go on: what was told
 * of them, and when they are looked at next. Found by numbers, since earlier
 * stages own what has them; only those that were looked at live are in it, and
 * each leaves it at its end, so that it is bounded by what is open.
 */
#ifndef JUDGE_FOLLOWED_H
#define JUDGE_FOLLOWED_H

#include "judge/case.h"

/* The exchange number that stands for the connection itself. */
#define FOLLOWED_CONN 0

struct followed_one {
    struct followed_one *next; /* of its bucket */
    uint64_t conn;
    uint64_t exchange;        /* its number, or FOLLOWED_CONN */
    struct docket_case *told; /* its case, borrowed; NULL: nothing was told */
    nanos look_at;            /* an exchange is looked at next then */
    bool known_to_work;       /* a connection was counted as one that does */
};

struct followed {
    struct followed_one **bucket; /* owned; NULL: none was followed yet */
    uint64_t buckets;             /* a power of two */
    uint64_t count;
};

void followed_release(struct followed *followed);

/* NULL: it is not followed. */
struct followed_one *followed_find(const struct followed *followed,
                                   uint64_t conn, uint64_t exchange);

/* That, or a new one of which nothing is known; borrowed until it ends. */
struct followed_one *followed_begin(struct followed *followed, uint64_t conn,
                                    uint64_t exchange);

/* It has ended: takes it out, and gives what was known; all zero: nothing. */
struct followed_one followed_end(struct followed *followed, uint64_t conn,
                                 uint64_t exchange);

#endif
