/*
 * A conn is one incarnation of a TCP connection, as the capture shows it: two
 * flows, each the bytes that one endpoint sends, and what was noted on the
 * way. Only facts; nothing here judges.
 *
 * A conn lives from its first segment until tcp has handed it to the sink's
 * `over` and then forgotten it. What must outlive that is copied by the model.
 *
 *   none --SYN--> OPENING --SYN+ACK--> OPEN --FIN--> HALF_CLOSED --FIN--+
 *    |                                  ^                               v
 *    +--any other segment--> JOINED ----+    any --RST--> RESET      CLOSED
 *
 * Only the events are kept, never a state: a capture that starts midway
 * skips states at will.
 *
 * Offsets. A sequence number is 32 bits and wraps; here it becomes a 64-bit
 * offset at the door. The SYN, or the number before the first byte seen, is
 * offset CONN_ORIGIN, so that offset - CONN_ORIGIN is the relative sequence
 * number that Wireshark shows.
 */
#ifndef TCP_CONN_H
#define TCP_CONN_H

#include "wire/segment.h"

#define CONN_ORIGIN    (UINT64_C(1) << 32)
#define CONN_NO_OFFSET UINT64_MAX

/* RFC 9293, 3.10.7: what an RST says of the socket that sent it. */
struct reset {
    struct mark at;
    uint64_t offset; /* of its sequence number, in its sender's flow */
    uint32_t acks;   /* as in its header; counts with has_ack only */
    uint64_t acked;  /* of the other flow, when it came */
    bool outlived;   /* its alleged sender has sent new things since */
    uint8_t from;    /* index of the flow whose endpoint sent it */
    uint8_t ttl;
    uint8_t usual_ttl; /* of that endpoint's other packets; 0: none seen */
    bool has_ack;      /* RST,ACK: a live socket was aborted */
    bool in_window;    /* false: its receiver would ignore it */
};

/* Nothing speaks against its alleged sender's having sent it. */
static inline bool reset_is_in_character(const struct reset *reset)
{
    return reset->usual_ttl == 0 || reset->ttl == reset->usual_ttl;
}

enum {
    CONN_RESETS_KEPT = 4 /* the first of each side are among them */
};

enum episode_kind {
    EPISODE_KEEPALIVE,      /* RFC 9293, 3.8.4: probes of an idle connection */
    EPISODE_ZERO_WINDOW,    /* side advertised window 0; count: peer's probes */
    EPISODE_RETRANSMISSION, /* side sent bytes again; ended: acknowledged */
    EPISODE_HOLE,           /* side's bytes that the capture does not have */
    EPISODE_KIND_COUNT
};

/*
 * An episode is on one side of a connection. `first` is when it began
 * (for retransmissions: when the bytes were first sent), `last` its latest
 * packet, `ended` when it was over; ended.frame is 0 while it lasts.
 */
struct episode {
    uint8_t kind;
    uint8_t side;      /* index of the flow: who probes, whose window, … */
    bool after_ack;    /* `first` is the peer's ACK of the bytes before */
    bool needless;     /* sent again though acknowledged: first is the first
                          repetition, and any packet of the peer's ends it */
    bool fills;        /* what comes was missing, before bytes that came */
    uint16_t answered; /* of the probes */
    uint32_t count;    /* probes, retransmissions, holes */
    struct mark first;
    struct mark second; /* first probe or retransmission itself */
    struct mark last;
    struct mark ended;
    uint64_t offset;       /* of the first byte concerned */
    uint64_t size;         /* bytes concerned */
    struct mark elsewhere; /* of a side that is silent: see elsewhere.h */
    uint64_t elsewhere_id; /* tcp.stream of that packet */
};

/*
 * Episodes that are over are kept while there is room; those that last, and
 * the holes, always are. When the room is used up, a kind of which a side has
 * most loses its shortest but for its newest: what explains a stall is long, or
 * was over only now.
 */
enum {
    CONN_EPISODES_KEPT = 48,
    CONN_EPISODES_ROOM = CONN_EPISODES_KEPT + 2 * EPISODE_KIND_COUNT
};

/* Of one kind and side, the episodes that were not kept. */
struct episodes_lost {
    nanos longest; /* no episode among them lasted longer */
    nanos until;   /* and none ended later */
};

/* A table by kind and side: holes are never crowded out. */
struct episodes_losses {
    struct episodes_lost of[EPISODE_HOLE][2];
};

struct out_of_order; /* segments waiting for their turn */

