/*
 * Would its receiver take the segment for one of the connection? Whoever knows
 * only addresses and ports can send anything; a receiver drops what lies
 * outside its window or acknowledges what it never sent (RFC 9293, 3.10.7.3
 * and 3.10.7.4; RFC 5961), and so is it ignored here.
 *
 * A capture that lost more than a window looks alike, once for each such loss:
 * what is ignored is remembered, and a second segment that goes on where it
 * stopped shows that the connection is there.
 *
 * What lies inside the window, and yet is unlike all else that its sender sent,
 * may be anybody's. The receiver takes it; who judges should not. A FIN like
 * that counts once it is acknowledged.
 */
#ifndef TCP_ACCEPT_H
#define TCP_ACCEPT_H

#include "tcp/analysis.h"

/*
 * False: it is to be ignored, and counted. What is taken may
 * have moved or begun anew the numbers of a flow. Segments that a flow still
 * holds go with its old numbers: the caller counts them before.
 */
bool accept_segment(struct conn *conn, const struct segment *segment,
                    unsigned side);

/* Compares the bytes of a segment with those that came in their place. */
void accept_bytes(struct conn *conn, const struct seen *seen);

/* The flow's segments contradict that one. */
void contradict(struct conn *conn, unsigned side, struct mark at, uint8_t ttl);

/* The ACK may be of a FIN that waited for one. */
void accept_fin(struct conn *conn, const struct seen *ack);

/* Those of the connection, from the first time on that it is asked. */
struct oddities *conn_oddities(struct conn *conn);

/* Does the segment answer a SYN with that sequence number? */
bool answers_syn(const struct segment *segment, uint32_t seq);

#endif
