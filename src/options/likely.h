/*
 * What somebody may have meant who typed what there is not.
 */
#ifndef OPTIONS_LIKELY_H
#define OPTIONS_LIKELY_H

#include "base/text.h"

/* Adds ": --stream or --stall-threshold?", the options whose names begin like
 * that or are written nearly so; nothing where there are none. `said` may have
 * its hyphens and its value. */
void likely_options(struct text *text, const char *said);

/* The same of codes. */
void likely_codes(struct text *text, const char *said);

#endif
