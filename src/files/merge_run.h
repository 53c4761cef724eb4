/* `whyeof merge`: reports in, the report of all of them out. */
#ifndef FILES_MERGE_RUN_H
#define FILES_MERGE_RUN_H

#include "base/fail.h"

#include <stdio.h>

/*
 * Reads argv from behind the word "merge" (argv[0]), and the reports it names,
 * "-" for standard input, and writes what comes of them. `found`: something is
 * at or above --fail-on. False with `fail` set when a word makes no sense, a
 * report cannot be read or is none, or not all could be written: then nothing
 * is half merged.
 */
bool merge_run(int argc, char *argv[], FILE *out, bool *found,
               struct fail *fail);

/* The text of `whyeof merge --help`. */
void merge_help(FILE *out);

#endif
