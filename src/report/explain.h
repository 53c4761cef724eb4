/*
 * What the codes mean, for --explain, --list-codes and the man page
 * whyeof-verdicts(7); and which of them an error message may come from.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "diagnose/finding.h"

#include <stdio.h>

/* One code in full. */
struct explanation {
    const char *seen;   /* what the capture shows */
    const char *means;  /* what that means */
    const char *doing;  /* what to do */
    const char *doubts; /* what would change our mind */
    unsigned symptoms;  /* bits 1 << SYMPTOM_* that it can have */
};

const struct explanation *explanation_of(enum verdict code);

/*
 * Explains a code, or names the codes that an error message may come from.
 * False when the text is neither.
 */
bool explain(FILE *out, const char *text);

/* Does it do so? What is nearly a code is not known. */
bool explain_knows(const char *text);

/* All codes with their severities and titles, one a line. */
void explain_list(FILE *out);

/* The commands that capture what this program needs. */
void explain_capture(FILE *out);

#endif
