/*
 * What has ended is noted as one leg of two, and for the list of exchanges it
 * is told what is behind it, as far as is known by then.
 */
#ifndef JUDGE_LEG_NOTES_H
#define JUDGE_LEG_NOTES_H

#include "infer/legs_open.h"
#include "judge/cases.h"

struct leg_notes {
    struct legs_open open; /* where exchanges are listed */
};

/* The head of a request has come. */
void leg_notes_begin(struct leg_notes *notes, const struct cases *cases,
                     const struct conn *conn, const struct exchange *x);

/*
 * The exchange has ended. Gives what is behind it where exchanges are listed;
 * nothing sure while others ask for the same, unless it is named. `outcome`:
 * NULL, its connection goes on.
 */
struct leg_pair leg_notes_take(struct leg_notes *notes, struct cases *cases,
                               const struct outcome *outcome,
                               const struct conn *conn,
                               const struct exchange *x);

/* The connection is over; it may be one that came to nothing. */
void leg_notes_take_connection(struct cases *cases, const struct conn *conn);

#endif
