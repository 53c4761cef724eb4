#include "infer/legs_open.h"

#include "wire/endpoint.h"

/* By the server, and the path's end: what is before may be cut off. */
static uint32_t slot_of(const struct conn *conn, const struct exchange *x)
{
    const char *query = strchr(x->target, '?');
    const char *from = query ? query : x->target + strlen(x->target);
    uint64_t hash = hash_span(span_of_text(x->method));

    while (from > x->target && from[-1] != '/')
        from--;
    hash = hash_mix(hash, hash_span(span_of_text(from)));
    hash = hash_mix(hash, endpoint_hash(&conn->endpoint[conn_server(conn)], 0));
    return (uint32_t)(hash % LEGS_OPEN_COUNTS);
}

void legs_open_begin(struct legs_open *open, const struct conn *conn,
                     const struct exchange *x)
{
    if (x->method)
        open->count[slot_of(conn, x)]++;
}

void legs_open_end(struct legs_open *open, const struct conn *conn,
                   const struct exchange *x)
{
    uint32_t *count = x->method ? &open->count[slot_of(conn, x)] : NULL;

    if (count && *count)
        --*count;
}

bool legs_open_has(const struct legs_open *open, const struct conn *conn,
                   const struct exchange *x)
{
    return x->method && open->count[slot_of(conn, x)] > 0;
}
