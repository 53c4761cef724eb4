/*
 * What options go together. Each function sets `fail` and says false when they
 * do not.
 */
#ifndef OPTIONS_CHECKS_H
#define OPTIONS_CHECKS_H

#include "options/options.h"

/* Of what is done instead of reading captures. */
bool check_action(const struct options *options, struct fail *fail);

bool check_why(const struct options *options, struct fail *fail);
bool check_compare(const struct options *options, struct fail *fail);
bool check_baseline(const struct options *options, struct fail *fail);
bool check_annotated(const struct options *options, struct fail *fail);

/* Of a run over files, or that follows them. */
bool check_files(const struct options *options, struct fail *fail);

#endif
