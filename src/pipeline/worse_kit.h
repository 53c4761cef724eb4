/*
 * For the tests of this folder: may a recording that was made worse say what
 * it says? It may say less than the whole one, or the same with less
 * confidence; it accuses of nothing else.
 */
#ifndef PIPELINE_WORSE_KIT_H
#define PIPELINE_WORSE_KIT_H

#include "pipeline/trial_kit.h"

/* What else is true of a finding that a variant allows; NULL: nothing. */
typedef bool allowance(const struct trial *trial, size_t at,
                       const struct finding *finding);

/* Runs the reel: what it accuses of is what the whole one does, or weaker. */
void must_be_honest(struct trial *trial, const char *what, size_t at,
                    allowance *is_allowed);

#endif