struct flow {
    uint64_t next;     /* offset of the next byte to hand on */
    uint64_t top;      /* end of what was seen sent, FIN not counted */
    uint64_t acked;    /* what the other endpoint acknowledged */
    uint64_t fin_at;   /* offset of the FIN; CONN_NO_OFFSET: none seen */
    uint64_t fin_acks; /* what the FIN's own ACK covers, in the other flow */
    uint64_t bytes;    /* payload bytes handed on */
    uint64_t lost;     /* bytes that were sent but are not in the capture */
    uint64_t cut;      /* those of them that the snap length cut off */
    uint64_t segments;
    struct out_of_order **held; /* in order of offset; tcp/out_of_order.h */
    uint32_t held_left;         /* places of it that are free again in front */
    uint32_t held_count;
    uint32_t held_room;
    uint32_t held_bytes;
    struct mark syn; /* the first SYN, with or without ACK */
    struct mark last_syn;
    struct mark first_data;
    struct mark last_data;     /* the last segment with new bytes */
    struct mark last_any;      /* the last segment of any kind but RST */
    struct mark unacked_since; /* when the oldest unacknowledged byte was sent;
                                  frame 0: nothing is outstanding */
    struct mark acked_all;     /* when the last byte so far was acknowledged */
    struct mark fin;
    struct mark fin_acked;
    struct mark shut;   /* TLS: close_notify or a fatal alert, before a FIN */
    uint64_t shut_acks; /* what that acknowledges of the other flow */
    uint64_t aside;     /* bytes that were TLS's own, and nobody's data */
    struct mark handed; /* of the latest bytes handed on */
    struct mark hole_since; /* acknowledged but not seen */
    uint64_t hole_end;      /* of the last hole that was given up */
    uint32_t stands_at;     /* the sequence number of a segment without bytes */
    uint32_t isn;           /* the sequence number at CONN_ORIGIN */
    nanos resent_at;        /* see `resent`: the latest of them */
    uint64_t recent;        /* offset of the last data of some length, */
    uint64_t recent_bytes;  /* and a digest of its first bytes; 0: none */
    uint8_t shut_alert;     /* AlertDescription of shut (RFC 8446, 6) */
    uint16_t syns;
    uint16_t fins;
    uint16_t mss;     /* as offered; 0: unknown */
    uint16_t window;  /* last advertised, unscaled */
    uint16_t widest;  /* of those */
    uint16_t largest; /* largest payload of one segment, held to 65535 */
    uint8_t scale;
    uint8_t resent; /* segments that had been acknowledged, sent again since
                       its last new bytes, held to 255 */
    uint8_t resent_before; /* the same, before those */
    uint8_t ttl;       /* the usual one of its segments but RSTs; 0: none yet */
    uint8_t ttl_alike; /* segments that had it, held to 255 */
    bool seen;
    bool acks;      /* it sent segments with nothing but an ACK */
    bool filled;    /* it did not, and was sent all that it had room for */
    bool sum_good;  /* a SYN had the right checksum: those that have not were
                       not received */
    bool isn_known; /* from its own segment or from the peer's ACK */
    bool has_window;
    bool has_scale;
    bool has_timestamp;
    bool end_told;         /* the sink knows that nothing more comes */
    bool probing;          /* its last segment was a keep-alive probe */
    bool unacked_by_ack;   /* unacked_since is an ACK of the bytes before */
    bool stands_ahead;     /* stands_at was behind `top`: what lies between had
                              been sent (SND.NXT) */
    uint8_t hole_patience; /* segments since hole_since */
};

/* How far it has come. */
enum conn_stage {
    CONN_UNBORN,
    CONN_OPENING, /* a SYN, to which nothing was said */
    CONN_OPEN,    /* its server has said something, or it was joined midway */
    CONN_GONE     /* both FINs, or an RST; or nobody follows it any more */
};

/* Whose ports they were just before, by who had closed that connection. */
enum ports_before {
    PORTS_FRESH, /* nobody's */
    PORTS_OF_CLIENT_CLOSED,
    PORTS_OF_SERVER_CLOSED, /* TIME-WAIT, if any, is its server's */
    PORTS_OF_OTHER /* a connection that was reset, or had not ended at all */
};

struct ports {
    uint32_t rested; /* ms since that connection's end, or last packet */
    uint8_t before;  /* enum ports_before */
};

enum conn_ending {
    CONN_STILL_OPEN, /* at the end of the capture */
    CONN_ENDED,      /* both FINs, or an RST */
    CONN_REPLACED,   /* the ports were used again */
    CONN_EVICTED     /* its place was needed */
};

/* The latest segment that was ignored (tcp/accept.h). */
struct ignored {
    uint32_t seq;
    uint32_t end; /* behind its payload */
    uint32_t ack;
    uint8_t side;
    uint8_t flags;
    bool is_set; /* nothing of its side has refuted it since */
};

/*
 * What the other packets of a flow contradict (tcp/accept.h): the first that
 * another than its endpoint may have sent.
 */
struct contradicted {
    struct mark first;
    uint8_t ttl;       /* of the latest, when that is what is unlike */
    uint8_t strange;   /* how many had another TTL */
    struct mark fin;   /* a FIN among them that waits for its ACK */
    uint64_t fin_at;   /* and where it is */
    uint64_t fin_acks; /* and what it acknowledges */
    bool is_latest;    /* the flow's latest segment is one of them */
};

