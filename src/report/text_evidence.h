/*
 * The packets that decide, as text: a line each, or with options->ladder arrows
 * between client and server.
 */
#ifndef REPORT_TEXT_EVIDENCE_H
#define REPORT_TEXT_EVIDENCE_H

#include "report/page.h"
#include "report/report.h"

void text_evidence(const struct page *page, const struct report *report,
                   const struct report_options *options,
                   const struct finding *finding);

#endif
