/*
 * The JSON Schema (draft 2020-12) of what is written as JSON: the report, also
 * one that was merged, the lines of NDJSON, and the comparison.
 */
#ifndef FILES_SCHEMA_H
#define FILES_SCHEMA_H

#include <stdio.h>

/* Prints it, the same bytes each time, by schema.def. The stream tells whether
 * it could be written. */
void schema_print(FILE *out);

#endif
