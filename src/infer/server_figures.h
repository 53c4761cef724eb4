/* How what happened at a server enters its figures. */
#ifndef INFER_SERVER_FIGURES_H
#define INFER_SERVER_FIGURES_H

#include "infer/infer.h"

/* Something of `kind` came to its end at `at`, after `took`. */
void server_log_event(struct server_facts *server, enum log_kind kind,
                      nanos took, struct mark at);

void server_add_ending(struct server_facts *server,
                       const struct ending *ending);

/* Sums up the endings that have come since. `server`: given back; NULL too. */
struct server_facts *server_settle(struct server_facts *server);

#endif
