/*
 * The limits that a server and its clients were seen, or said, to have: after
 * how long somebody ends what is not done. Only what came again and again
 * after the same time, at distinct instants, or was stated, is one.
 */
#ifndef DIAGNOSE_LIMITS_H
#define DIAGNOSE_LIMITS_H

#include "diagnose/finding_builder.h"

enum limit_kind {
    LIMIT_NONE,
    LIMIT_STATED,  /* by the user */
    LIMIT_CUT,     /* the server closes */
    LIMIT_RESET,   /* the server resets the stream */
    LIMIT_GATEWAY, /* it answers 502, 503 or 504 */
    LIMIT_CLIENT,  /* its clients give up */
    LIMIT_IDLE,    /* the server closes idle connections */
    LIMIT_HEADER   /* of idle connections: its Keep-Alive said so */
};

struct limit {
    enum limit_kind kind;
    nanos length;
    const struct durations *seen; /* borrowed; NULL: it was stated */
};

/* For how long the server lets one request take; NONE: it is not known. */
struct limit limit_of_server(const struct diagnose_settings *settings,
                             const struct server_facts *known);

/* For how long all clients that gave up here wait. */
struct limit limit_of_clients(const struct server_facts *known);

/* After how long the server closes an idle connection. */
struct limit limit_of_idle(const struct diagnose_settings *settings,
                           const struct server_facts *known);

/* Has it come to four fifths of the limit, and not past it? */
bool limit_is_near(const struct limit *limit, nanos took);

/* Cites where it was seen, the longest of them; nothing of a stated one. */
void cite_limit(struct finding *finding, const struct limit *limit);

/* "the server closes after 2.00 s to 2.01 s (3 times)" */
const char *limit_words(struct finding *finding, const struct limit *limit);

#endif
