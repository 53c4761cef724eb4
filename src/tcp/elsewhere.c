#include "tcp/elsewhere.h"

#include "wire/endpoint.h"

enum {
    LOOKED_AT_MOST = 512 /* connections, for each episode */
};

struct search {
    struct address address;
    nanos since;
    nanos until;
    struct episode *episode;
};

static void look_at(const struct conn *conn, const struct search *search)
{
    for (unsigned side = 0; side < 2; side++) {
        struct mark last = conn->flow[side].last_any;

        if (last.time <= search->since || last.time > search->until ||
            last.time <= search->episode->elsewhere.time ||
            !address_same(&conn->endpoint[side].address, &search->address))
            continue;
        search->episode->elsewhere = last;
        search->episode->elsewhere_id = conn->id;
    }
}

static void look_through(const struct table *table, const struct conn *conn,
                         const struct search *search)
{
    unsigned left = LOOKED_AT_MOST;

    for (unsigned place = 0; place < PLACE_COUNT; place++) {
        const struct conn *other = table->list[place].newest;

        for (; other && other->last.time > search->since && left;
             other = other->older, left--) {
            if (other != conn)
                look_at(other, search);
        }
    }
}

void elsewhere_look(const struct table *table, struct conn *conn)
{
    for (unsigned i = 0; i < conn->episodes; i++) {
        struct episode *episode = &conn->episode[i];
        struct search search = {
            .address = conn->endpoint[1 - episode->side].address,
            .since = episode->second.time,
            .until = mark_is_set(conn->over) ? conn->over.time : INT64_MAX,
            .episode = episode};

        if ((episode->kind == EPISODE_RETRANSMISSION ||
             episode->kind == EPISODE_KEEPALIVE) &&
            !mark_is_set(episode->ended) && episode->count > 0)
            look_through(table, conn, &search);
    }
}
