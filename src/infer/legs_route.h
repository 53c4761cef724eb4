/* Whether one exchange may be behind another, for legs_pair.c. */
#ifndef INFER_LEGS_ROUTE_H
#define INFER_LEGS_ROUTE_H

#include "infer/legs.h"

bool legs_is_loopback(const struct endpoint *endpoint);

bool leg_hosts_may_have(const struct leg_hosts *hosts,
                        const struct endpoint *endpoint);

/* All of 127.0.0.0/8 and ::1 is one host. */
bool legs_is_one_host(const struct endpoint *a, const struct endpoint *b);

bool leg_is_same(const struct leg *a, const struct leg *b);

/* 502, 503 or 504. */
bool leg_says_gateway(const struct leg *leg);

/* Could `upstream` be asked because of `front`, as far as the two tell? */
bool leg_fits(const struct leg *front, const struct leg *upstream);

/* It fits, and of all that fit `front` has a route that is as good as any. */
bool legs_is_behind(struct legs *legs, const struct leg *front,
                    const struct leg *upstream);

#endif
