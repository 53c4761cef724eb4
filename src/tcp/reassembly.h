/*
 * Reassembly puts a connection's bytes in order: within a flow by offset,
 * between the two flows by cause. What has to wait is held under a budget
 * (tcp/out_of_order.h); what waits too long is given up as a gap.
 */
#ifndef TCP_REASSEMBLY_H
#define TCP_REASSEMBLY_H

#include "tcp/analysis.h"
#include "tcp/tcp.h"

struct reassembly {
    const struct tcp_sink *sink;
    size_t held_bytes; /* of all connections */
    size_t limit;
    uint64_t gave_up_early; /* gaps because the budget was used up */
};

/* Takes the segment's payload: hands it on, or holds it. */
void reassembly_take(struct reassembly *reassembly, struct conn *conn,
                     const struct seen *seen);

/*
 * Hands on what can move by now, and gives up what has waited too long; at
 * the end of the connection, all that can be.
 */
void reassembly_settle(struct reassembly *reassembly, struct conn *conn,
                       bool at_end);

#endif
