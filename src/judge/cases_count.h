/* The counts of a report, kept as cases are judged, and judged anew. */
#ifndef JUDGE_CASES_COUNT_H
#define JUDGE_CASES_COUNT_H

#include "judge/cases.h"

/* Enters the case into the counts, or takes it out again. */
void cases_count(struct cases *cases, const struct judged_case *one,
                 bool enter);

#endif
