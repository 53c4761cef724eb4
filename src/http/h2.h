/*
 * h2 reads one HTTP/2 connection (RFC 9113): frames in both directions,
 * header blocks, streams, and the flow control of either side. One
 * exchange is one stream; its events carry the stream's identifier.
 *
 * A capture that joined midway, or lost bytes, does not know the windows and
 * HPACK's tables any more: what can still be read (RST_STREAM, GOAWAY,
 * lengths) is, and what rests on the rest is marked unknown.
 */
#ifndef HTTP_H2_H
#define HTTP_H2_H

#include "http/http.h"

struct h2;

enum h2_start {
    H2_PREFACE,  /* from the first byte */
    H2_UPGRADED, /* after HTTP/1.1's 101: stream 1 is open (RFC 7540, 3.2) */
    H2_JOINED    /* somewhere in between */
};

/* `client` is the index of the flow that opens odd streams. */
struct h2 *h2_new(const struct http_sink *sink, struct conn *conn,
                  unsigned client, enum h2_start start);
void h2_free(struct h2 *h2);

/* H2_UPGRADED, before any data: what stream 1 was until the 101 at `at`. */
void h2_upgrade(struct h2 *h2, const struct h2_upgrade *from,
                const struct chunk *at);

void h2_data(struct h2 *h2, unsigned side, const struct chunk *chunk);
void h2_gap(struct h2 *h2, unsigned side, const struct chunk *gap);

/* The connection is over: what is still open is told with its windows. */
void h2_close(struct h2 *h2);

/* Adds what h2 knows to the connection's facts. */
void h2_tell(const struct h2 *h2, struct http_facts *facts);

/* The flow's next byte begins a frame, as far as can be seen. */
void h2_begin_frames(struct h2 *h2, unsigned side);

/* Do the bytes look like whole frames, one after the other? */
bool h2_looks_like_frames(struct span bytes);

#endif
