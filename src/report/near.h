/*
 * Codes that somebody may have meant.
 */
#ifndef REPORT_NEAR_H
#define REPORT_NEAR_H

#include "diagnose/finding.h"

/*
 * The codes that are written nearly like the text, in the catalogue's order:
 * two letters or less are changed, missing or too many; or it is whole words
 * of their beginning. A text without a hyphen is never meant so. `near` has
 * room for VERDICT_COUNT; gives how many there are.
 */
size_t near_codes(enum verdict *near, const char *text);

/* How many letters of one are changed, missing or too many in the other;
 * `most` where it is that many or more. */
unsigned near_distance(const char *one, const char *other, unsigned most);

#endif
