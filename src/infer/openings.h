/*
 * Connections that worked, over all servers, in order of appearance: one may
 * explain, or ease, what befell another. A client whose first address refuses
 * it goes on to the next (RFC 8305); a path that forgot one connection carries
 * the next one.
 */
#ifndef INFER_OPENINGS_H
#define INFER_OPENINGS_H

#include "model/incident.h"
#include "wire/endpoint.h"

enum {
    OPENINGS_KEPT = 256
};

struct opening {
    struct endpoint server;
    nanos first; /* its first packet */
};

struct openings {
    struct opening of[OPENINGS_KEPT]; /* the latest, in a ring */
    uint64_t count;                   /* in all */
};

/* False when the connection did not work, as far as was seen. */
bool opening_of(const struct outcome *outcome, struct opening *opening);

/* Does it explain, or ease, what befell another? */
bool opening_eases(const struct opening *opening,
                   const struct incident *incident);

/* One of the same server at nearly the same time stands for both. */
void openings_add(struct openings *openings, const struct opening *opening);

/* Does any of them ease it? */
bool openings_ease(const struct openings *openings,
                   const struct incident *incident);

#endif
