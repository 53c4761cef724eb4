/*
 * How the connections to one server are used: how many requests each carries,
 * and who asked for its end; how many there are at once, and what that was when
 * SYNs went unanswered or were refused; which of them have the ports of one
 * that had ended just before.
 *
 * Counts only, of a fixed size: they add up over captures.
 */
#ifndef INFER_CONNECTION_USE_H
#define INFER_CONNECTION_USE_H

#include "infer/pools.h"

/* Why a connection carried one request, and no other. */
enum single_use {
    SINGLE_CLIENT_SAID, /* Connection: close, or HTTP/1.0 … */
    SINGLE_CLIENT_HTTP10,
    SINGLE_SERVER_SAID,
    SINGLE_SERVER_HTTP10,
    SINGLE_SERVER_ENDLESS, /* its answer had no length */
    SINGLE_CLIENT_CLOSED,  /* nobody said so; the client closed first */
    SINGLE_SERVER_CLOSED,  /* or the server did */
    SINGLE_KINDS
};

/* A SYN that came to nothing, by how many connections there were then. */
enum strained {
    STRAINED_AGAIN,   /* it was sent again */
    STRAINED_REFUSED, /* it met an RST */
    STRAINED_KINDS
};

struct strain {
    uint64_t count;
    uint64_t least_open;
    uint64_t most_open;
    uint64_t most_opening; /* that waited for an answer too */
};

/* What answered a SYN from ports that had a connection just before. */
enum reuse_answer {
    REUSE_ACCEPTED,
    REUSE_CHALLENGED, /* an ACK of the old one, then the client's RST */
    REUSE_REFUSED,    /* an RST */
    REUSE_SILENCE,
    REUSE_ANSWERS
};

enum {
    USE_CLIENTS_KEPT = 4, /* that open connections for one request each */
    USE_PORTS_KEPT = 64   /* of clients, that were used again */
};

struct use_client {
    struct endpoint client; /* without its port */
    uint64_t connections;   /* or some more */
    uint64_t missed;        /* how many of these may be others' */
};

/* Within TIME-WAIT of the connection before. */
struct port_reuse {
    uint64_t count;
    uint64_t answer[REUSE_ANSWERS];
    uint64_t server_closed; /* TIME-WAIT was the server's */
    nanos shortest;
    uint16_t *port; /* owned, in order; NULL: none */
    size_t ports;   /* distinct; of more the number is not known */
    uint16_t lowest;
    uint16_t highest;
    bool more;
};

struct connection_use {
    uint64_t ended;    /* that carried a whole exchange */
    uint64_t requests; /* whole exchanges on those */
    uint64_t single[SINGLE_KINDS];
    struct use_client by[USE_CLIENTS_KEPT];
    uint64_t limit;    /* requests, after which the server said close */
    uint64_t limited;  /* how often; from two requests on */
    bool limit_varies; /* not always after as many */
    uint64_t open;     /* now, as far as was seen */
    uint64_t opening;
    uint64_t most_open;
    struct strain strain[STRAINED_KINDS];
    struct port_reuse reuse;
    struct pool pool; /* the one of which most waited; waited 0: none */
};

/* RFC 9293, 3.4.2: 2 MSL, four minutes; Linux: TCP_TIMEWAIT_LEN. */
#define USE_TIME_WAIT (60 * NANOS_PER_SECOND)

void connection_use_release(struct connection_use *use);

/* The connection has come to another stage; see stage.h. */
void connection_use_move(struct connection_use *use, const struct conn *conn,
                         enum conn_stage was);

/* It is over. */
void connection_use_add(struct connection_use *use,
                        const struct outcome *outcome);

/* Connections that carried one request each. */
uint64_t connection_use_single(const struct connection_use *use);

/*
 * The client that opened most of those, and how many it opened at least; NULL:
 * there are none.
 */
const struct use_client *connection_use_by(const struct connection_use *use,
                                           uint64_t *connections);

/* A new connection for nearly each request, by one client, again and again:
 * those of a burst, all open at once, are another thing. */
bool connection_use_churns(const struct connection_use *use);

/* The connection's ports were another's within TIME-WAIT before: how long they
 * had rested. -1: they were not. */
nanos connection_use_rested(const struct conn *conn);

/* Few ports were used again, each twice or more on average. */
bool connection_use_has_few_ports(const struct connection_use *use);

/* After so many requests the server says close, always; 0: not so. */
uint64_t connection_use_limit(const struct connection_use *use);

/* "the request says Connection: close" */
const char *single_use_words(enum single_use kind);

/* "client_said_close": its name in JSON. */
const char *single_use_name(enum single_use kind);

/* "syn_ack": its name in JSON. */
const char *reuse_answer_name(enum reuse_answer answer);

#endif
