/*
 * Link layers: what a frame begins with, by the LINKTYPE_* of its interface
 * (www.tcpdump.org/linktypes.html).
 */
#include "wire/decode.h"

/*
 * BSD loopback: an address family, 4 bytes in the byte order of the machine
 * that recorded it. AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on
 * NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS.
 */
static bool decode_family(struct decoding *decoding, uint32_t family)
{
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    switch (family) {
    case 2:
        return decode_ipv4(decoding);
    case 10:
    case 24:
    case 28:
    case 30:
        return decode_ipv6(decoding);
    default:
        return decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
    }
}

static bool decode_loopback(struct decoding *decoding)
{
    uint32_t family = read_be32(&decoding->bytes);

    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_family(decoding, family);
}

/* OpenBSD enc(4): address family, SPI, flags. */
static bool decode_enc(struct decoding *decoding)
{
    uint32_t family = read_be32(&decoding->bytes);

    read_skip(&decoding->bytes, 8);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_family(decoding, family);
}

/* In place of an ethertype, Linux cooked headers may say what follows. */
static bool decode_cooked_protocol(struct decoding *decoding, uint16_t protocol)
{
    enum {
        LINUX_802_2 = 4
    };

    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    if (protocol == LINUX_802_2)
        return decode_llc(decoding);
    return decode_ethertype(decoding, protocol);
}

/* Packet type 2, ARPHRD 2, address length 2, address 8, protocol 2. */
static bool decode_sll(struct decoding *decoding)
{
    decode_note_place(decoding, read_be16(&decoding->bytes));
    read_skip(&decoding->bytes, 12);
    return decode_cooked_protocol(decoding, read_be16(&decoding->bytes));
}

/*
 * Protocol 2, reserved 2, interface 4, ARPHRD 2, packet type 1, address
 * length 1, address 8.
 */
static bool decode_sll2(struct decoding *decoding)
{
    uint16_t protocol = read_be16(&decoding->bytes);

    read_skip(&decoding->bytes, 2);
    decode_note_place(decoding, read_be32(&decoding->bytes));
    read_skip(&decoding->bytes, 2);
    decode_note_place(decoding, read_u8(&decoding->bytes));
    read_skip(&decoding->bytes, 9);
    return decode_cooked_protocol(decoding, protocol);
}

/*
 * Linux NFLOG: family 1, version 1, resource 2, then attributes of length 2,
 * type 2 and value, padded to 4; length and type in the byte order of the
 * machine that recorded them, which is little-endian in practice.
 */
static bool decode_nflog(struct decoding *decoding)
{
    enum {
        ATTRIBUTE_HEAD = 4,
        ATTRIBUTE_PAYLOAD = 9
    };

    read_skip(&decoding->bytes, 4);
    while (!decoding->bytes.overrun && decoding->bytes.rest.size) {
        uint16_t size = read_le16(&decoding->bytes);
        uint16_t type = read_le16(&decoding->bytes);

        if (type == ATTRIBUTE_PAYLOAD)
            return decode_ip(decoding);
        if (size < ATTRIBUTE_HEAD)
            return decode_ignore(decoding, WIRE_MALFORMED);
        read_skip(&decoding->bytes, (size + 3u) / 4 * 4 - ATTRIBUTE_HEAD);
    }
    return decode_ignore_overrun(decoding);
}

/* OpenBSD pflog: header length 1, family 1, …, padded to 4. */
static bool decode_pflog(struct decoding *decoding)
{
    uint8_t length = read_u8(&decoding->bytes);
    uint8_t family = read_u8(&decoding->bytes);

    read_skip(&decoding->bytes, (length + 3u) / 4 * 4 - 2);
    if (length < 2)
        return decode_ignore(decoding, WIRE_MALFORMED);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_family(decoding, family);
}

