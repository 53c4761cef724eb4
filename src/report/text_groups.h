/*
 * The findings of a report as text: of those that are alike the first in full,
 * the others in a line each.
 */
#ifndef REPORT_TEXT_GROUPS_H
#define REPORT_TEXT_GROUPS_H

#include "report/page.h"
#include "report/report.h"

/* Or, with options->summary, a line for each group. */
void text_groups(const struct page *page, const struct report *report,
                 const struct report_options *options);

#endif
