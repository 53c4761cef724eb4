/* How what happened at a server enters its figures. */
#ifndef INFER_SERVER_FIGURES_H
#define INFER_SERVER_FIGURES_H

#include "infer/infer.h"

/* Something of `kind` came to its end at `at`, after `took`. */
void server_log_event(struct server_facts *server, enum log_kind kind,
                      nanos took, struct mark at);

void server_add_ending(struct server_facts *server,
                       const struct ending *ending);

/* What it and its client said of themselves: before its exchanges count. */
void server_note_said(struct server_facts *server,
                      const struct outcome *outcome);

/* How it began, was used and ended; closes sooner than `floor` are no
 * timeouts. `doubted`: of what it was busy with when it ended, if it was, no
 * judgement is possible. */
void server_add_connection(struct server_facts *server,
                           const struct outcome *outcome, nanos floor,
                           bool doubted);

/* Sums up the endings that have come since. `server`: given back; NULL too. */
struct server_facts *server_settle(struct server_facts *server);

#endif
