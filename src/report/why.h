/*
 * --why: what the rules answered about one incident, for people who know
 * packets and want to follow the judgement.
 */
#ifndef REPORT_WHY_H
#define REPORT_WHY_H

#include "diagnose/why.h"
#include "report/page.h"
#include "report/report.h"

/* A block of lines. `zero` is the time of the capture's first packet. */
void why_write(const struct page *page, const struct report_options *options,
               nanos zero, const struct why *why);

#endif