/* A SYN on the ports of a connection that is open: it waits to be answered. */
struct claim;

/* An ACK that answers no SYN, until its RST says that it met one. */
struct stray_ack {
    uint32_t ack;
    bool is_set;
};

/* What few connections have: segments that do not belong to them. */
struct oddities {
    struct claim *claim; /* owned; NULL: none */
    struct ignored last;
    struct stray_ack stray;
    uint32_t ignored; /* segments that their receiver ignores */
    struct contradicted contradicted[2];
};

/* What every segment asks for stands at the front. */
struct conn {
    struct conn *hash_next;
    struct endpoint endpoint[2]; /* [i] sends flow[i] */
    void *tls;                   /* what the tls stage keeps of it */
    void *http;                  /* what the http stage keeps of it */
    void *model;                 /* what the model keeps of it */
    struct mark over;            /* both directions closed, or reset */
    struct mark last;
    struct conn *newer; /* the list of open, or of ended connections */
    struct conn *older;
    struct episode *episode;
    struct episodes_losses *lost;   /* owned; NULL: every one was kept */
    struct oddities *odd;           /* owned; NULL: there are none */
    struct processes_seen *process; /* owned; NULL: nobody says whose it is */
    uint32_t stray_resets;          /* no socket of its sender's sent them */
    uint16_t episodes;
    uint16_t episodes_open; /* of them, not ended */
    uint8_t resets;         /* kept */
    uint8_t client;         /* index of the client's flow */
    uint8_t place;          /* in which of the table's lists */
    bool told_over;
    bool quoted; /* nothing of it was seen but what an ICMP error quoted */
    bool data_after_reset; /* by a side that was not told, or did not care */
    bool refused;          /* the first answer to the SYN was an RST */
    uint8_t spoke;         /* 1 + index of the flow that sent data last */
    uint8_t turns;         /* how often that changed, held to 255 */
    uint8_t stage : 2;
    uint8_t stage_server : 1; /* index of the server's flow when it was born */
    uint8_t challenged : 1;   /* the first answer to its SYN was an ACK of
                                 something else, which the client answered by an
                                 RST (RFC 9293, 3.10.7.3; RFC 5961, 4.2) */
    struct ports ports;
    nanos look_at; /* when the sink wants to look at it next */
    struct flow flow[2];
    uint64_t id; /* tcp.stream */
    struct mark first;
    struct reset reset[CONN_RESETS_KEPT];
};

/* The copy gets episodes and oddities of its own, for conn_free_episodes; a
 * claim is not copied. */
void conn_copy_episodes(struct conn *copy, const struct conn *conn);
void conn_free_episodes(struct conn *conn);

#define CONN_NEVER_DUE INT64_MAX

/* Is it time to look? Also when the clock was set back since it was said. */
static inline bool conn_is_due(nanos look_at, nanos now)
{
    return look_at <= now ||
           (look_at != CONN_NEVER_DUE &&
            nanos_between(now, look_at) > 600 * NANOS_PER_SECOND);
}

/* The offset that a sequence number stands for: the nearest to the flow's top.
 */
static inline uint64_t flow_offset(const struct flow *flow, uint32_t seq)
{
    uint32_t top_seq = flow->isn + (uint32_t)(flow->top - CONN_ORIGIN);
    int64_t offset = (int64_t)flow->top + (int32_t)(seq - top_seq);

    return offset < 0 ? 0 : (uint64_t)offset;
}

/* The index of the server's flow. */
static inline unsigned conn_server(const struct conn *conn)
{
    return 1u - conn->client;
}

/*
 * The client is who asks, whatever the ports or the SYN say: the one thing
 * that a later stage (http) knows better, and this its only door.
 */
static inline void conn_set_client(struct conn *conn, unsigned side)
{
    conn->client = (uint8_t)side;
}

/* So many bytes of the flow were no data of who comes next. */
static inline void conn_add_aside(struct conn *conn, unsigned side,
                                  uint64_t bytes)
{
    conn->flow[side].aside += bytes;
}

/* Its side will send no more, by the protocol above TCP: that stage's door. */
static inline void conn_set_shut(struct conn *conn, unsigned side,
                                 struct mark at, uint64_t acks, uint8_t alert)
{
    struct flow *flow = &conn->flow[side];

    if (mark_is_set(flow->shut))
        return;
    flow->shut = at;
    flow->shut_acks = acks;
    flow->shut_alert = alert;
}

/* The SYN was seen: what comes first is the first. */
static inline bool conn_start_seen(const struct conn *conn)
{
    return mark_is_set(conn->flow[conn->client].syn) ||
           mark_is_set(conn->flow[conn_server(conn)].syn);
}

/* A side sent nothing that the capture has. */
static inline bool conn_is_one_way(const struct conn *conn)
{
    return !conn->flow[0].seen || !conn->flow[1].seen;
}

#endif
