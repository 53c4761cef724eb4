/*
 * infer gathers what the exchanges with one server endpoint say of it
 * together: which waits went well and which did not, how long it leaves
 * connections idle, after how long its clients give up. It keeps a log of each
 * server (server_log.h) and counts its figures from that.
 *
 * Only facts of the model go in; what comes out is a set of figures with the
 * frames they rest on. Nothing here names a cause.
 */
#ifndef INFER_INFER_H
#define INFER_INFER_H

#include "infer/connection_use.h"
#include "infer/ending_of.h"
#include "infer/legs.h"
#include "infer/openings.h"
#include "infer/routes.h"
#include "infer/server_log.h"
#include "infer/timer.h"

/* What may be timed, of which some has other causes. */
enum timed {
    TIMED_RESET,
    TIMED_GATEWAY,
    TIMED_SLOW, /* whole answers that took half the floor or more */
    TIMED_KINDS
};

/* What is known of one server address and port. */
struct server_facts {
    struct endpoint server;
    enum http_protocol protocol;
    uint64_t exchanges;
    uint64_t complete;
    uint64_t failed;
    uint64_t not_closed;      /* of these, those that the server did not end */
    uint64_t answered;        /* exchanges with at least a byte of response */
    uint64_t refused;         /* connections */
    uint64_t tls;             /* connections that spoke TLS both ways */
    uint64_t notified;        /* of them, those that it said close_notify on */
    struct mark bare_close;   /* the first FIN of its own behind whole answers
                                 and no close_notify, where that is seen */
    struct durations success; /* from the request to the response's last byte */
    struct durations served;  /* of those what is no 502, 503 or 504 */
    struct durations cut;    /* from the request to the server's close, when the
                                response was not whole; from the floor on */
    struct durations idle;   /* from a response to the server's own close */
    struct durations reused; /* idle times after which reuse went well */
    struct durations reset;  /* HTTP/2: from the request to the server's
                                RST_STREAM(INTERNAL_ERROR) */
    struct durations client_gave_up; /* from the request to the client's close,
                                        the response not whole; from 100 ms */
    struct durations gateway;   /* from the request to a complete 502/503/504 */
    struct durations probes[2]; /* between keep-alive probes: client, server */
    struct durations silence; /* from the last byte to the server's close, when
                                 that is what times its cuts */
    uint64_t odd_resets;      /* that are no part of `reset`, the others being
                                 alike */
    uint64_t odd_gateway;     /* the same of `gateway` */
    uint64_t odd;             /* cuts that are no part of `cut`: sooner than an
                                 answer that was whole, where others are not */
    uint64_t unannounced; /* closes right after a whole answer, not announced */
    uint32_t keep_alive;  /* as the server's Keep-Alive said, in seconds */
    uint64_t hosts; /* the names it answered as, by a hash: none of them is
                       missing */
    char host[INCIDENT_SOFTWARE_SIZE];     /* the first of them */
    char software[INCIDENT_SOFTWARE_SIZE]; /* as its Server field said */
    char left[INCIDENT_SOFTWARE_SIZE];     /* as the User-Agent of a client that
                                              gave up said, the latest */
    struct server_log *log;     /* what the figures are of, as far as it is
                                   kept; NULL: a preview has none */
    struct endings *endings;    /* the server's own; NULL: none are kept */
    struct routes *routes;      /* the same */
    struct connection_use *use; /* NULL: a preview has none */
    struct timer *timer; /* TIMED_KINDS of them; NULL: a preview has none */
    bool unsettled;      /* endings have come since the figures were
                            summed up */
    struct server_facts *next; /* in order of appearance */
};

/*
 * How much longer than its own timeout an answer may take and yet be whole: the
 * server looks for late ones now and then only.
 */
nanos server_slack(const struct server_facts *server);

/*
 * Whole answers and cuts that no timeout explains, the odd ones set aside: the
 * first took longer than the second.
 */
bool server_refutes_timeout(const struct server_facts *server);

/* The longest whole answer that did not outlast the shortest cut; `at`: its
 * end. 0: none is known. */
nanos server_longest_below(const struct server_facts *server, struct mark *at);

/* Can the server have answered a request for this name? False: it has not. */
bool server_may_know_host(const struct server_facts *server, const char *host);

/* What an exchange that is over without having come to its end belongs to. */
struct infer_failed {
    const struct conn *conn;
    const struct outcome *outcome; /* NULL: the connection goes on */
    const struct exchange *x;
};

struct infer_options {
    nanos floor;    /* closes sooner than this are no timeouts */
    size_t servers; /* that something is known of, at most; 0: a default */
    /* Can the capture carry a judgement of it? From one that is in doubt no
     * limit is inferred. NULL: none is. */
    bool (*is_in_doubt)(void *context, const struct infer_failed *failed);
    void *context;
};

struct infer;

struct infer *infer_new(const struct infer_options *options);
void infer_free(struct infer *infer);

/* What is known of the server at that address; NULL: nothing. */
const struct server_facts *infer_at(const struct infer *infer,
                                    const struct endpoint *server);

/*
 * Takes in an exchange that is complete. Does it stand out: did it take longer
 * than every other of its server so far, and most of the floor or more; or did
 * it use its connection again after a longer idle time than every other? These
 * are the ones that come close to a limit, if there is one.
 */
bool infer_complete(struct infer *infer, const struct conn *conn,
                    const struct exchange *x);

/* Takes in that a connection has come to another stage (tcp/stage.h). */
void infer_stage(struct infer *infer, const struct conn *conn,
                 enum conn_stage was);

/* Takes in one that was reset, or a connection that is over. */
void infer_ended(struct infer *infer, const struct conn *conn,
                 const struct exchange *x);
void infer_outcome(struct infer *infer, const struct outcome *outcome);

/*
 * What will be known of its server once that is taken in: for a connection
 * that has ended, but may still get a packet. `server` is a copy.
 */
void infer_preview(struct infer *infer, const struct outcome *outcome,
                   struct server_facts *server);

/*
 * What is known of the connection's server. All is zero of one that never
 * answered, not even with a SYN-ACK (whose port is scanned is no server), and
 * of one that had to make room for others. Never NULL; good until more is
 * taken in.
 */
const struct server_facts *infer_server(const struct infer *infer,
                                        const struct conn *conn);

/*
 * The same, and it is kept until it is let go, as often as it is held. NULL
 * when nothing is known of it.
 */
struct server_facts *infer_hold(struct infer *infer, const struct conn *conn);
void infer_let_go(struct infer *infer, struct server_facts *server);

/* Connections that worked. */
struct openings *infer_openings(struct infer *infer);

/* All has been seen: which pools of proxies were at their limit? */
void infer_find_pools(struct infer *infer);

/* The same while more is to come: looks again when a second has passed. */
void infer_find_pools_by(struct infer *infer, nanos now);

/* That one of a proxy at its limit, by the address that it is asked at: of
 * several the one that most waited for. NULL: none is known. */
const struct pool *infer_pool_of(const struct infer *infer,
                                 const struct endpoint *proxy);

/* What came into proxies and went out of them. */
struct legs *infer_legs(struct infer *infer);

/* How many servers had to make room for others so far. */
uint64_t infer_forgotten(const struct infer *infer);

/*
 * Is the port one that HTTP is spoken on: by any server in this capture, or
 * by custom (80, 443, 3000, 5000, 8000 to 8999)?
 */
bool infer_port_is_http(const struct infer *infer, uint16_t port);

/* Every server, in order of appearance. */
const struct server_facts *infer_first(const struct infer *infer);

#endif
