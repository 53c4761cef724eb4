/*
 * The turn ledger: whose turn it was, for every moment from a request's first
 * byte to the end of the exchange. A moment has one holder, so the parts add up
 * to the whole, to the nanosecond.
 */
#ifndef DIAGNOSE_TURNS_H
#define DIAGNOSE_TURNS_H

#include "base/nanos.h"

enum holder {
    HOLDER_CLIENT,               /* the request is not complete */
    HOLDER_SERVER,               /* it is, and nothing hinders the answer */
    HOLDER_NETWORK,              /* bytes are lost, and sent again, or on their
                                    way; or probes stay unanswered */
    HOLDER_CLIENT_WINDOW,        /* TCP: it is zero, and the other has more */
    HOLDER_SERVER_WINDOW,        /* the same */
    HOLDER_H2_STREAM_WINDOW,     /* RFC 9113, 5.2: used up, with more to send */
    HOLDER_H2_CONNECTION_WINDOW, /* the same */
    HOLDER_STREAM_LIMIT,         /* RFC 9113, 5.1.2 */
    HOLDER_CONTINUE,             /* RFC 9110, 10.1.1: a 100 is awaited */
    HOLDER_UPSTREAM,             /* the server's time, where the other leg of a
                                    proxy is known */
    HOLDER_UNSEEN,               /* the capture lacks what tells it; in a
                                    tunnel nobody's turn is known */
    HOLDER_COUNT
};

struct turns {
    nanos of[HOLDER_COUNT]; /* none is negative */
};

struct facts;

/* All zero where there is no exchange. */
struct turns turns_of(const struct facts *f);

/* From the first byte to the end: the sum. */
nanos turns_total(const struct turns *turns);

/* As documents name it: "client-window". */
const char *holder_name(enum holder holder);

#endif
