/*
 * Tunnels over IP: GRE (RFC 2784, 2890, 2637), ERSPAN, EtherIP, and those in
 * UDP, which only the port can tell.
 */
#include "wire/decode.h"

/*
 * Flags 2 (with the version in the low bits), protocol 2, then as the flags
 * say: checksum 4, key 4, sequence 4, acknowledgement 4 (version 1, PPTP).
 */
bool decode_gre(struct decoding *decoding)
{
    enum {
        CHECKSUM = 0x8000,
        ROUTING = 0x4000,
        KEY = 0x2000,
        SEQUENCE = 0x1000,
        ACKNOWLEDGEMENT = 0x0080,
        VERSION = 0x0007,
        ERSPAN = 0x88be
    };
    uint16_t flags = read_be16(&decoding->bytes);
    uint16_t protocol = read_be16(&decoding->bytes);

    if (flags & ROUTING)
        return decode_ignore(decoding, WIRE_OTHER_IP);
    if (flags & CHECKSUM)
        read_skip(&decoding->bytes, 4);
    if (flags & KEY)
        decode_note_place(decoding, read_be32(&decoding->bytes));
    if (flags & SEQUENCE)
        read_skip(&decoding->bytes, 4);
    if ((flags & VERSION) == 1 && (flags & ACKNOWLEDGEMENT))
        read_skip(&decoding->bytes, 4);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    /* ERSPAN type I has neither a sequence number nor a header of its own. */
    if (protocol == ERSPAN && !(flags & SEQUENCE))
        return decode_ethernet(decoding);
    return decode_ethertype(decoding, protocol);
}

/* Version 4, VLAN 12, class 3, kind 2, cut 1, session 10, index 32. */
bool decode_erspan_2(struct decoding *decoding)
{
    read_skip(&decoding->bytes, 8);
    return decode_ethernet(decoding);
}

/* The same, then time 4, group and flags 4; the last flag adds 8 bytes. */
bool decode_erspan_3(struct decoding *decoding)
{
    uint16_t flags;

    read_skip(&decoding->bytes, 10);
    flags = read_be16(&decoding->bytes);
    if (flags & 1)
        read_skip(&decoding->bytes, 8);
    return decode_ethernet(decoding);
}

bool decode_etherip(struct decoding *decoding)
{
    read_skip(&decoding->bytes, 2);
    return decode_ethernet(decoding);
}

/* A port is only a hint: what does not look like the tunnel is plain UDP. */
static bool decode_plain_udp(struct decoding *decoding)
{
    return decode_ignore(decoding, WIRE_UDP);
}

/* RFC 7348, 5: flags 1, reserved 3, network 3, reserved 1. */
static bool decode_vxlan(struct decoding *decoding)
{
    const uint8_t has_network = 0x08;
    uint8_t flags = read_u8(&decoding->bytes);

    if (!(flags & has_network))
        return decode_plain_udp(decoding);
    read_skip(&decoding->bytes, 3);
    decode_note_place(decoding, read_be32(&decoding->bytes));
    return decode_ethernet(decoding);
}

/*
 * VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe, 3.1): with flag P, the last reserved
 * byte before the network says what is inside.
 */
static bool decode_vxlan_gpe(struct decoding *decoding)
{
    enum {
        INSIDE_IPV4 = 1,
        INSIDE_IPV6 = 2
    };
    const uint8_t says_inside = 0x04;
    struct reader ahead = decoding->bytes;
    uint8_t flags = read_u8(&ahead);
    uint8_t inside;

    read_skip(&ahead, 2);
    inside = read_u8(&ahead);
    if (!(flags & says_inside) ||
        (inside != INSIDE_IPV4 && inside != INSIDE_IPV6))
        return decode_vxlan(decoding);
    decode_note_place(decoding, read_be32(&ahead));
    decoding->bytes = ahead;
    return decode_ip(decoding);
}

/*
 * RFC 8926, 3.4: version 2 bits and option length 6 bits in units of 4,
 * flags 1, ethertype 2, network 3, reserved 1, options.
 */
static bool decode_geneve(struct decoding *decoding)
{
    uint8_t first = read_u8(&decoding->bytes);
    uint16_t protocol;

    if (first >> 6 != 0)
        return decode_plain_udp(decoding);
    read_skip(&decoding->bytes, 1);
    protocol = read_be16(&decoding->bytes);
    decode_note_place(decoding, read_be32(&decoding->bytes));
    read_skip(&decoding->bytes, (size_t)(first & 0x3f) * 4);
    if (decoding->bytes.overrun)
        return decode_plain_udp(decoding);
    return decode_ethertype(decoding, protocol);
}

/* Each: length 1 in units of 4, content, type of the next or 0. */
static void skip_gtp_extensions(struct reader *bytes, uint8_t type)
{
    while (type != 0 && !bytes->overrun) {
        uint8_t units = read_u8(bytes);

        /* A length of 0 would leave no room for the type that follows. */
        read_skip(bytes, units ? units * 4u - 2 : SIZE_MAX);
        type = read_u8(bytes);
    }
}

