/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200). The length in the IP header decides
 * where a packet ends: it takes off the padding of short Ethernet frames, and
 * what it promises beyond the recorded bytes is absent. Checksums are not
 * looked at: with offload, most of what a host sends is recorded without.
 */
#include "wire/peel.h"

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    /* No offload makes a packet larger (Linux, BIG TCP: 512 KiB). */
    LENGTHLESS_MAX = 1 << 20
};

/*
 * The packet has `promised` more bytes. 0 stands for "not known", as offload
 * leaves it: then what the frame had is all there is.
 */
static void take_length(struct peel *peel, uint32_t promised)
{
    struct span *rest = &peel->bytes.rest;

    if (promised == 0) {
        if (peel->absent > LENGTHLESS_MAX)
            peel->absent = LENGTHLESS_MAX;
        return;
    }
    *rest = span_head(*rest, promised);
    peel->absent = promised - (uint32_t)rest->size;
}

static inline struct address read_address(struct reader *header,
                                          uint8_t version)
{
    struct span bytes = read_span(header, version == 4 ? 4 : 16);
    struct address address = {.version = version};

    memcpy(address.byte, bytes.at, bytes.size);
    return address;
}

/* Goes on with the whole datagram if this fragment completes it. */
static bool peel_fragment(struct peel *peel, struct fragment fragment)
{
    struct segment *segment = peel->segment;
    struct datagram datagram;

    fragment.time = peel->frame->time;
    fragment.source = &segment->source.address;
    fragment.destination = &segment->destination.address;
    fragment.bytes = peel->bytes.rest;
    fragment.absent = peel->absent;
    switch (fragments_take(peel->fragments, &fragment, &datagram)) {
    case FRAGMENT_HELD:
        return peel_ignore(peel, WIRE_FRAGMENT_HELD);
    case FRAGMENT_COPY:
        return peel_ignore(peel, WIRE_MIRRORED);
    case FRAGMENT_BAD:
        return peel_ignore(peel, WIRE_MALFORMED);
    case FRAGMENT_COMPLETES:
        break;
    }
    peel->bytes = reader_on(datagram.bytes);
    peel->absent = datagram.absent;
    return peel_ip_protocol(peel, datagram.protocol);
}

/*
 *  version 4, header length 4, service 8, total length 16, identification 16,
 *  flags 3, fragment offset 13, TTL 8, protocol 8, checksum 16, addresses.
 */
bool peel_ipv4(struct peel *peel)
{
    const uint16_t more_fragments = 0x2000;
    const uint16_t offset_mask = 0x1fff;
    struct reader r = read_part(&peel->bytes, IPV4_HEADER);
    uint16_t total, id, fragmentation;
    uint8_t first, protocol;
    uint32_t header;

    if (r.overrun)
        return peel_ignore_overrun(peel);
    first = read_u8(&r);
    header = (first & 0xfu) * 4;
    read_skip(&r, 1);
    total = read_be16(&r);
    id = read_be16(&r);
    fragmentation = read_be16(&r);
    peel->segment->ttl = read_u8(&r);
    protocol = read_u8(&r);
    read_skip(&r, 2);
    peel->segment->source.address = read_address(&r, 4);
    peel->segment->destination.address = read_address(&r, 4);
    peel->segment->ip_id = id;
    if (first >> 4 != 4 || header < IPV4_HEADER ||
        (total != 0 && total < header))
        return peel_ignore(peel, WIRE_MALFORMED);
    read_skip(&peel->bytes, header - IPV4_HEADER);
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    if (total == header)
        return peel_ignore(peel, WIRE_MALFORMED);
    take_length(peel, total ? total - header : 0);
    if (fragmentation & (more_fragments | offset_mask))
        return peel_fragment(peel,
                             (struct fragment){
                                 .id = id,
                                 .protocol = protocol,
                                 .more = fragmentation & more_fragments,
                                 .offset = (fragmentation & offset_mask) * 8u,
                             });
    return peel_ip_protocol(peel, protocol);
}

/*
 *  version 4, traffic class 8, flow label 20, payload length 16, next header
 *  8, hop limit 8, addresses. A payload length of 0 is a jumbogram (RFC 2675)
 *  or offload.
 */
