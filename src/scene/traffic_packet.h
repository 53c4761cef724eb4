/*
 * Packets of many TCP connections as a classic pcap, as fast as they can be
 * written: each is one Ethernet frame with IPv4, TCP and timestamps, its
 * checksums zero, as offloading leaves them.
 */
#ifndef SCENE_TRAFFIC_PACKET_H
#define SCENE_TRAFFIC_PACKET_H

#include "base/nanos.h"
#include "base/span.h"

#include <stdio.h>

enum {
    TRAFFIC_SEGMENT_SIZE = 1448,
    TRAFFIC_FILLER_SIZE = 1 << 16
};

#define TRAFFIC_MICRO INT64_C(1000)
#define TRAFFIC_START (INT64_C(1700000000) * NANOS_PER_SECOND)

enum traffic_flag {
    TRAFFIC_FIN = 1,
    TRAFFIC_SYN = 2,
    TRAFFIC_PSH = 8,
    TRAFFIC_ACK = 16
};

struct traffic_host {
    uint32_t address;
    uint16_t ip_id;
    uint16_t next_port;
};

/* One end of a connection. */
struct traffic_end {
    struct traffic_host *host;
    uint16_t port;
    uint32_t seq;        /* of its next byte */
    uint32_t clock;      /* its latest TCP timestamp */
    uint32_t clock_base; /* what its clock showed at TRAFFIC_START */
};

/* A payload is some text, then filler. */
struct traffic_payload {
    struct span text;
    uint32_t filler_size;
};

/* The file being written, and where chance comes from. */
struct traffic_out {
    FILE *file;
    uint64_t written;
    uint64_t random;
    char filler[TRAFFIC_FILLER_SIZE];
};

/* The file's header, and what the filler is. */
void traffic_begin(struct traffic_out *out, FILE *file);

/* A number: any, one from `least` to `most`, or one that is as often from 1
 * to 10 as from 10 to 100. */
uint32_t traffic_draw(struct traffic_out *out);
uint32_t traffic_draw_even(struct traffic_out *out, uint32_t least,
                           uint32_t most);
uint32_t traffic_draw_spread(struct traffic_out *out, uint32_t least,
                             uint32_t most);

/* One packet at that time from one end to the other. */
struct traffic_packet {
    nanos at;
    struct traffic_end *from;
    const struct traffic_end *into;
    unsigned flags;
    struct traffic_payload payload;
};

void traffic_send(struct traffic_out *out, const struct traffic_packet *packet);

#endif
