#include "judge/followed.h"

#include "base/arena.h"
#include "base/hash.h"

#include <stdlib.h>

enum {
    FIRST_BUCKETS = 64
};

/* Numbers are counted by us: nobody chooses them, and no seed is needed. */
static struct followed_one **bucket_of(const struct followed *followed,
                                       uint64_t conn, uint64_t exchange)
{
    uint64_t hash = hash_mix(conn, exchange);

    return &followed->bucket[hash & (followed->buckets - 1)];
}

static void enter(struct followed *followed, struct followed_one *one)
{
    struct followed_one **bucket =
        bucket_of(followed, one->conn, one->exchange);

    one->next = *bucket;
    *bucket = one;
}

static void grow(struct followed *followed)
{
    struct followed_one **old = followed->bucket;
    uint64_t olds = followed->buckets;

    followed->buckets = olds ? 2 * olds : FIRST_BUCKETS;
    followed->bucket = must_calloc(followed->buckets, sizeof(void *));
    for (uint64_t i = 0; i < olds; i++) {
        struct followed_one *next;

        for (struct followed_one *one = old[i]; one; one = next) {
            next = one->next;
            enter(followed, one);
        }
    }
    free(old);
}

void followed_release(struct followed *followed)
{
    for (uint64_t i = 0; i < followed->buckets; i++) {
        struct followed_one *next;

        for (struct followed_one *one = followed->bucket[i]; one; one = next) {
            next = one->next;
            free(one);
        }
    }
    free(followed->bucket);
    *followed = (struct followed){0};
}

/* Where the pointer to it is; one to NULL: it is not there. */
static struct followed_one **place_of(const struct followed *followed,
                                      uint64_t conn, uint64_t exchange)
{
    struct followed_one **place = bucket_of(followed, conn, exchange);

    while (*place && ((*place)->conn != conn || (*place)->exchange != exchange))
        place = &(*place)->next;
    return place;
}

struct followed_one *followed_find(const struct followed *followed,
                                   uint64_t conn, uint64_t exchange)
{
    return followed->count ? *place_of(followed, conn, exchange) : NULL;
}

struct followed_one *followed_begin(struct followed *followed, uint64_t conn,
                                    uint64_t exchange)
{
    struct followed_one *one = followed_find(followed, conn, exchange);

    if (one)
        return one;
    if (followed->count >= followed->buckets)
        grow(followed);
    one = must_calloc(1, sizeof *one);
    one->conn = conn;
    one->exchange = exchange;
    enter(followed, one);
    followed->count++;
    return one;
}

struct followed_one followed_end(struct followed *followed, uint64_t conn,
                                 uint64_t exchange)
{
    struct followed_one known = {0};
    struct followed_one **place;
    struct followed_one *one;

    if (!followed->count)
        return known;
    place = place_of(followed, conn, exchange);
    one = *place;
    if (one) {
        known = *one;
        known.next = NULL;
        *place = one->next;
        followed->count--;
        free(one);
    }
    return known;
}
