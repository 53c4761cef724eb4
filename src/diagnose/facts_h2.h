/* Facts of HTTP/2 that rules and words share. */
#ifndef DIAGNOSE_FACTS_H2_H
#define DIAGNOSE_FACTS_H2_H

#include "diagnose/facts.h"

/* By whomever. */
bool has_stream_reset(const struct facts *f);
bool is_reset_by_server(const struct facts *f);

/* Could its header section be read? */
bool is_request_known(const struct facts *f);

/* The same as a read timeout, of a request that could not be read. */
bool may_be_read_timeout(const struct facts *f);

/* The request was sent before the limit on streams was known to the client. */
bool before_limit(const struct facts *f);

/*
 * Its client refused a whole answer: RST_STREAM with an error behind it, or a
 * GOAWAY that blames what the server sends. A CANCEL, and STREAM_CLOSED, which
 * curl sends in healthy traffic, refuse nothing.
 */
bool is_refused_whole(const struct facts *f);

/* Its client reset the stream with such an error. */
bool is_refusing_reset(const struct facts *f);

/* The same, by GOAWAY. NULL: none. */
const struct h2_goaway *refusing_goaway(const struct h2_facts *h2,
                                        const struct conn *conn,
                                        const struct exchange *x);

/* As many streams are open as the server allows, and this one waits. */
bool waits_at_stream_limit(const struct facts *f);

/* NULL: it said none. */
const struct h2_goaway *goaway_of_server(const struct facts *f);

/* The first GOAWAY with an error, by either side, unless the other side had
 * ended it before. NULL: none. */
const struct h2_goaway *goaway_with_error(const struct facts *f);

/* Of the two sides'. Not set: none. */
struct mark latest_goaway(const struct facts *f);

/* How long, to the end, a side has not read what the other still has to send:
 * a GOAWAY may be among it. */
nanos stuck_for(const struct facts *f);

/* The message that the window of its stream, or of the connection, holds up;
 * MESSAGES when there is none. */
unsigned held_up(const struct facts *f, bool by_connection);

/* The response's sender had used up a window when it ended. */
bool ended_while_blocked(const struct facts *f);

/*
 * The server's streams are reset after the same time as this one, and no answer
 * of it took longer; or, where that is not so, those of the same route. NULL:
 * no such timer is known.
 */
const struct durations *reset_timer(const struct facts *f);
const struct route *route_with_reset_timer(const struct facts *f);

#endif
