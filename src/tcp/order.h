/*
 * The order of a connection's bytes: within a flow by offset, between the two
 * flows by cause. What has to wait is held under a budget; what waits too
 * long is given up as a gap.
 */
#ifndef TCP_ORDER_H
#define TCP_ORDER_H

#include "tcp/analysis.h"
#include "tcp/tcp.h"

struct order {
    const struct tcp_sink *sink;
    size_t held_bytes; /* of all connections */
    size_t limit;
    uint64_t gave_up_early; /* gaps because the budget was used up */
};

/* Takes the segment's payload: hands it on, or holds it. */
void order_take(struct order *order, struct conn *conn,
                const struct seen *seen);

/*
 * Hands on what can move by now, and gives up what has waited too long; at
 * the end of the connection, all that can be.
 */
void order_settle(struct order *order, struct conn *conn, bool at_end);

#endif
