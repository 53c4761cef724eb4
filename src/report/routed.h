/*
 * The findings of a group by the routes of their requests: one fault is often
 * that of one route.
 */
#ifndef REPORT_ROUTED_H
#define REPORT_ROUTED_H

#include "report/groups.h"

struct routed {
    const struct finding *finding;
    struct text route; /* "GET /users/{id}", masked; "" where there is none */
    size_t at;         /* in the group */
};

/* As many as the group has, those of one route together and in order of time;
 * the caller gives them to routed_free. */
struct routed *routed_of(const struct finding_group *group,
                         const struct report_options *options);

/* How many of `count`, from the first on, are of its route. */
size_t routed_alike(const struct routed *routed, size_t count);

void routed_free(struct routed *routed, size_t count);

#endif
