#include "infer/legs_open.h"

#include "wire/endpoint.h"

uint32_t legs_open_slot(const struct conn *conn, const struct exchange *x)
{
    const char *target = x->target ? x->target : "";
    const char *query = strchr(target, '?');
    const char *from = query ? query : target + strlen(target);
    uint64_t hash = hash_span(span_of_text(x->method ? x->method : ""));

    /* what is before may be cut off */
    while (from > target && from[-1] != '/')
        from--;
    hash = hash_mix(hash, hash_span(span_of_text(from)));
    hash = hash_mix(hash, endpoint_hash(&conn->endpoint[conn_server(conn)], 0));
    return (uint32_t)(hash % LEGS_OPEN_COUNTS);
}

void legs_open_begin(struct legs_open *open, const struct conn *conn,
                     const struct exchange *x)
{
    if (open->counts)
        open->count[legs_open_slot(conn, x)]++;
}

void legs_open_end(struct legs_open *open, const struct conn *conn,
                   const struct exchange *x)
{
    uint32_t *count;

    /* its head never came: it was not counted */
    if (!open->counts || !x->method)
        return;
    count = &open->count[legs_open_slot(conn, x)];
    if (*count)
        --*count;
}
