/* What the other leg of a proxy says of a finding. */
#ifndef DIAGNOSE_LEGS_H
#define DIAGNOSE_LEGS_H

#include "diagnose/finding_builder.h"

/* The exchange behind the server, or NULL: it is not known for sure. */
const struct leg *leg_behind(const struct facts *f);

/* The exchange that its client, a proxy, was asked for, or NULL. */
const struct leg *leg_in_front(const struct facts *f);

/* The gateway stopped sending an unfinished request on, before it answered. */
bool is_stopped_by_gateway(const struct facts *f);

/* It failed behind a proxy that had it answered all the same. */
bool is_healed_by_proxy(const struct facts *f);

/* The pair as it is told to machines. */
struct other_leg other_leg_of(const struct leg_pair *pair);

/* Says and cites what is known of the other leg; nothing without one. */
void tell_legs(const struct facts *f, struct finding *finding);

enum leg_link {
    LINK_NONE,
    LINK_FRONT_IS_EFFECT,
    LINK_UPSTREAM_IS_EFFECT
};

/* Findings of two legs that are a pair: which of them is the other's effect. */
enum leg_link finding_link(const struct finding *front,
                           const struct finding *upstream);

#endif
