/*
 * A trace is what one capture has of TCP, cut down to what tells one segment
 * from another: 64 bytes each, in the order of the capture, linked by
 * connection. Payload is kept as digests, whose seed differs from run to run.
 *
 * It is bounded: what comes when the store is full is only counted, and the
 * trace ends there.
 */
#ifndef COMPARE_TRACE_H
#define COMPARE_TRACE_H

#include "wire/segment.h"

enum {
    TRACE_SEGMENTS_MOST = 2 << 20,
    TRACE_CONNECTIONS_KEPT = 256 << 10,
    TRACE_HEAD = 32 /* bytes of a payload that its head is of */
};

#define TRACE_NONE      UINT32_MAX /* no segment, no connection */
#define TRACE_NO_STREAM UINT64_MAX

/* What became of a segment between the two captures. */
enum fate {
    FATE_ALONE,      /* its connection is in one capture only */
    FATE_PAIRED,     /* it is in both */
    FATE_RECUT,      /* its bytes are in both, in segments of other sizes */
    FATE_LOST,       /* it left, and did not come, or not all of it */
    FATE_INJECTED,   /* it came, and neither end sent it */
    FATE_DUPLICATE,  /* it came once more than it was sent */
    FATE_UNRECORDED, /* one of the captures lacks it, and the path does not */
    FATE_OUTSIDE,    /* the other capture may not have run by then */
    FATE_COUNT
};

/* Which end of a segment opened its connection. */
enum opener {
    OPENER_SOURCE,
    OPENER_DESTINATION,
    OPENER_UNKNOWN
};

struct trace_segment {
    nanos time;
    uint64_t frame;
    uint32_t head;  /* digest of the first bytes of the payload */
    uint32_t whole; /* of all of it */
    uint32_t seq;
    uint32_t ack;
    uint32_t length; /* payload bytes, as sent */
    uint32_t timestamp;
    uint32_t echo;
    uint32_t peer; /* in the other trace, the same segment; TRACE_NONE */
    uint32_t next; /* of its connection; TRACE_NONE */
    uint16_t window;
    uint16_t ip_id;
    uint16_t mss;
    uint8_t flags;
    uint8_t ttl;
    uint8_t scale;
    uint8_t fate;       /* FATE_* */
    uint8_t unsure : 1; /* a copy of it may be meant */
    uint8_t maybe : 1;  /* the fate is possible, others are */
    uint8_t from : 1;   /* index of the endpoint that sent it */
    uint8_t has_timestamp : 1;
    uint8_t has_mss : 1;
    uint8_t has_scale : 1;
    uint8_t has_head : 1; /* as much was recorded as `head` is of */
    uint8_t has_whole : 1;
};

struct trace_connection {
    struct endpoint endpoint[2];
    uint64_t stream; /* tcp.stream; TRACE_NO_STREAM: it has none */
    uint32_t first;  /* segments */
    uint32_t last;
    uint32_t segments;
    uint32_t before; /* the connection that had these ports; TRACE_NONE */
    uint8_t client;  /* index of the endpoint that opened it, as far as known */
    bool is_paired;  /* it is in the other trace, too */
    bool is_ambiguous; /* it may be more than one of them */
};

struct trace {
    struct trace_segment *segment; /* owned */
    uint32_t segments;
    uint32_t segment_room;
    struct trace_connection *connection; /* owned */
    uint32_t connections;
    uint32_t connection_room;
    uint32_t *slot; /* owned: newest connection of the ports; or TRACE_NONE */
    uint32_t slots; /* a power of two */
    uint32_t used;
    uint64_t seed;
    uint64_t left_out; /* segments, when it was full */
    nanos full_since;  /* time of the first of them; NANOS_NEVER */
};

/* `seed` of hash_seed: the same for two that are compared. */
void trace_init(struct trace *trace, uint64_t seed);
void trace_release(struct trace *trace);

/*
 * Keeps a segment. `stream` is its tcp.stream, or TRACE_NO_STREAM where that
 * is over.
 */
void trace_take(struct trace *trace, uint64_t stream, enum opener opener,
                const struct segment *segment);

/* The segment of that frame; NULL: it is none that was kept. */
const struct trace_segment *trace_find(const struct trace *trace,
                                       uint64_t frame);

/* Sequence numbers that a segment takes (RFC 9293, 3.4). */
static inline uint32_t trace_span(const struct trace_segment *s)
{
    return s->length + !!(s->flags & TCP_SYN) + !!(s->flags & TCP_FIN);
}

/* It acknowledges, and does nothing else. */
static inline bool trace_is_bare(const struct trace_segment *s)
{
    return s->length == 0 && !(s->flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

#endif
