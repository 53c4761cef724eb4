/*
 * What the judging of a run is told beforehand, and whom it tells: the options
 * of it, the counts that it keeps, the exchanges that it lists.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "diagnose/diagnose.h"
#include "http/http.h"

/* One exchange of all, for --exchanges. `x` is borrowed. */
struct listed_exchange {
    uint64_t connection; /* tcp.stream */
    struct endpoint client;
    struct endpoint server;
    const struct exchange *x;
    enum http_protocol protocol;
    uint8_t minor; /* of the HTTP version */
    bool complete;
    enum doubt not_judged;     /* DOUBT_NONE: it is, or there is nothing to */
    struct turns turns;        /* by what was known when it ended */
    struct other_leg upstream; /* the same */
};

/* Who is told before the end. What is NULL is not told. */
struct judge_watcher {
    void *context;
    /* Something was found, or found to be otherwise: finding->id is the same
     * then, and finding->revision counts. Borrowed for the call. */
    void (*finding)(void *context, const struct finding *finding);
    /* With list_exchanges: one has ended. Borrowed for the call. */
    void (*exchange)(void *context, const struct listed_exchange *exchange);
    /* A connection is over; all that was found of it is told. It is `now`. */
    void (*over)(void *context, uint64_t connection, nanos now);
};

/* --why: of which incidents all answers of the rules are wanted. */
struct why_options {
    bool asked;
    uint64_t connection; /* tcp.stream */
    uint64_t stream;     /* exchange, or HTTP/2 stream, of it; 0: all */
};

/* Is that what it asks about? `x`: NULL for the connection itself. */
static inline bool why_asks(const struct why_options *why, uint64_t connection,
                            const struct exchange *x)
{
    return why->asked && connection == why->connection &&
           (why->stream == 0 || (x && x->stream == why->stream));
}

struct judge_options {
    struct diagnose_settings settings;
    bool list_exchanges;
    bool has_stream; /* only this tcp.stream */
    uint64_t stream;
    bool only[VERDICT_COUNT]; /* any set: no other codes */
    bool ignore[VERDICT_COUNT];
    bool at_once; /* judge when it happened, not only at the end */
    bool live;    /* and what goes on, too; keep only what is recent */
    struct why_options why;          /* of files only */
    const struct http_options *http; /* ports that are HTTP's whatever comes */
    struct judge_watcher watcher;
};

/* Is it about one connection: --stream, --why? */
static inline bool asks_stream(const struct judge_options *options)
{
    return options->has_stream || options->why.asked;
}

/* Which one that is, when it is. */
static inline uint64_t asked_stream(const struct judge_options *options)
{
    return options->why.asked ? options->why.connection : options->stream;
}

/* How many there were of what, in all. */
struct judge_counts {
    uint64_t connections;
    uint64_t http_connections;
    uint64_t fastcgi_connections;
    uint64_t tls_connections;
    uint64_t h2_connections;
    uint64_t other_connections; /* with bytes that are none of these */
    uint64_t exchanges;
    uint64_t complete;
    uint64_t not_judged; /* exchanges that could not be judged, */
    uint64_t not_judged_by[DOUBT_COUNT]; /* and why */
    uint64_t by_severity[SEVERITY_COUNT];
    uint64_t by_code[VERDICT_COUNT];
    uint64_t of_connections; /* findings about a connection and no exchange */
    uint64_t of_complete;    /* findings about an exchange that is complete */
    uint64_t not_detailed;   /* findings counted but not listed */
    uint64_t hidden;         /* by --only, --ignore, --stream */
    uint64_t crowded_out;    /* exchanges: too many waited on a connection */
    uint64_t evicted;        /* connections: their place was needed */
    uint64_t holes_given_up; /* early: too much waited behind them */
    uint64_t one_way;        /* HTTP connections seen in one direction */
};

#endif
