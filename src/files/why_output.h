/* --why: the answers of the rules, on standard output in place of the report.
 */
#ifndef FILES_WHY_OUTPUT_H
#define FILES_WHY_OUTPUT_H

#include "options/options.h"

/* After pipeline_finish, whose report it is. False with errno set when it
 * cannot be written. */
bool why_output_write(struct pipeline *pipeline, const struct options *options,
                      const struct report *report, FILE *out);

#endif
