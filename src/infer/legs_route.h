/* Whether one exchange may be behind another, for legs_pair.c. */
#ifndef INFER_LEGS_ROUTE_H
#define INFER_LEGS_ROUTE_H

#include "infer/legs.h"

/* What the two requests themselves say of being one: of several that fit, those
 * that say most are taken. */
enum leg_proof {
    PROOF_AGAINST, /* they name different clients, or traces */
    PROOF_NONE,    /* nothing */
    PROOF_CLIENT,  /* the one behind names the other's client */
    PROOF_ID       /* the same identifier, or client and port */
};

enum leg_proof leg_proof(const struct leg *front, const struct leg *upstream);

bool legs_is_loopback(const struct endpoint *endpoint);

bool leg_hosts_may_have(const struct leg_hosts *hosts,
                        const struct endpoint *endpoint);

/* All of 127.0.0.0/8 and ::1 is one host. */
bool legs_is_one_host(const struct endpoint *a, const struct endpoint *b);

bool leg_is_same(const struct leg *a, const struct leg *b);

/* 502, 503 or 504. */
bool leg_says_gateway(const struct leg *leg);

/* The same is asked for, with or without the first parts of the path. */
bool leg_asks_the_same(const struct leg *a, const struct leg *b);

/* Does the one ask, later, for what the other does, before that is answered? */
bool leg_is_inside(const struct leg *front, const struct leg *upstream);

/* It is inside, and its end is followed at once by the answer of `front`. */
bool leg_is_tight(const struct leg *front, const struct leg *upstream);

/* Is the host that is asked at the one address that which asks from the
 * other? */
bool legs_is_joined(const struct legs *legs, const struct endpoint *asked,
                    const struct endpoint *asks);

/* Looks for hosts with two addresses, now and then. */
void legs_find_joins(struct legs *legs);

/* Could `upstream` be asked because of `front`, as far as the two tell? */
bool leg_fits(const struct legs *legs, const struct leg *front,
              const struct leg *upstream);

/* It fits, and of all that fit `front` has a route that is as good as any. */
bool legs_is_behind(struct legs *legs, const struct leg *front,
                    const struct leg *upstream);

/* All that the server of `upstream` is asked is inside what that of `front` is,
 * and answered when that is: what else is around both is farther out. */
bool legs_is_row(struct legs *legs, const struct leg *front,
                 const struct leg *upstream);

/*
 * A gateway's answer that comes of a refusal: a pair in place of `pair`, when
 * what was asked for it before had ended; of a 503 also of refusals before it,
 * of which its gateway knew.
 */
void legs_find_refusal(struct legs *legs, const struct leg *front,
                       struct leg_pair *pair);
void legs_find_earlier_refusal(struct legs *legs, const struct leg *front,
                               struct leg_pair *pair);

/* The connection that was refused was tried for `front`. */
bool legs_is_refused_for(struct legs *legs, const struct leg *front,
                         const struct leg *refused);

#endif
