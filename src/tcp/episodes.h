/*
 * The episodes of a connection, such as a window of zero or a series of
 * keep-alive probes: few and bounded, so that an idle connection stays small.
 */
#ifndef TCP_EPISODES_H
#define TCP_EPISODES_H

#include "tcp/conn.h"

/* The episode of that kind which still lasts on that side, or NULL. */
struct episode *episodes_open(struct conn *conn, enum episode_kind kind,
                              unsigned side);

/* Begins one, of a kind that does not last on that side yet. */
struct episode *episodes_add(struct conn *conn, enum episode_kind kind,
                             unsigned side, struct mark first);

/*
 * Ends one. It is gone after that if it was too short to explain anything, and
 * a shorter one may be if there are more than CONN_EPISODES_KEPT.
 */
void episodes_end(struct conn *conn, struct episode *episode, struct mark at);

/*
 * Bytes that had arrived come again: their ACK did not. A host that is there
 * acknowledges them once more (RFC 9293, 3.10.7.4): any packet of it ends that.
 */
void episodes_needless(struct conn *conn, unsigned side, struct mark at,
                       uint64_t offset, uint64_t size);
void episodes_end_needless(struct conn *conn, unsigned side, struct mark at);

/* `size` bytes at `offset` of the flow were given up as not captured. */
void episodes_hole(struct conn *conn, unsigned side, struct mark at,
                   uint64_t offset, uint64_t size);

#endif
