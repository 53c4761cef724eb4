/*
 * What is told of one passage once it is judged: counts, delays, events.
 */
#ifndef COMPARE_TALLY_H
#define COMPARE_TALLY_H

#include "compare/compare.h"

/* Adds it to its connection. */
void tally_passage(struct compared *connection, const struct passage *passage);

/* Worst first; an RST that both ends got and neither sent is no accident. */
void tally_settle(struct compared *connection);

#endif
