/*
 * One finding as text for people: a block of lines.
 */
#ifndef REPORT_TEXT_FINDING_H
#define REPORT_TEXT_FINDING_H

#include "report/page.h"
#include "report/report.h"

/* The whole block, from "error: " to the filter. */
void text_finding(const struct page *page, const struct report *report,
                  const struct report_options *options,
                  const struct finding *finding);

/* What is new of it in a line, with the time of day and its id. */
void text_finding_line(const struct page *page,
                       const struct report_options *options,
                       const struct finding *finding);

enum ink text_ink(enum severity severity);

#endif
