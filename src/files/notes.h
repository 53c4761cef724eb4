/*
 * What is said of each frame: a report's findings, by the frames that they
 * cite.
 */
#ifndef FILES_NOTES_H
#define FILES_NOTES_H

#include "report/report.h"

struct notes;

/* Keeps copies of the words. Never NULL; notes_free frees it. */
struct notes *notes_of_report(const struct report *report);
void notes_free(struct notes *notes);

/*
 * The texts for a frame, and how many; UTF-8, borrowed until the next call.
 * Frames are asked for in order of their numbers.
 */
const char *const *notes_of(struct notes *notes, uint64_t frame, size_t *count);

#endif
