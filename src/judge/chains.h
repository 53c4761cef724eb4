/*
 * Limits along the way from a client to what it asks for. What is wrong with
 * them is no failure of its own: it is told once for a client and its server,
 * on the request that this client gave up last.
 */
#ifndef JUDGE_CHAINS_H
#define JUDGE_CHAINS_H

#include "judge/cases.h"

/* Adds what is found to the cases that have ended; all have been judged. */
void chains_add(struct cases *cases);

#endif
