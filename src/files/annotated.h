/*
 * The inputs once more, with what was found as comments on their packets:
 * --output pcapng=FILE. What was found is known at the end only, so the files
 * are read a second time, and must be as they were.
 *
 * Frames have the numbers that the report cites: inputs follow one another as
 * their frames did. Where two overlap in time, a section ends and the other
 * one's begins again, with its interfaces, at each change.
 */
#ifndef FILES_ANNOTATED_H
#define FILES_ANNOTATED_H

#include "files/outputs.h"

struct annotated;

/*
 * Once the inputs are open, and before they are read. NULL, with `fail` set
 * when it cannot be: an input is no file, or is what would be written to;
 * without, when nobody asked. The options must outlive it; annotated_close
 * frees it.
 */
struct annotated *annotated_open(const struct options *options,
                                 struct fail *fail);
void annotated_close(struct annotated *annotated);

/* Writes it. False when that failed: somebody was told. NULL: true. */
bool annotated_write(struct annotated *annotated, const struct report *report,
                     struct file_outputs_listener listener);

#endif
