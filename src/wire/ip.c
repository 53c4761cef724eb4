/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200). The length in the IP header decides
 * where a packet ends: it takes off the padding of short Ethernet frames, and
 * what it promises beyond the recorded bytes is absent. Checksums are not
 * looked at: with offload, most of what a host sends is recorded without.
 */
#include "wire/decode.h"

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    IP_TCP = 6,
    /* No offload makes a packet larger (Linux, BIG TCP: 512 KiB). */
    LENGTHLESS_MAX = 1 << 20
};

/*
 * The packet has `promised` more bytes. 0 stands for "not known", as offload
 * leaves it: then what the frame had is all there is.
 */
static void take_length(struct decoding *decoding, uint32_t promised)
{
    struct span *rest = &decoding->bytes.rest;

    if (promised == 0) {
        if (decoding->absent > LENGTHLESS_MAX)
            decoding->absent = LENGTHLESS_MAX;
        return;
    }
    *rest = span_head(*rest, promised);
    decoding->absent = promised - (uint32_t)rest->size;
}

/* Written in place, and in the pieces in which it is read again. */
static inline void read_address(struct reader *header, uint8_t version,
                                struct address *address)
{
    struct span bytes = read_span(header, version == 4 ? 4 : 16);
    uint64_t half[2] = {0};

    memcpy(half, bytes.at, bytes.size);
    address->version = version;
    memcpy(address->byte, half, sizeof half);
}

/* Goes on with the whole datagram if this fragment completes it. */
static bool decode_fragment(struct decoding *decoding, struct fragment fragment)
{
    struct segment *segment = decoding->segment;
    struct datagram datagram;

    fragment.time = decoding->frame->time;
    fragment.source = &segment->source.address;
    fragment.destination = &segment->destination.address;
    fragment.bytes = decoding->bytes.rest;
    fragment.absent = decoding->absent;
    switch (fragments_take(decoding->fragments, &fragment, &datagram)) {
    case FRAGMENT_HELD:
        return decode_ignore(decoding, WIRE_FRAGMENT_HELD);
    case FRAGMENT_COPY:
        return decode_ignore(decoding, WIRE_MIRRORED);
    case FRAGMENT_BAD:
        return decode_ignore(decoding, WIRE_MALFORMED);
    case FRAGMENT_COMPLETES:
        break;
    }
    decoding->bytes = reader_on(datagram.bytes);
    decoding->absent = datagram.absent;
    return decode_ip_protocol(decoding, datagram.protocol);
}

/*
 *  version 4, header length 4, service 8, total length 16, identification 16,
 *  flags 3, fragment offset 13, TTL 8, protocol 8, checksum 16, addresses.
 */
bool decode_ipv4(struct decoding *decoding)
{
    const uint16_t more_fragments = 0x2000;
    const uint16_t offset_mask = 0x1fff;
    struct reader r = read_part(&decoding->bytes, IPV4_HEADER);
    uint16_t total, id, fragmentation;
    uint8_t first, protocol;
    uint32_t header;

    if (r.overrun)
        return decode_ignore_overrun(decoding);
    first = read_u8(&r);
    header = (first & 0xfu) * 4;
    read_skip(&r, 1);
    total = read_be16(&r);
    id = read_be16(&r);
    fragmentation = read_be16(&r);
    decoding->segment->ttl = read_u8(&r);
    protocol = read_u8(&r);
    read_skip(&r, 2);
    read_address(&r, 4, &decoding->segment->source.address);
    read_address(&r, 4, &decoding->segment->destination.address);
    decoding->segment->ip_id = id;
    if (first >> 4 != 4 || header < IPV4_HEADER ||
        (total != 0 && total < header))
        return decode_ignore(decoding, WIRE_MALFORMED);
    read_skip(&decoding->bytes, header - IPV4_HEADER);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    if (total == header)
        return decode_ignore(decoding, WIRE_MALFORMED);
    take_length(decoding, total ? total - header : 0);
    if (fragmentation & (more_fragments | offset_mask))
        return decode_fragment(decoding,
                               (struct fragment){
                                   .id = id,
                                   .protocol = protocol,
                                   .more = fragmentation & more_fragments,
                                   .offset = (fragmentation & offset_mask) * 8u,
                               });
    return decode_ip_protocol(decoding, protocol);
}

/*
 *  version 4, traffic class 8, flow label 20, payload length 16, next header
 *  8, hop limit 8, addresses. A payload length of 0 is a jumbogram (RFC 2675)
 *  or offload.
 */
bool decode_ipv6(struct decoding *decoding)
{
    struct reader r = read_part(&decoding->bytes, IPV6_HEADER);
    uint16_t length;
    uint8_t first, next;

    if (r.overrun)
        return decode_ignore_overrun(decoding);
    first = read_u8(&r);
    read_skip(&r, 3);
    length = read_be16(&r);
    next = read_u8(&r);
    decoding->segment->ttl = read_u8(&r);
    read_address(&r, 6, &decoding->segment->source.address);
    read_address(&r, 6, &decoding->segment->destination.address);
    decoding->segment->ip_id = 0;
    if (first >> 4 != 6)
        return decode_ignore(decoding, WIRE_MALFORMED);
    take_length(decoding, length);
    return decode_ip_protocol(decoding, next);
}

bool decode_ip(struct decoding *decoding)
{
    struct reader ahead = decoding->bytes;

    switch (read_u8(&ahead) >> 4) {
    case 4:
        return decode_ipv4(decoding);
    case 6:
        return decode_ipv6(decoding);
    default:
        return ahead.overrun ? decode_ignore_overrun(decoding)
                             : decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
    }
}

