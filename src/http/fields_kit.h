/*
 * For the tests of header fields: fields as lines of text, and what was made
 * of them as words.
 */
#ifndef HTTP_FIELDS_KIT_H
#define HTTP_FIELDS_KIT_H

#include "base/text.h"

/* Cuts the next "name=value\n" off; false after the last. */
bool kit_next_field(const char **lines, struct span *name, struct span *value);

/* "name=value ", or nothing of an empty value. */
void kit_add_span(struct text *out, const char *name, struct span value);

#endif
