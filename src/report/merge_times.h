/* Times of two reports from the same moment: for merge.c. */
#ifndef REPORT_MERGE_TIMES_H
#define REPORT_MERGE_TIMES_H

#include <jansson.h>

/*
 * Each `*_s` that is a moment counts from the report's first packet,
 * input.zero_time. Makes those of the one that began later count from the
 * beginning of the other, which becomes the document's. A report that does not
 * say when it began is left as it is.
 */
void merge_times(json_t *document, json_t *report);

#endif
