/*
 * The legs of proxies: what comes into a host and what goes out of it, paired
 * where a capture holds both. A proxy sends a request on, so the exchange
 * behind it lies inside the one in front, is asked by the host that the one in
 * front is asked of, and asks for the same.
 *
 *     client --front--> host = host --upstream--> server
 *
 * A pair is sure when no other exchange fits either of the two. What fits
 * several is told as such and never guessed.
 */
#ifndef INFER_LEGS_H
#define INFER_LEGS_H

#include "infer/legs_open.h"
#include "model/incident.h"
#include "wire/endpoint.h"

enum {
    LEGS_KEPT = 4096,         /* exchanges, and connections that came to none */
    LEGS_FIT_MOST = 8,        /* that fit one: of more nothing is said */
    LEGS_ROUTES_KEPT = 64,    /* that were looked at */
    LEGS_ROUTES_MOST = 256,   /* until something is added */
    LEGS_JOINS_KEPT = 16,     /* pairs of addresses that are one host */
    LEGS_SAMPLE = 256,        /* exchanges that are looked at for those, */
    LEGS_SAMPLE_EVERY = 4096, /* of as many, until one is found */
    LEG_TAILS = 4             /* parts that a proxy may cut off a path */
};

/* How much of what one server is asked comes from what another is asked. */
struct leg_route {
    struct endpoint front;
    struct endpoint upstream;
    uint64_t added; /* by what had ended until then */
    unsigned percent;
    bool is_row; /* all of it, and each is answered when that is */
};

/* Two addresses of one host: it is asked at one and asks from the other. */
struct leg_join {
    struct address asked;
    struct address asks;
};

/* How one ended. */
enum leg_end {
    LEG_OPEN,       /* not, as far as was seen */
    LEG_REFUSED,    /* a connection: its SYN met an RST */
    LEG_UNANSWERED, /* a connection: its SYN met nothing */
    LEG_ANSWERED,   /* the whole answer came */
    LEG_CLOSED,     /* by its server with a FIN, before that */
    LEG_RESET,      /* by its server with an RST or RST_STREAM */
    LEG_LEFT        /* by its client */
};

/* One exchange, or a connection that came to none. Nothing is borrowed. */
struct leg {
    uint64_t connection; /* tcp.stream */
    uint64_t exchange;   /* its number there; 0: the connection itself */
    uint64_t stream;     /* n-th request of HTTP/1, or HTTP/2's stream */
    struct endpoint client;
    struct endpoint server;
    struct mark start; /* its first packet */
    struct mark asked; /* the request's last byte so far */
    struct mark first; /* the answer's first byte */
    struct mark end;
    uint64_t method; /* these are hashes */
    uint64_t target;
    uint64_t tail[LEG_TAILS]; /* of the target without the first part of its
                                 path, without two of them …; 0: it has fewer */
    struct passed_on passed_on;
    struct endpoint origin; /* of its connection's client, by the PROXY
                               protocol; version 0: it tells of none */
    uint64_t content;       /* bytes of the request's body */
    uint64_t answer_head;   /* bytes of the answer that are none of its body */
    uint16_t status;
    bool request_whole;
    bool is_fastcgi;
    enum leg_end how;
    uint32_t slot; /* of legs_open */
    uint64_t told; /* frame, of legs_add: it had ended by then, as had all that
                      were added before */
};

enum leg_sureness {
    LEG_NONE,   /* none fits */
    LEG_UNSURE, /* some do: `leg` is the latest of them */
    LEG_SURE    /* one does, or several of which one followed another */
};

struct leg_pair {
    enum leg_sureness sure;
    struct leg leg;    /* of several that followed one another the last */
    struct mark since; /* when the first of them began */
    unsigned tries;    /* how many they were */
    bool retried;      /* of a front: another try followed this one */
    bool is_named;     /* it says itself whose it is */
    bool is_earlier;   /* a refusal from before: the host knew by then */
};

enum {
    LEGS_HOST_BITS = 4096
};

/* Hosts by a hash of their address: none is missing, some may be too many. */
struct leg_hosts {
    uint64_t bit[LEGS_HOST_BITS / 64];
};

struct legs {
    struct legs_open open;
    struct leg_hosts asks; /* hosts that were a client */
    struct leg_hosts asked;
    struct leg *leg; /* owned; a ring, in the order in which they ended */
    size_t count;
    size_t room;
    size_t first;
    uint64_t added;
    struct leg_join join[LEGS_JOINS_KEPT];
    size_t joins;
    bool may_join;    /* several hosts are asked, and several ask */
    uint64_t join_at; /* they are looked for when as many have been added */
    uint64_t sampled; /* exchanges, since there may be joins */
    bool some_named;  /* one names its client, or itself */
    struct leg_route route[LEGS_ROUTES_KEPT]; /* a ring */
    size_t routes;
    uint64_t routes_added; /* of which time the next is */
    unsigned routes_found;
    uint64_t dropped_until; /* frame: nothing that is gone ended later */
};

/*
 * A connection has its first request: from now on its client is known to ask,
 * and its server to be asked.
 */
void legs_meet(struct legs *legs, const struct conn *conn);

/* Can the exchange be a leg, by the hosts met so far? Of a capture with one
 * server, or one client, most cannot: its server asks nobody, nobody asks its
 * client, and it did not fail. */
bool legs_concern(struct legs *legs, const struct conn *conn,
                  const struct exchange *x);

/* Was its client asked for something, as a proxy is, by the hosts met? */
bool legs_may_be_behind(const struct legs *legs, const struct conn *conn);

/* `outcome`: NULL, its connection goes on. */
struct leg leg_of_exchange(const struct outcome *outcome,
                           const struct conn *conn, const struct exchange *x);

/* Its server broke it off when what ended at `end` was over: no cause of that.
 */
bool leg_broke_after(const struct leg *leg, struct mark end);

/* False when the connection came to more than a SYN. */
bool leg_of_connection(const struct conn *conn, struct leg *leg);

/* From 0, the first to have ended of those that are kept. */
const struct leg *legs_at(const struct legs *legs, size_t i);

/* The first that may not have ended before that frame. */
size_t legs_from(const struct legs *legs, uint64_t frame);

void legs_add(struct legs *legs, const struct leg *leg);
void legs_release(struct legs *legs);

/* What the server of `front` asked of others for it. */
struct leg_pair legs_upstream(struct legs *legs, const struct leg *front);

/* What the client of `upstream` was asked for it. */
struct leg_pair legs_front(struct legs *legs, const struct leg *upstream);

#endif