/* RFC 6564: next header 1, length 1 in units of 8 without the first. */
static bool decode_extension(struct decoding *decoding)
{
    uint8_t next = read_u8(&decoding->bytes);
    uint8_t units = read_u8(&decoding->bytes);

    read_skip(&decoding->bytes, units * 8u + 6);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_ip_protocol(decoding, next);
}

/* RFC 4302, 2: next header 1, length 1 in units of 4 without the first two. */
static bool decode_ah(struct decoding *decoding)
{
    uint8_t next = read_u8(&decoding->bytes);
    uint8_t units = read_u8(&decoding->bytes);

    read_skip(&decoding->bytes, units * 4u + 6);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_ip_protocol(decoding, next);
}

/* RFC 8200, 4.5: next header 1, reserved 1, offset 13 bits and flags, id 4. */
static bool decode_ipv6_fragment(struct decoding *decoding)
{
    struct fragment fragment = {.protocol = read_u8(&decoding->bytes)};
    uint16_t offset;

    read_skip(&decoding->bytes, 1);
    offset = read_be16(&decoding->bytes);
    fragment.id = read_be32(&decoding->bytes);
    fragment.offset = offset & 0xfff8u;
    fragment.more = offset & 1;
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    /* RFC 6946: both the first and the last, so it waits for nobody. */
    if (fragment.offset == 0 && !fragment.more)
        return decode_ip_protocol(decoding, fragment.protocol);
    return decode_fragment(decoding, fragment);
}

/* The addresses of the IP header that an error quotes. True: TCP is next. */
static bool read_quoted_ipv6(struct reader *r, struct segment *segment)
{
    uint8_t next;

    read_skip(r, 6);
    next = read_u8(r);
    read_skip(r, 1);
    read_address(r, 6, &segment->source.address);
    read_address(r, 6, &segment->destination.address);
    return next == IP_TCP;
}

static bool read_quoted_ipv4(struct reader *r, struct segment *segment)
{
    size_t header = (read_u8(r) & 15u) * 4u;
    uint16_t fragment;
    uint8_t protocol;

    read_skip(r, 5);
    fragment = read_be16(r);
    read_skip(r, 1);
    protocol = read_u8(r);
    read_skip(r, 2);
    read_address(r, 4, &segment->source.address);
    read_address(r, 4, &segment->destination.address);
    if (header < IPV4_HEADER)
        return false;
    read_skip(r, header - IPV4_HEADER);
    return protocol == IP_TCP && !(fragment & 0x1fff);
}

/*
 * RFC 792 and 4443: type 8, code 8, checksum 16, and 32 bits of its own; then
 * the packet that it is about, as far as it goes. Many quote eight bytes of its
 * TCP: those say too little.
 */
static void read_quoted(struct decoding *decoding,
                        bool (*read_ip)(struct reader *r,
                                        struct segment *segment))
{
    struct reader r = decoding->bytes;
    struct segment *segment = decoding->segment;
    bool is_tcp;

    read_skip(&r, 8);
    is_tcp = read_ip(&r, segment);
    segment->source.port = read_be16(&r);
    segment->destination.port = read_be16(&r);
    segment->seq = read_be32(&r);
    read_skip(&r, 5);
    segment->flags = read_u8(&r);
    read_skip(&r, 6);
    segment->quoted = is_tcp && !r.overrun;
}

/* RFC 792: unreachable, source quench, redirect, time exceeded, a problem with
 * a parameter. */
static bool decode_icmp(struct decoding *decoding)
{
    struct reader r = decoding->bytes;
    uint8_t type = read_u8(&r);

    if (type == 3 || type == 4 || type == 5 || type == 11 || type == 12)
        read_quoted(decoding, read_quoted_ipv4);
    return decode_ignore(decoding, WIRE_ICMP);
}

/* RFC 4443, 2.1: errors are those below 128. */
static bool decode_icmpv6(struct decoding *decoding)
{
    struct reader r = decoding->bytes;
    uint8_t type = read_u8(&r);

    if (type >= 1 && type <= 4)
        read_quoted(decoding, read_quoted_ipv6);
    return decode_ignore(decoding, WIRE_ICMP);
}

static bool decode_sctp(struct decoding *decoding)
{
    return decode_ignore(decoding, WIRE_SCTP);
}

static bool decode_esp(struct decoding *decoding)
{
    return decode_ignore(decoding, WIRE_ENCRYPTED);
}

/*
 * To add an IP protocol: its number (www.iana.org/assignments/protocol-numbers)
 * and who takes its header.
 */
static layer_decoder *const protocols[256] = {
    [0] = decode_extension, /* hop-by-hop options */
    [1] = decode_icmp,
    [4] = decode_ipv4, /* IPIP, RFC 2003 */
    [6] = decode_tcp,
    [17] = decode_udp,
    [41] = decode_ipv6,      /* 6in4, RFC 4213 */
    [43] = decode_extension, /* routing */
    [44] = decode_ipv6_fragment,
    [47] = decode_gre,
    [50] = decode_esp,
    [51] = decode_ah,
    [58] = decode_icmpv6,
    [60] = decode_extension, /* destination options */
    [97] = decode_etherip,   /* RFC 3378 */
    [132] = decode_sctp,
    [135] = decode_extension, /* mobility */
    [136] = decode_udp,       /* UDP-Lite */
    [137] = decode_mpls,      /* MPLS in IP, RFC 4023 */
    [139] = decode_extension, /* host identity */
    [140] = decode_extension, /* shim6 */
};

bool decode_ip_protocol(struct decoding *decoding, uint8_t protocol)
{
    if (!decode_deeper(decoding))
        return false;
    if (!protocols[protocol])
        return decode_ignore(decoding, WIRE_OTHER_IP);
    return protocols[protocol](decoding);
}