/* Apple pktap: header length 4, record type 4, link type 4, interface 24 … */
static bool decode_pktap(struct decoding *decoding)
{
    struct reader header = decoding->bytes;
    uint32_t length = read_le32(&header);
    uint32_t link_type;

    read_skip(&header, 4);
    link_type = read_le32(&header);
    for (int i = 0; i < 6; i++)
        decode_note_place(decoding, read_be32(&header));
    read_skip(&decoding->bytes, length);
    if (header.overrun || decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_link(decoding, link_type);
}

/*
 * IEEE 802.11: what carries data, and is not encrypted. Frame control,
 * duration, three addresses, sequence control; a fourth address between two
 * access points, QoS and HT control where the frame control says so (9.2.4.1).
 */
static bool decode_wireless(struct decoding *decoding, bool is_padded)
{
    enum {
        DATA = 2,
        NO_DATA = 0x04, /* of the subtype */
        QOS = 0x08,
        TWO_ACCESS_POINTS = 0x03,
        PROTECTED = 0x40,
        HT_CONTROL = 0x80,
        AGGREGATED = 0x80 /* of QoS control: more than one MSDU */
    };
    struct reader *r = &decoding->bytes;
    uint8_t control = read_u8(r);
    uint8_t flags = read_u8(r);
    unsigned subtype = control >> 4;
    size_t size = 24;

    read_skip(r, 22);
    if (r->overrun)
        return decode_ignore_overrun(decoding);
    if ((control >> 2 & 3) != DATA || subtype & NO_DATA || flags & PROTECTED)
        return decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
    if ((flags & TWO_ACCESS_POINTS) == TWO_ACCESS_POINTS) {
        read_skip(r, 6);
        size += 6;
    }
    if (subtype & QOS) {
        bool aggregated = read_u8(r) & AGGREGATED;

        read_skip(r, flags & HT_CONTROL ? 5 : 1);
        size += flags & HT_CONTROL ? 6 : 2;
        if (aggregated)
            return decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
    }
    if (is_padded)
        read_skip(r, (4 - size % 4) % 4);
    return r->overrun ? decode_ignore_overrun(decoding) : decode_llc(decoding);
}

static bool decode_80211(struct decoding *decoding)
{
    return decode_wireless(decoding, false);
}

/*
 * Radiotap (www.radiotap.org): version, pad, length, words of present bits, the
 * fields. Of these only the flags matter, behind the time where there is one:
 * whether the 802.11 header is padded to 4 bytes.
 */
static bool decode_radiotap(struct decoding *decoding)
{
    enum {
        TIME = 1,
        FLAGS = 2,
        PADDED = 0x20
    };
    struct reader *r = &decoding->bytes;
    size_t done = 8;
    uint32_t present, word;
    uint16_t length;
    uint8_t flags = 0;

    read_skip(r, 2);
    length = read_le16(r);
    present = word = read_le32(r);
    while (word >> 31 && !r->overrun && done < length) {
        word = read_le32(r);
        done += 4;
    }
    if (present & TIME) {
        size_t align = (8 - done % 8) % 8;

        read_skip(r, align + 8);
        done += align + 8;
    }
    if (present & FLAGS) {
        flags = read_u8(r);
        done++;
    }
    if (r->overrun || length < done)
        return decode_ignore(decoding, WIRE_MALFORMED);
    read_skip(r, length - done);
    return decode_wireless(decoding, flags & PADDED);
}

/* Per-packet information: version, flags, length, the link type behind it. */
static bool decode_ppi(struct decoding *decoding)
{
    struct reader *r = &decoding->bytes;
    uint16_t length;
    uint32_t link_type;

    read_skip(r, 2);
    length = read_le16(r);
    link_type = read_le32(r);
    if (r->overrun || length < 8)
        return decode_ignore(decoding, WIRE_MALFORMED);
    read_skip(r, length - 8u);
    return decode_link(decoding, link_type);
}

/*
 * To add a link type: its number, the bytes before the header that decides,
 * and who takes that header. The common ones come first.
 */
static const struct link {
    uint32_t type;
    uint32_t skip;
    layer_decoder *decoding;
} links[] = {
    {1,   0,  decode_ethernet      }, /* ETHERNET */
    {113, 0,  decode_sll           }, /* LINUX_SLL */
    {276, 0,  decode_sll2          }, /* LINUX_SLL2 */
    {0,   0,  decode_loopback      }, /* NULL */
    {108, 0,  decode_loopback      }, /* LOOP */
    {101, 0,  decode_ip            }, /* RAW */
    {12,  0,  decode_ip            }, /* DLT_RAW of most systems */
    {14,  0,  decode_ip            }, /* DLT_RAW of OpenBSD */
    {228, 0,  decode_ipv4          }, /* IPV4 */
    {229, 0,  decode_ipv6          }, /* IPV6 */
    {9,   0,  decode_ppp           }, /* PPP */
    {50,  0,  decode_ppp           }, /* PPP_HDLC */
    {51,  0,  decode_pppoe         }, /* PPP_ETHER */
    {204, 1,  decode_ppp           }, /* PPP_WITH_DIR */
    {104, 2,  decode_ethertype_next}, /* C_HDLC: address, control */
    {239, 0,  decode_nflog         }, /* NFLOG */
    {258, 0,  decode_pktap         }, /* PKTAP */
    {149, 0,  decode_pktap         }, /* USER2, as which macOS writes PKTAP */
    {109, 0,  decode_enc           }, /* ENC */
    {117, 0,  decode_pflog         }, /* PFLOG */
    {100, 0,  decode_llc           }, /* ATM_RFC1483 */
    {138, 16, decode_ethertype_next}, /* APPLE_IP_OVER_IEEE1394 */
    {219, 0,  decode_mpls          }, /* MPLS */
    {105, 0,  decode_80211         }, /* IEEE802_11 */
    {127, 0,  decode_radiotap      }, /* IEEE802_11_RADIOTAP */
    {192, 0,  decode_ppi           }, /* PPI */
};

bool decode_link(struct decoding *decoding, uint32_t link_type)
{
    if (!decode_deeper(decoding))
        return false;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (links[i].type != link_type)
            continue;
        read_skip(&decoding->bytes, links[i].skip);
        return links[i].decoding(decoding);
    }
    return decode_ignore(decoding, WIRE_UNKNOWN_LINK);
}
