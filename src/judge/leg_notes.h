/*
 * What has ended is noted as one leg of two, and for the list of exchanges it
 * is told what is behind it, as far as is known by then.
 */
#ifndef JUDGE_LEG_NOTES_H
#define JUDGE_LEG_NOTES_H

#include "judge/cases.h"

/* The head of a request has come. */
void leg_notes_begin(const struct cases *cases, const struct conn *conn,
                     const struct exchange *x);

/* The exchange has ended. True: it is noted, as it may be a leg. `outcome`:
 * NULL, its connection goes on. */
bool leg_notes_take(struct cases *cases, const struct outcome *outcome,
                    const struct conn *conn, const struct exchange *x);

/* What is behind one that was noted, for the list of exchanges. */
struct leg_pair leg_notes_upstream(struct cases *cases,
                                   const struct outcome *outcome,
                                   const struct conn *conn,
                                   const struct exchange *x);

/* The connection is over; it may be one that came to nothing. */
void leg_notes_take_connection(struct cases *cases, const struct conn *conn);

#endif
