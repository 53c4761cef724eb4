/*
 * The facts are an incident seen from where a judge sits: client and server
 * by name, who closed, what was going on meanwhile. Derived once, then only
 * read by the rules.
 */
#ifndef DIAGNOSE_FACTS_H
#define DIAGNOSE_FACTS_H

#include "diagnose/diagnose.h"

struct facts {
    const struct diagnose_settings *settings;
    const struct incident *incident;
    const struct circumstances *around;
    const struct server_facts *known;
    const struct conn *conn;
    const struct exchange *x; /* NULL: about the connection */
    const struct flow *client;
    const struct flow *server;
    struct closing closing;
    struct mark end;      /* the close, or the end of the capture */
    struct mark asked;    /* see exchange_asked; the first packet without one */
    struct mark progress; /* the latest byte of request or response */
    nanos wait;           /* asked to end */
    nanos quiet;          /* progress to end */
    nanos idle;           /* before the request; -1: it is the first */
    bool request_whole;
    bool request_cut; /* by the snap length; whole for all that is known */
    bool response_begun;
    bool response_whole;
    bool left;              /* see exchange_was_left */
    bool undelivered;       /* and yet the client never had all of it */
    bool client_fin_unseen; /* acknowledged, but not in the capture */
    bool server_fin_unseen;
    bool stream_reset;  /* HTTP/2: by RST_STREAM, before anything else did */
    bool server_closed; /* first */
    bool client_closed; /* first */
    bool covers;        /* the server's close acknowledges the whole request */
    /* Episodes that touch the time from the request to the end; NULL: none. */
    const struct episode *client_window; /* the client's window was zero */
    const struct episode *server_window;
    const struct episode *client_retransmission; /* of the client's bytes */
    const struct episode *server_retransmission;
    const struct episode *client_probes; /* keep-alive, sent by the client */
    const struct episode *server_probes;
    nanos forgotten; /* one not kept may have lasted as long, and longer than
                        those of its kind and side that are; 0: none */
};

struct facts facts_of(const struct diagnose_settings *settings,
                      const struct incident *incident,
                      const struct circumstances *around);

/* The time between two marks, 0 where the clock was set back. */
nanos facts_passed(struct mark from, struct mark until);

/* How long an episode lasted, to the end of what is judged. */
nanos episode_lasted(const struct facts *f, const struct episode *episode);

/* How much of that fell into the time that is judged. */
nanos episode_held(const struct facts *f, const struct episode *episode);

/* Of bytes sent again: are they of this exchange? Any other is. */
bool episode_is_of_exchange(const struct facts *f,
                            const struct episode *episode);

/* Did it still last when the end came? */
bool episode_lasts(const struct episode *episode);

/* Nothing at all came from the side since `since`. */
bool is_silent_since(const struct flow *flow, struct mark since);

/* How a write timeout fits all that is known of the server. */
enum timeout_fit {
    FIT_REFUTED,  /* no single timeout explains successes and failures */
    FIT_ALONE,    /* one failure, nothing to compare it with */
    FIT_CONSTANT, /* failures of several instants, after the same time */
    FIT_BRACKET,  /* one instant; successes are all shorter */
    FIT_VARIED,   /* several, and their delays vary: no plain timer */
    FIT_ROUTE,    /* none of the server's, but one of what is asked for */
    FIT_STATED    /* the user stated it, and it agrees */
};

enum timeout_fit timeout_fit(const struct facts *f);

/* Its route, when it has a limit of its own that explains this. NULL: not. */
const struct route *route_with_limit(const struct facts *f);

/* An answer was whole after more than the write timeout that was stated. */
bool is_statement_refuted(const struct facts *f);

#endif
