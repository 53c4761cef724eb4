/*
 * Link layers: what a frame begins with, by the LINKTYPE_* of its interface
 * (www.tcpdump.org/linktypes.html).
 */
#include "wire/peel.h"

/*
 * BSD loopback: an address family, 4 bytes in the byte order of the machine
 * that recorded it. AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on
 * NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS.
 */
static bool peel_family(struct peel *peel, uint32_t family)
{
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    switch (family) {
    case 2:
        return peel_ipv4(peel);
    case 10:
    case 24:
    case 28:
    case 30:
        return peel_ipv6(peel);
    default:
        return peel_ignore(peel, WIRE_UNKNOWN_NETWORK);
    }
}

static bool peel_loopback(struct peel *peel)
{
    uint32_t family = read_be32(&peel->bytes);

    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_family(peel, family);
}

/* OpenBSD enc(4): address family, SPI, flags. */
static bool peel_enc(struct peel *peel)
{
    uint32_t family = read_be32(&peel->bytes);

    read_skip(&peel->bytes, 8);
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_family(peel, family);
}

/* In place of an ethertype, Linux cooked headers may say what follows. */
static bool peel_cooked_protocol(struct peel *peel, uint16_t protocol)
{
    enum {
        LINUX_802_2 = 4
    };

    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    if (protocol == LINUX_802_2)
        return peel_llc(peel);
    return peel_ethertype(peel, protocol);
}

/* Packet type 2, ARPHRD 2, address length 2, address 8, protocol 2. */
static bool peel_sll(struct peel *peel)
{
    peel_note_place(peel, read_be16(&peel->bytes));
    read_skip(&peel->bytes, 12);
    return peel_cooked_protocol(peel, read_be16(&peel->bytes));
}

/*
 * Protocol 2, reserved 2, interface 4, ARPHRD 2, packet type 1, address
 * length 1, address 8.
 */
static bool peel_sll2(struct peel *peel)
{
    uint16_t protocol = read_be16(&peel->bytes);

    read_skip(&peel->bytes, 2);
    peel_note_place(peel, read_be32(&peel->bytes));
    read_skip(&peel->bytes, 2);
    peel_note_place(peel, read_u8(&peel->bytes));
    read_skip(&peel->bytes, 9);
    return peel_cooked_protocol(peel, protocol);
}

/*
 * Linux NFLOG: family 1, version 1, resource 2, then attributes of length 2,
 * type 2 and value, padded to 4; length and type in the byte order of the
 * machine that recorded them, which is little-endian in practice.
 */
static bool peel_nflog(struct peel *peel)
{
    enum {
        ATTRIBUTE_HEAD = 4,
        ATTRIBUTE_PAYLOAD = 9
    };

    read_skip(&peel->bytes, 4);
    while (!peel->bytes.overrun && peel->bytes.rest.size) {
        uint16_t size = read_le16(&peel->bytes);
        uint16_t type = read_le16(&peel->bytes);

        if (type == ATTRIBUTE_PAYLOAD)
            return peel_ip(peel);
        if (size < ATTRIBUTE_HEAD)
            return peel_ignore(peel, WIRE_MALFORMED);
        read_skip(&peel->bytes, (size + 3u) / 4 * 4 - ATTRIBUTE_HEAD);
    }
    return peel_ignore_overrun(peel);
}

/* OpenBSD pflog: header length 1, family 1, …, padded to 4. */
static bool peel_pflog(struct peel *peel)
{
    uint8_t length = read_u8(&peel->bytes);
    uint8_t family = read_u8(&peel->bytes);

    read_skip(&peel->bytes, (length + 3u) / 4 * 4 - 2);
    if (length < 2)
        return peel_ignore(peel, WIRE_MALFORMED);
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_family(peel, family);
}

/* Apple pktap: header length 4, record type 4, link type 4, interface 24 … */
static bool peel_pktap(struct peel *peel)
{
    struct reader header = peel->bytes;
    uint32_t length = read_le32(&header);
    uint32_t link_type;

    read_skip(&header, 4);
    link_type = read_le32(&header);
    for (int i = 0; i < 6; i++)
        peel_note_place(peel, read_be32(&header));
    read_skip(&peel->bytes, length);
    if (header.overrun || peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_link(peel, link_type);
}

/*
 * To add a link type: its number, the bytes before the header that decides,
 * and who takes that header. The common ones come first.
 */
static const struct link {
    uint32_t type;
    uint32_t skip;
    peel_decoder *peel;
} links[] = {
    {1,   0,  peel_ethernet      }, /* ETHERNET */
    {113, 0,  peel_sll           }, /* LINUX_SLL */
    {276, 0,  peel_sll2          }, /* LINUX_SLL2 */
    {0,   0,  peel_loopback      }, /* NULL */
    {108, 0,  peel_loopback      }, /* LOOP */
    {101, 0,  peel_ip            }, /* RAW */
    {12,  0,  peel_ip            }, /* DLT_RAW of most systems */
    {14,  0,  peel_ip            }, /* DLT_RAW of OpenBSD */
    {228, 0,  peel_ipv4          }, /* IPV4 */
    {229, 0,  peel_ipv6          }, /* IPV6 */
    {9,   0,  peel_ppp           }, /* PPP */
    {50,  0,  peel_ppp           }, /* PPP_HDLC */
    {51,  0,  peel_pppoe         }, /* PPP_ETHER */
    {204, 1,  peel_ppp           }, /* PPP_WITH_DIR */
    {104, 2,  peel_ethertype_next}, /* C_HDLC: address, control */
    {239, 0,  peel_nflog         }, /* NFLOG */
    {258, 0,  peel_pktap         }, /* PKTAP */
    {149, 0,  peel_pktap         }, /* USER2, as which macOS writes PKTAP */
    {109, 0,  peel_enc           }, /* ENC */
    {117, 0,  peel_pflog         }, /* PFLOG */
    {100, 0,  peel_llc           }, /* ATM_RFC1483 */
    {138, 16, peel_ethertype_next}, /* APPLE_IP_OVER_IEEE1394 */
    {219, 0,  peel_mpls          }, /* MPLS */
};

bool peel_link(struct peel *peel, uint32_t link_type)
{
    if (!peel_deeper(peel))
        return false;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (links[i].type != link_type)
            continue;
        read_skip(&peel->bytes, links[i].skip);
        return links[i].peel(peel);
    }
    return peel_ignore(peel, WIRE_UNKNOWN_LINK);
}
