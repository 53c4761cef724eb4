#include "infer/openings.h"

/* How soon after a refusal another connection counts as the client's way out.
 * RFC 8305, 5: attempts follow each other within 2 s. */
#define GOES_ON_WITHIN (2 * NANOS_PER_SECOND)

/* Connections to one server that begin together are one to who asks. */
#define ALIKE_WITHIN (GOES_ON_WITHIN / 8)

bool opening_of(const struct outcome *outcome, struct opening *opening)
{
    const struct conn *conn = outcome->conn;

    *opening = (struct opening){.server = conn->endpoint[conn_server(conn)],
                                .first = conn->first.time};
    return outcome->complete > 0 ||
           (mark_is_set(conn->flow[0].syn) && mark_is_set(conn->flow[1].syn));
}

bool opening_eases(const struct opening *opening,
                   const struct incident *incident)
{
    const struct conn *conn = &incident->conn;
    const struct endpoint *theirs = &conn->endpoint[conn_server(conn)];
    nanos apart = nanos_between(conn->last.time, opening->first);

    if (opening->server.port != theirs->port)
        return false;
    if (incident->exchange)
        return address_same(&opening->server.address, &theirs->address) &&
               opening->first > incident->exchange->request.start.time;
    return !address_same(&opening->server.address, &theirs->address) &&
           apart >= -GOES_ON_WITHIN && apart <= GOES_ON_WITHIN;
}

static uint64_t kept(const struct openings *openings)
{
    return openings->count < OPENINGS_KEPT ? openings->count : OPENINGS_KEPT;
}

void openings_add(struct openings *openings, const struct opening *opening)
{
    for (size_t i = 0; i < kept(openings); i++) {
        const struct opening *other = &openings->of[i];
        nanos apart = nanos_between(other->first, opening->first);

        if (apart > -ALIKE_WITHIN && apart < ALIKE_WITHIN &&
            endpoint_same(&other->server, &opening->server))
            return;
    }
    openings->of[openings->count++ % OPENINGS_KEPT] = *opening;
}

bool openings_ease(const struct openings *openings,
                   const struct incident *incident)
{
    for (size_t i = 0; i < kept(openings); i++) {
        if (opening_eases(&openings->of[i], incident))
            return true;
    }
    return false;
}
