/*
 * A connection of which one side has SYNs and nothing else, and the other side
 * nothing at all, though it has other connections to the same server: they did
 * not come.
 */
#include "compare/compare.h"

#include "base/arena.h"
#include "wire/endpoint.h"

enum {
    ROOM_FIRST = 16,
    SERVERS_MOST = 64 /* servers of connections that are in both, looked at */
};

/* A SYN is not longer on its way, as a rule. */
#define SOON (100 * NANOS_PER_MILLI)

static bool has_only_syns(const struct trace *trace,
                          const struct trace_connection *c)
{
    for (uint32_t i = c->first; i != TRACE_NONE; i = trace->segment[i].next) {
        if ((trace->segment[i].flags &
             (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
            return false;
    }
    return true;
}

struct servers {
    struct endpoint endpoint[SERVERS_MOST];
    size_t count;
};

static bool is_among(const struct servers *servers,
                     const struct endpoint *endpoint)
{
    for (size_t i = 0; i < servers->count; i++) {
        if (endpoint_same(&servers->endpoint[i], endpoint))
            return true;
    }
    return false;
}

/* Whose connections are seen from the first packet on, at both sides. */
static struct servers find_servers(const struct comparison *comparison)
{
    struct servers servers = {.count = 0};

    for (size_t i = 0; i < comparison->connections; i++) {
        const struct trace_connection *c =
            comparison->connection[i].of[CLIENT_SIDE];
        const struct endpoint *server = &c->endpoint[1 - c->client];
        const struct trace_segment *first =
            &comparison->trace[CLIENT_SIDE].segment[c->first];

        if ((first->flags & TCP_SYN) && first->peer != TRACE_NONE &&
            servers.count < SERVERS_MOST && !is_among(&servers, server))
            servers.endpoint[servers.count++] = *server;
    }
    return servers;
}

/* Its last SYN was sent while the other capture ran, as did its first. */
static bool is_in_time(const struct comparison *comparison,
                       const struct trace_connection *c)
{
    const struct passage passage = {.way = WAY_UP, .clock = &comparison->clock};
    struct passage_world world = comparison_world(comparison, WAY_UP);
    const struct trace_segment *s = comparison->trace[CLIENT_SIDE].segment;

    const nanos slack = comparison->clock.error + SOON;

    return passage_is_timed(&passage) &&
           nanos_after(passage_there(&passage, s[c->first].time), -slack) >=
               world.first[CAME] &&
           nanos_after(passage_there(&passage, s[c->last].time), slack) <=
               world.last[CAME];
}

static const struct finding *
finding_of(const struct comparison *comparison,
           const struct trace_connection *connection)
{
    const struct report *report = comparison->report[CLIENT_SIDE];

    for (size_t i = 0; i < report->findings; i++) {
        if (report->finding[i]->connection.id == connection->stream)
            return report->finding[i];
    }
    return NULL;
}

static void add(struct comparison *comparison,
                const struct trace_connection *connection)
{
    size_t room = comparison->unarriveds;

    if (room == COMPARE_UNARRIVED_KEPT) {
        comparison->unarrived_left_out++;
        return;
    }

    if (room == 0 || (room >= ROOM_FIRST && (room & (room - 1)) == 0))
        comparison->unarrived =
            must_realloc(comparison->unarrived, room ? room * 2 : ROOM_FIRST,
                         sizeof *comparison->unarrived);
    comparison->unarrived[comparison->unarriveds++] =
        (struct unarrived){connection, finding_of(comparison, connection)};
}

/*
 * Only of the client's side: the other one's capture has clients that never
 * were at this one.
 */
void comparison_find_unarrived(struct comparison *comparison)
{
    const struct trace *trace = &comparison->trace[CLIENT_SIDE];
    struct servers servers = find_servers(comparison);

    for (uint32_t i = 0; i < trace->connections; i++) {
        const struct trace_connection *c = &trace->connection[i];
        unsigned to = !trace->segment[c->first].from;

        if (!c->is_paired && has_only_syns(trace, c) &&
            is_among(&servers, &c->endpoint[to]) && is_in_time(comparison, c))
            add(comparison, c);
    }
}
