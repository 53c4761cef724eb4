#include "tcp/episodes.h"

#include "base/arena.h"
#include "tcp/processes.h"
#include "tcp/tcp.h"

#include <assert.h>
#include <stdlib.h>

/*
 * Episodes shorter than this explain nothing: they are counted, not kept, so
 * that those of a busy connection stay few.
 */
#define EPISODE_WORTH_KEEPING (100 * NANOS_PER_MILLI)

/* Of each kind and side. */
enum {
    NEWEST_KEPT = 8
};

static_assert(NEWEST_KEPT * 2 * EPISODE_HOLE <= CONN_EPISODES_KEPT,
              "of too many there are older ones");

struct episode *episodes_open(struct conn *conn, enum episode_kind kind,
                              unsigned side)
{
    if (conn->episodes_open == 0)
        return NULL;
    for (unsigned i = conn->episodes; i-- > 0;) {
        struct episode *episode = &conn->episode[i];

        if (episode->kind == kind && episode->side == side &&
            !mark_is_set(episode->ended))
            return episode;
    }
    return NULL;
}

static void drop_episode(struct conn *conn, struct episode *episode)
{
    size_t at = (size_t)(episode - conn->episode);

    conn->episodes--;
    memmove(episode, episode + 1, (conn->episodes - at) * sizeof *episode);
}

struct episode *episodes_add(struct conn *conn, enum episode_kind kind,
                             unsigned side, struct mark first)
{
    struct episode *episode;

    assert(conn->episodes < CONN_EPISODES_ROOM);
    /* room grows by doubling: 1, 2, 4 … */
    if ((conn->episodes & (conn->episodes - 1)) == 0)
        conn->episode = must_realloc(conn->episode,
                                     conn->episodes ? 2u * conn->episodes : 1,
                                     sizeof *episode);
    episode = &conn->episode[conn->episodes++];
    *episode = (struct episode){.kind = (uint8_t)kind,
                                .side = (uint8_t)side,
                                .first = first,
                                .second = first,
                                .last = first};
    conn->episodes_open++;
    return episode;
}

static nanos lasted(const struct episode *episode)
{
    return nanos_between(episode->first.time, episode->ended.time);
}

/* Holes are one for each side, however many: they are never crowded out. */
static bool may_go(const struct episode *episode)
{
    return episode->kind != EPISODE_HOLE && mark_is_set(episode->ended);
}

/*
 * The shortest, and of those as short the oldest, of the kind and side that
 * have most: many of one kind leave those of another alone. The newest stay:
 * what they explain is not told yet.
 */
static struct episode *least_telling(struct conn *conn)
{
    unsigned count[EPISODE_KIND_COUNT][2] = {{0}};
    struct episode *least = NULL;
    unsigned most = 0;
    unsigned old;

    for (unsigned i = 0; i < conn->episodes; i++) {
        const struct episode *episode = &conn->episode[i];

        if (may_go(episode) && ++count[episode->kind][episode->side] > most)
            most = count[episode->kind][episode->side];
    }
    old = most - NEWEST_KEPT;
    for (unsigned i = 0; i < conn->episodes && old; i++) {
        struct episode *episode = &conn->episode[i];

        if (!may_go(episode) || count[episode->kind][episode->side] != most)
            continue;
        if (!least)
            least = episode;
        if (episode->kind != least->kind || episode->side != least->side)
            continue;
        old--;
        if (lasted(episode) < lasted(least))
            least = episode;
    }
    return least;
}

static void keep_to_budget(struct conn *conn)
{
    unsigned over = 0;
    struct episode *least;
    struct episodes_lost *lost;

    for (unsigned i = 0; i < conn->episodes; i++)
        over += may_go(&conn->episode[i]);
    if (over <= CONN_EPISODES_KEPT)
        return;
    least = least_telling(conn);
    if (!conn->lost)
        conn->lost = must_calloc(1, sizeof *conn->lost);
    lost = &conn->lost->of[least->kind][least->side];
    if (lasted(least) > lost->longest)
        lost->longest = lasted(least);
    if (least->ended.time > lost->until)
        lost->until = least->ended.time;
    drop_episode(conn, least);
}

void episodes_end(struct conn *conn, struct episode *episode, struct mark at)
{
    episode->ended = at;
    conn->episodes_open--;
    if (episode->kind != EPISODE_HOLE && episode->kind != EPISODE_KEEPALIVE &&
        lasted(episode) < EPISODE_WORTH_KEEPING)
        drop_episode(conn, episode);
    else if (conn->episodes > CONN_EPISODES_KEPT)
        keep_to_budget(conn);
}

void episodes_needless(struct conn *conn, unsigned side, struct mark at,
                       uint64_t offset, uint64_t size)
{
    struct flow *flow = &conn->flow[side];
    struct episode *episode = episodes_open(conn, EPISODE_RETRANSMISSION, side);

    if (!episode) {
        episode = episodes_add(conn, EPISODE_RETRANSMISSION, side, at);
        episode->needless = true;
        episode->offset = offset;
        episode->size = size;
    }
    episode->count++;
    episode->last = at;
    if (flow->resent < UINT8_MAX)
        flow->resent++;
    flow->resent_at = at.time;
}

void episodes_end_needless(struct conn *conn, unsigned side, struct mark at)
{
    struct episode *episode = episodes_open(conn, EPISODE_RETRANSMISSION, side);

    if (episode && episode->needless)
        episodes_end(conn, episode, at);
}

void conn_copy_episodes(struct conn *copy, const struct conn *conn)
{
    copy->episode = NULL;
    copy->lost = NULL;
    copy->odd = NULL;
    conn_copy_processes(copy, conn);
    if (conn->episodes) {
        copy->episode = must_calloc(conn->episodes, sizeof *copy->episode);
        memcpy(copy->episode, conn->episode,
               conn->episodes * sizeof *copy->episode);
    }
    if (conn->lost) {
        copy->lost = must_calloc(1, sizeof *copy->lost);
        *copy->lost = *conn->lost;
    }
    if (conn->odd) {
        copy->odd = must_calloc(1, sizeof *copy->odd);
        *copy->odd = *conn->odd;
        copy->odd->claim = NULL;
    }
}

void conn_free_episodes(struct conn *conn)
{
    free(conn->episode);
    free(conn->lost);
    if (conn->odd)
        free(conn->odd->claim);
    free(conn->odd);
    conn_free_processes(conn);
    conn->episode = NULL;
    conn->lost = NULL;
    conn->odd = NULL;
    conn->episodes = 0;
}

void conn_forget_episodes(struct conn *conn, nanos time)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < conn->episodes; i++) {
        struct episode *episode = &conn->episode[i];

        if (mark_is_set(episode->ended) && episode->ended.time <= time)
            continue;
        conn->episode[kept++] = *episode;
    }
    conn->episodes = (uint16_t)kept;
}

void episodes_hole(struct conn *conn, unsigned side, struct mark at,
                   uint64_t offset, uint64_t size)
{
    struct episode *episode = NULL;

    conn->flow[side].lost += size;
    for (unsigned i = 0; i < conn->episodes; i++) {
        if (conn->episode[i].kind == EPISODE_HOLE &&
            conn->episode[i].side == side)
            episode = &conn->episode[i];
    }
    if (!episode) {
        episode = episodes_add(conn, EPISODE_HOLE, side, at);
        episode->offset = offset;
        episodes_end(conn, episode, at);
    }
    episode->count++;
    episode->last = at;
    episode->ended = at;
    episode->size += size;
}
