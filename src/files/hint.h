/*
 * What was given as a capture may be meant otherwise: the words of an error
 * that a client printed, which --explain takes.
 */
#ifndef FILES_HINT_H
#define FILES_HINT_H

#include "base/text.h"
#include "report/report.h"

/*
 * Adds the advice to ask --explain, where the inputs that are no files make up
 * a text that it knows. Nothing else is added.
 */
void hint_add(struct text *text, const struct report *report);

#endif
