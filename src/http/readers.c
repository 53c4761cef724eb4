#include "http/readers.h"

/* After the 101 what h1 left of its chunk is HTTP/2. */
static void start_upgraded(struct readers *readers,
                           const struct http_sink *sink, struct conn *conn,
                           unsigned side, const struct chunk *chunk,
                           size_t left)
{
    struct h2_upgrade upgrade = h1_upgrade(readers->h1);
    struct chunk rest = *chunk;

    readers->h2 = h2_new(sink, conn, conn->client, H2_UPGRADED);
    h2_upgrade(readers->h2, &upgrade, chunk);
    rest.bytes = span_skip(chunk->bytes, chunk->bytes.size - left);
    rest.offset += chunk->bytes.size - left;
    if (left)
        h2_data(readers->h2, side, &rest);
}

static void read_h1(struct readers *readers, const struct http_sink *sink,
                    struct conn *conn, unsigned side, const struct chunk *chunk)
{
    size_t left = h1_data(readers->h1, side, chunk);

    if (h1_is_h2_now(readers->h1))
        start_upgraded(readers, sink, conn, side, chunk, left);
}

void readers_data(struct readers *readers, const struct http_sink *sink,
                  struct conn *conn, unsigned side, const struct chunk *chunk)
{
    if (readers->h2)
        h2_data(readers->h2, side, chunk);
    else if (readers->fcgi)
        fcgi_data(readers->fcgi, side, chunk);
    else
        read_h1(readers, sink, conn, side, chunk);
}

void readers_gap(struct readers *readers, unsigned side,
                 const struct chunk *gap)
{
    if (readers->fcgi)
        fcgi_gap(readers->fcgi, side, gap);
    else if (readers->h2)
        h2_gap(readers->h2, side, gap);
    else
        h1_gap(readers->h1, side, gap);
}

bool readers_enter_tunnel(struct readers *readers, unsigned side,
                          const struct chunk *chunk)
{
    if (!readers->h1 || readers->h2 ||
        !h1_carries_http(readers->h1, side, chunk))
        return false;
    readers->before = h1_requests(readers->h1);
    h1_free(readers->h1);
    readers->h1 = NULL;
    return true;
}

void readers_tell(const struct readers *readers, struct http_facts *facts)
{
    if (readers->h1)
        h1_tell(readers->h1, facts);
    if (readers->h2)
        h2_tell(readers->h2, facts);
    if (readers->fcgi)
        fcgi_tell(readers->fcgi, facts);
}

void readers_release(struct readers *readers)
{
    h1_free(readers->h1);
    h2_free(readers->h2);
    fcgi_free(readers->fcgi);
}
