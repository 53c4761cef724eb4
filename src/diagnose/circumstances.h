/*
 * The circumstances of an incident: what is known, when it is judged, of the
 * world around it. They change while a capture goes on; the incident does not.
 */
#ifndef DIAGNOSE_CIRCUMSTANCES_H
#define DIAGNOSE_CIRCUMSTANCES_H

#include "infer/infer.h"

struct circumstances {
    const struct server_facts *server; /* borrowed; what happened there */
    struct mark capture_last;          /* the capture's latest packet */
    uint64_t drops;     /* packets that the capture lost while it went on */
    bool port_is_https; /* a port of HTTP's by its number, or stated */
    bool port_is_http;  /* as far as the capture tells */
    struct leg_pair upstream; /* what its server asked of others for it */
    struct leg_pair front;    /* what its client, a proxy, was asked for it */
    const struct server_facts
        *behind;             /* the upstream's server; NULL: unknown */
    const struct pool *pool; /* of its server, a proxy, that was at its limit;
                                NULL: none is known */
    bool later_works;        /* a later connection between the same hosts did */
};

#endif
