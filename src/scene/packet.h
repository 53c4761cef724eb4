/*
 * A packet is one TCP segment in IPv4 or IPv6 with every field decided.
 * Writing it computes the checksums and nothing else.
 */
#ifndef SCENE_PACKET_H
#define SCENE_PACKET_H

#include "base/text.h"

/* RFC 9293, 3.1, as in the header. */
enum {
    FLAG_FIN = 0x01,
    FLAG_SYN = 0x02,
    FLAG_RST = 0x04,
    FLAG_PSH = 0x08,
    FLAG_ACK = 0x10,
    FLAG_URG = 0x20
};

enum {
    PACKET_SACKS_MAX = 3,
    PACKET_OPTIONS_MAX = 40,
    PACKET_PAYLOAD_MAX = 65000
};

struct packet_address {
    bool is_ipv6;
    uint8_t byte[16];
};

struct packet_options {
    bool has_mss, has_scale, sack_permitted, has_timestamp;
    bool like_macos; /* the order and padding */
    uint8_t scale;
    uint16_t mss;
    uint32_t timestamp, echo;
    size_t sacks;
    struct {
        uint32_t start, end;
    } sack[PACKET_SACKS_MAX];
};

struct packet {
    struct packet_address from, to;
    uint16_t from_port, to_port;
    uint32_t seq, ack;
    uint16_t window;
    uint16_t ip_id;
    uint8_t flags;
    uint8_t ttl;
    struct packet_options options;
    struct span payload;
};

/* Bytes that the options take in the header. */
size_t packet_options_size(const struct packet_options *options);

/* Adds the packet from its IP header on. */
void packet_write(const struct packet *packet, struct text *out);

/*
 * Adds the IPv4 header of a tunnel that carries `size` bytes of `protocol`;
 * its ends are 192.0.2.1 and 192.0.2.2.
 */
void packet_write_outer(uint8_t protocol, size_t size, struct text *out);

#endif
