/* One report, read and found sound: for merge.c. */
#ifndef REPORT_MERGE_READ_H
#define REPORT_MERGE_READ_H

#include "base/fail.h"
#include "base/text.h"

#include <jansson.h>
#include <stdio.h>

#define MERGE_SCHEMA "whyeof.report/1"

/* All of a file, up to the text's limit. False with `fail` set. */
bool merge_read_text(struct text *text, FILE *file, const char *name,
                     struct fail *fail);

/*
 * The report that the text is, a document or the lines of one, as a document;
 * owned by the caller. NULL with `fail` set when it is none: then something
 * that is added up, joined or put in order is missing or of the wrong kind.
 */
json_t *merge_read_report(const struct text *text, const char *name,
                          struct fail *fail);

#endif
