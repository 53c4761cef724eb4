/* A TLS handshake that did not come to its end. */
#include "diagnose/rules.h"

#include "diagnose/facts_tls.h"
#include "tls/suite.h"

enum tls_failure tls_failure_of(const struct facts *f)
{
    const struct tls_facts *tls = &f->incident->tls;
    const struct tls_side_facts *client;
    const struct tls_side_facts *server;

    if (!f->incident->has_tls || tls->lost || tls->strange)
        return TLS_WENT_WELL;
    client = &tls->side[tls->client];
    server = &tls->side[1 - tls->client];
    if (!mark_is_set(client->hello) || server->datas > 0)
        return TLS_WENT_WELL;
    /* the server says no to a client that takes the handshake for done */
    if (tls_is_established(tls))
        return tls->version >= TLS_1_3 && is_refusal(server) && f->server_closed
                   ? TLS_REFUSED_BY_SERVER
                   : TLS_WENT_WELL;
    if (is_refusal(server) && is_first(server, client))
        return TLS_REFUSED_BY_SERVER;
    if (is_refusal(client))
        return TLS_REFUSED_BY_CLIENT;
    if (f->server_closed)
        return TLS_CLOSED_BY_SERVER;
    if (f->client_closed && mark_is_set(server->hello) && !server->cut &&
        !mark_is_set(client->first) && !is_silent_in_handshake(f))
        return TLS_LEFT_BY_CLIENT;
    return is_silent_in_handshake(f) ? TLS_SILENT_SERVER : TLS_WENT_WELL;
}

bool is_end_bare(const struct facts *f)
{
    return f->x->bare_end;
}

/* One is told for all of its server's. */
bool is_first_bare_close(const struct facts *f)
{
    struct mark bare = f->known->bare_close;

    return f->incident->has_tls && f->server_closed && mark_is_set(bare) &&
           bare.frame == f->server->fin.frame;
}

bool is_handshake_failed(const struct facts *f)
{
    return tls_failure_of(f) != TLS_WENT_WELL;
}
