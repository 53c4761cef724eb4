#include "tcp/stage.h"

#include "wire/endpoint.h"

static void move(const struct stage_watch *watch, struct conn *conn,
                 enum conn_stage stage)
{
    enum conn_stage was = conn->stage;

    if (was == CONN_UNBORN)
        conn->stage_server = conn_server(conn) & 1;
    conn->stage = stage & 3;
    if (watch->moved)
        watch->moved(watch->context, conn, was);
}

static enum conn_stage stage_of(const struct conn *conn)
{
    if (mark_is_set(conn->over))
        return CONN_GONE;
    return conn->flow[conn_server(conn)].seen || !conn_start_seen(conn)
               ? CONN_OPEN
               : CONN_OPENING;
}

void stage_follow(const struct stage_watch *watch, struct conn *conn,
                  const struct segment *segment)
{
    enum conn_stage stage = stage_of(conn);

    if (stage != conn->stage ||
        (stage == CONN_OPENING && (segment->flags & TCP_SYN)))
        move(watch, conn, stage);
}

void stage_end(const struct stage_watch *watch, struct conn *conn)
{
    if (conn->stage != CONN_GONE)
        move(watch, conn, CONN_GONE);
}

/* Whose FIN came first, if both came and no RST ended it before. */
static enum ports_before ended_by(const struct conn *before)
{
    const struct flow *client = &before->flow[before->client];
    const struct flow *server = &before->flow[conn_server(before)];

    if (!mark_is_set(client->fin) || !mark_is_set(server->fin) ||
        before->resets)
        return PORTS_OF_OTHER;
    return client->fin.frame < server->fin.frame ? PORTS_OF_CLIENT_CLOSED
                                                 : PORTS_OF_SERVER_CLOSED;
}

struct ports stage_ports_of(const struct conn *before, nanos now)
{
    struct mark end = mark_is_set(before->over) ? before->over : before->last;
    nanos rested = nanos_between(end.time, now) / NANOS_PER_MILLI;

    return (struct ports){
        .before = (uint8_t)ended_by(before),
        .rested = rested < 0            ? 0
                  : rested > UINT32_MAX ? UINT32_MAX
                                        : (uint32_t)rested,
    };
}

static bool is_plain_ack(const struct segment *segment)
{
    return (segment->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) ==
           TCP_ACK;
}

/* An RST that answers an ACK has its number, and acknowledges nothing. */
static bool answers_stray(const struct conn *conn,
                          const struct segment *segment)
{
    return (segment->flags & (TCP_RST | TCP_ACK)) == TCP_RST && conn->odd &&
           conn->odd->stray.is_set && conn->odd->stray.ack == segment->seq;
}

void stage_note_stray(struct conn *conn, const struct segment *segment)
{
    if (is_plain_ack(segment))
        conn->odd->stray =
            (struct stray_ack){.is_set = true, .ack = segment->ack};
}

bool stage_is_challenged(struct conn *conn, const struct segment *segment,
                         unsigned side)
{
    if (side != conn->client || conn->flow[1 - side].seen ||
        !answers_stray(conn, segment))
        return false;
    conn->challenged = true;
    conn->stray_resets++;
    return true;
}

void stage_follow_claim(struct conn *conn, const struct segment *segment)
{
    struct claim *claim = conn->odd->claim;

    if (!endpoint_same(&claim->segment.source, &segment->source))
        stage_note_stray(conn, segment);
    else if (answers_stray(conn, segment))
        claim->challenged = true;
}