/*
 * 3GPP TS 29.281, 5.1: flags 1, message 1, length 2, tunnel 4; if any of
 * three flags is set: sequence 2, N-PDU 1, type of the first extension 1.
 */
static bool decode_gtp(struct decoding *decoding)
{
    enum {
        VERSION_AND_KIND = 0xf0,
        VERSION_1_USER = 0x30,
        HAS_MORE = 0x07,
        HAS_EXTENSION = 0x04,
        USER_PACKET = 255
    };
    uint8_t flags = read_u8(&decoding->bytes);
    uint8_t message = read_u8(&decoding->bytes);

    if ((flags & VERSION_AND_KIND) != VERSION_1_USER || message != USER_PACKET)
        return decode_plain_udp(decoding);
    read_skip(&decoding->bytes, 2);
    decode_note_place(decoding, read_be32(&decoding->bytes));
    if (flags & HAS_MORE) {
        uint8_t type;

        read_skip(&decoding->bytes, 3);
        type = read_u8(&decoding->bytes);
        if (flags & HAS_EXTENSION)
            skip_gtp_extensions(&decoding->bytes, type);
    }
    return decode_ip(decoding);
}

/*
 * RFC 4380, 5.1.1: IPv6, before it perhaps an authentication (type 0x0001,
 * sizes 1 and 1, contents, 9) and an origin (type 0x0000, 6).
 */
static bool decode_teredo(struct decoding *decoding)
{
    enum {
        ORIGIN = 0,
        AUTHENTICATION = 1
    };
    struct reader ahead = decoding->bytes;
    uint16_t type = read_be16(&ahead);

    if (type == AUTHENTICATION) {
        uint32_t size = read_u8(&ahead);

        size += read_u8(&ahead);
        read_skip(&ahead, size + 9);
        decoding->bytes = ahead;
        type = read_be16(&ahead);
    }
    if (type == ORIGIN && !ahead.overrun) {
        read_skip(&ahead, 6);
        decoding->bytes = ahead;
    }
    ahead = decoding->bytes;
    return read_u8(&ahead) >> 4 == 6 ? decode_ipv6(decoding)
                                     : decode_plain_udp(decoding);
}

/*
 * TaZmen sniffer protocol, as access points and MikroTik send it: version 1,
 * type 1, encapsulation 2, then tags of type 1, size 1 and value; 0 is
 * padding and 1 ends them, both without a size.
 */
static bool decode_tzsp(struct decoding *decoding)
{
    enum {
        TAG_PADDING = 0,
        TAG_END = 1,
        VERSION = 1,
        ETHERNET = 1
    };
    uint8_t version = read_u8(&decoding->bytes);
    uint8_t tag;

    read_skip(&decoding->bytes, 1);
    if (version != VERSION || read_be16(&decoding->bytes) != ETHERNET)
        return decode_plain_udp(decoding);
    do {
        tag = read_u8(&decoding->bytes);
        if (tag > TAG_END)
            read_skip(&decoding->bytes, read_u8(&decoding->bytes));
    } while (tag != TAG_END && !decoding->bytes.overrun);
    return decode_ethernet(decoding);
}

/*
 * To add a tunnel in UDP: its destination port and who takes what follows
 * the UDP header.
 */
static const struct udp_tunnel {
    uint16_t port;
    bool either_way; /* replies come from the port, to any other */
    layer_decoder *decoding;
} udp_tunnels[] = {
    {4789,  false, decode_vxlan    },
    {4790,  false, decode_vxlan_gpe},
    {8472,  false, decode_vxlan    }, /* Linux, before it had a port: flannel */
    {6081,  false, decode_geneve   },
    {2152,  false, decode_gtp      },
    {3544,  true,  decode_teredo   },
    {6635,  false, decode_mpls     }, /* RFC 7510 */
    {37008, false, decode_tzsp     },
};

static const struct udp_tunnel *find_tunnel(uint16_t source,
                                            uint16_t destination)
{
    for (size_t i = 0; i < sizeof udp_tunnels / sizeof *udp_tunnels; i++) {
        const struct udp_tunnel *row = &udp_tunnels[i];

        if (row->port == destination ||
            (row->either_way && row->port == source))
            return row;
    }
    return NULL;
}

bool decode_udp(struct decoding *decoding)
{
    uint16_t source = read_be16(&decoding->bytes);
    uint16_t destination = read_be16(&decoding->bytes);
    const struct udp_tunnel *tunnel = find_tunnel(source, destination);

    read_skip(&decoding->bytes, 4);
    if (!tunnel || decoding->bytes.overrun)
        return decode_plain_udp(decoding);
    if (tunnel->decoding(decoding))
        return true;
    if (decoding->reason == WIRE_MALFORMED ||
        decoding->reason == WIRE_UNKNOWN_NETWORK)
        return decode_plain_udp(decoding);
    return false;
}
