/*
 * What is told together: findings of one code, severity and server, whose
 * clients saw the same, as the same status. Worst first, and of one severity in
 * the order of their first failures.
 */
#ifndef REPORT_GROUPS_H
#define REPORT_GROUPS_H

#include "report/report.h"

struct finding_group {
    const struct finding *const *finding; /* in order of time, at least one */
    size_t count;
    size_t alike; /* groups of its code and severity, at the first of them; 0 at
                     the others */
};

struct finding_groups {
    struct finding_group *group; /* those of one code and severity together */
    size_t count;
    const struct finding **ordered; /* owned: what the groups point into */
};

/* Borrows the findings; the caller gives it to groups_release. */
struct finding_groups groups_of(const struct report *report);
void groups_release(struct finding_groups *groups);

/* Does the options' baseline know all of them? False without one. */
bool group_is_known(const struct finding_group *group,
                    const struct report_options *options);

#endif
