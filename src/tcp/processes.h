/*
 * The processes at the two ends of a connection, where the recorder says them
 * (capture/process.h). It says whose a packet is, and sometimes which way the
 * packet went; if not, the end is the one whose packets no router has touched,
 * when the other's passed three and more. Else nobody is named.
 */
#ifndef TCP_PROCESSES_H
#define TCP_PROCESSES_H

#include "capture/process.h"
#include "tcp/conn.h"

/* Takes in what a segment says. */
void conn_take_process(struct conn *conn, const struct segment *segment,
                       unsigned side);

/* The copy gets its own; conn_copy_episodes and conn_free_episodes ask. */
void conn_copy_processes(struct conn *copy, const struct conn *conn);
void conn_free_processes(struct conn *conn);

/* The process that sends a flow, as it was said last; NULL: it is not known. */
const struct process *conn_process(const struct conn *conn, unsigned side);

#endif