bool peel_ipv6(struct peel *peel)
{
    struct reader r = read_part(&peel->bytes, IPV6_HEADER);
    uint16_t length;
    uint8_t first, next;

    if (r.overrun)
        return peel_ignore_overrun(peel);
    first = read_u8(&r);
    read_skip(&r, 3);
    length = read_be16(&r);
    next = read_u8(&r);
    peel->segment->ttl = read_u8(&r);
    peel->segment->source.address = read_address(&r, 6);
    peel->segment->destination.address = read_address(&r, 6);
    peel->segment->ip_id = 0;
    if (first >> 4 != 6)
        return peel_ignore(peel, WIRE_MALFORMED);
    take_length(peel, length);
    return peel_ip_protocol(peel, next);
}

bool peel_ip(struct peel *peel)
{
    struct reader ahead = peel->bytes;

    switch (read_u8(&ahead) >> 4) {
    case 4:
        return peel_ipv4(peel);
    case 6:
        return peel_ipv6(peel);
    default:
        return ahead.overrun ? peel_ignore_overrun(peel)
                             : peel_ignore(peel, WIRE_UNKNOWN_NETWORK);
    }
}

/* RFC 6564: next header 1, length 1 in units of 8 without the first. */
static bool peel_extension(struct peel *peel)
{
    uint8_t next = read_u8(&peel->bytes);
    uint8_t units = read_u8(&peel->bytes);

    read_skip(&peel->bytes, units * 8u + 6);
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_ip_protocol(peel, next);
}

/* RFC 4302, 2: next header 1, length 1 in units of 4 without the first two. */
static bool peel_ah(struct peel *peel)
{
    uint8_t next = read_u8(&peel->bytes);
    uint8_t units = read_u8(&peel->bytes);

    read_skip(&peel->bytes, units * 4u + 6);
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_ip_protocol(peel, next);
}

/* RFC 8200, 4.5: next header 1, reserved 1, offset 13 bits and flags, id 4. */
static bool peel_ipv6_fragment(struct peel *peel)
{
    struct fragment fragment = {.protocol = read_u8(&peel->bytes)};
    uint16_t offset;

    read_skip(&peel->bytes, 1);
    offset = read_be16(&peel->bytes);
    fragment.id = read_be32(&peel->bytes);
    fragment.offset = offset & 0xfff8u;
    fragment.more = offset & 1;
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    /* RFC 6946: both the first and the last, so it waits for nobody. */
    if (fragment.offset == 0 && !fragment.more)
        return peel_ip_protocol(peel, fragment.protocol);
    return peel_fragment(peel, fragment);
}

static bool peel_icmp(struct peel *peel)
{
    return peel_ignore(peel, WIRE_ICMP);
}

static bool peel_sctp(struct peel *peel)
{
    return peel_ignore(peel, WIRE_SCTP);
}

static bool peel_esp(struct peel *peel)
{
    return peel_ignore(peel, WIRE_ENCRYPTED);
}

/*
 * To add an IP protocol: its number (www.iana.org/assignments/protocol-numbers)
 * and who takes its header.
 */
static peel_decoder *const protocols[256] = {
    [0] = peel_extension, /* hop-by-hop options */
    [1] = peel_icmp,
    [4] = peel_ipv4, /* IPIP, RFC 2003 */
    [6] = peel_tcp,
    [17] = peel_udp,
    [41] = peel_ipv6,      /* 6in4, RFC 4213 */
    [43] = peel_extension, /* routing */
    [44] = peel_ipv6_fragment,
    [47] = peel_gre,
    [50] = peel_esp,
    [51] = peel_ah,
    [58] = peel_icmp,      /* ICMPv6 */
    [60] = peel_extension, /* destination options */
    [97] = peel_etherip,   /* RFC 3378 */
    [132] = peel_sctp,
    [135] = peel_extension, /* mobility */
    [136] = peel_udp,       /* UDP-Lite */
    [137] = peel_mpls,      /* MPLS in IP, RFC 4023 */
    [139] = peel_extension, /* host identity */
    [140] = peel_extension, /* shim6 */
};

bool peel_ip_protocol(struct peel *peel, uint8_t protocol)
{
    if (!peel_deeper(peel))
        return false;
    if (!protocols[protocol])
        return peel_ignore(peel, WIRE_OTHER_IP);
    return protocols[protocol](peel);
}
