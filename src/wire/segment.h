/*
 * A segment is one TCP segment, taken out of all its wrappings: addresses,
 * ports, the TCP header in host order, and the payload as recorded. Borrowed:
 * it lives as long as the frame it was found in.
 */
#ifndef WIRE_SEGMENT_H
#define WIRE_SEGMENT_H

#include "base/span.h"
#include "wire/mark.h"

/* RFC 9293, 3.1: the control bits, in their place in the header. */
enum {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20
};

enum {
    SEGMENT_SACK_KEPT = 4
};

struct packet_process;

/* An IP address; IPv4 takes the first four bytes and the rest is zero. */
struct address {
    uint8_t version; /* 4 or 6 */
    uint8_t byte[16];
};

struct endpoint {
    struct address address;
    uint16_t port;
};

/* What the checksum says, of segments that only control. */
enum {
    SUM_UNKNOWN, /* not looked at, or not all there */
    SUM_GOOD,
    SUM_BAD
};

struct segment {
    struct mark at;
    struct span payload; /* what was recorded of it */
    uint32_t missing;    /* payload bytes sent but not recorded (snap length) */
    uint32_t seq;
    uint32_t ack;    /* 0 without TCP_ACK */
    uint16_t window; /* as in the header, not scaled */
    uint8_t flags;
    uint8_t ttl;    /* IPv4 TTL or IPv6 hop limit, of the innermost IP header */
    uint16_t ip_id; /* IPv4 identification; 0 with IPv6 */
    uint8_t sum;    /* SUM_*; of a SYN, FIN or RST without payload */

    bool quoted; /* in an ICMP error: it is not here, only its connection's
                    addresses, ports, flags and number are */
    bool has_mss;
    bool has_scale;
    bool has_timestamp; /* RFC 7323 */
    uint8_t scale;      /* RFC 7323, 2.3: held to 14 */
    uint8_t sacks;
    uint16_t mss;
    uint32_t timestamp;
    uint32_t timestamp_echo;
    const struct packet_process *process; /* frame.process */

    struct endpoint source;
    struct endpoint destination;
    struct {
        uint32_t start;
        uint32_t end;
    } sack[SEGMENT_SACK_KEPT]; /* RFC 2018, 3 */
};

#endif
