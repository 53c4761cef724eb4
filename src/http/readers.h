/*
 * The reader of a connection, by what it speaks: HTTP/1, HTTP/2 (also after
 * HTTP/1, by an upgrade) or FastCGI; or none yet.
 */
#ifndef HTTP_READERS_H
#define HTTP_READERS_H

#include "http/fcgi.h"
#include "http/h1.h"
#include "http/h2.h"

/* Each is owned, or NULL. */
struct readers {
    struct h1 *h1;
    struct h2 *h2;
    struct fcgi *fcgi;
    uint64_t before; /* requests before those that a tunnel carries */
};

static inline bool readers_any(const struct readers *readers)
{
    return readers->h1 || readers->h2 || readers->fcgi;
}

/* What a flow goes on with; there is a reader. */
void readers_data(struct readers *readers, const struct http_sink *sink,
                  struct conn *conn, unsigned side, const struct chunk *chunk);
void readers_gap(struct readers *readers, unsigned side,
                 const struct chunk *gap);

/* The chunk is the first of a CONNECT tunnel's client and begins HTTP: nobody
 * reads the connection any more, and whoever does next begins with it. */
bool readers_enter_tunnel(struct readers *readers, unsigned side,
                          const struct chunk *chunk);

/* Adds what they know to the connection's facts. */
void readers_tell(const struct readers *readers, struct http_facts *facts);

void readers_release(struct readers *readers);

#endif
