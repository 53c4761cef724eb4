/* A request had made a tunnel of its connection. */
#include "diagnose/rules.h"

#include <string.h>

/* The one that closed said so, in whatever order it was recorded; or the other
 * had, before. */
static bool is_announced(const struct facts *f, struct mark said[static 2])
{
    unsigned closed = f->server_closed ? conn_server(f->conn) : f->conn->client;
    struct mark other = said[1 - closed];

    return mark_is_set(said[closed]) ||
           (mark_is_set(other) && other.frame <= f->closing.at.frame);
}

/* RFC 6455, 7.1.1: a side that closes says so first, and so does the other. */
static bool is_websocket_cut(const struct facts *f)
{
    struct tunnel_facts in = f->incident->http.in_tunnel;

    return in.is_websocket && !in.lost && !is_announced(f, in.close);
}

/* RFC 9110, 9.3.6: its end is that of what it carries; an RST of the proxy's
 * live socket, with no FIN before it, is not. */
static bool is_connect_cut(const struct facts *f)
{
    return f->x->method && strcmp(f->x->method, "CONNECT") == 0 &&
           f->server_closed && f->closing.by_reset && f->closing.reset->has_ack;
}

/* An RST that its receiver would not take, or that its sender's other packets
 * do not agree with, tells nothing of who ended it. */
static bool is_doubtful(const struct reset *reset)
{
    return !reset->in_window ||
           (reset->usual_ttl && reset->ttl != reset->usual_ttl);
}

bool is_tunnel_closed(const struct facts *f)
{
    if (f->closing.by == CLOSED_BY_NOBODY ||
        (f->closing.by_reset && is_doubtful(f->closing.reset)))
        return false;
    return is_websocket_cut(f) || is_connect_cut(f);
}
