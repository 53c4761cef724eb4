/*
 * Ethernet and what comes between it and IP: VLAN tags, LLC, PPPoE and PPP,
 * MPLS.
 */
#include "wire/peel.h"

enum {
    ETHERNET_HEADER = 14,
    ETHERTYPE_MIN = 0x600, /* below: the length of an 802.3 frame */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd
};

bool peel_ethertype_next(struct peel *peel)
{
    uint16_t ethertype = read_be16(&peel->bytes);

    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_ethertype(peel, ethertype);
}

/*
 * To add an ethertype: its number, the bytes of its own header before the
 * next thing, and who takes that. Tags are headers whose next thing is again
 * an ethertype. The common ones come first.
 */
static const struct ethertype {
    uint16_t type;
    uint8_t skip;
    peel_decoder *peel;
} ethertypes[] = {
    {ETHERTYPE_IPV4, 0, peel_ipv4          },
    {ETHERTYPE_IPV6, 0, peel_ipv6          },
    {0x8100,         2, peel_ethertype_next}, /* 802.1Q VLAN */
    {0x88a8,         2, peel_ethertype_next}, /* 802.1ad service VLAN */
    {0x9100,         2, peel_ethertype_next}, /* QinQ before it had a number */
    {0x9200,         2, peel_ethertype_next},
    {0x8864,         0, peel_pppoe         }, /* PPPoE session */
    {0x8847,         0, peel_mpls          }, /* MPLS unicast */
    {0x8848,         0, peel_mpls          }, /* MPLS multicast */
    {0x6558,         0, peel_ethernet      }, /* Ethernet, bridged */
    {0x88e7,         4, peel_ethernet      }, /* 802.1ah I-TAG */
    {0x8926,         4, peel_ethertype_next}, /* VN-Tag */
    {0x893f,         6, peel_ethertype_next}, /* 802.1BR E-TAG */
    {0x8909,         6, peel_ethertype_next}, /* Cisco metadata */
    {0x880b,         0, peel_ppp           }, /* PPP, in GRE */
    {0x88be,         0, peel_erspan_2      }, /* ERSPAN, in GRE */
    {0x22eb,         0, peel_erspan_3      },
};

static const struct ethertype *find_ethertype(uint16_t type)
{
    for (size_t i = 0; i < sizeof ethertypes / sizeof *ethertypes; i++) {
        if (ethertypes[i].type == type)
            return &ethertypes[i];
    }
    return NULL;
}

bool peel_knows_ethertype(uint16_t ethertype)
{
    return find_ethertype(ethertype) != NULL;
}

bool peel_ethertype(struct peel *peel, uint16_t type)
{
    const struct ethertype *row = find_ethertype(type);

    if (!peel_deeper(peel))
        return false;
    if (type < ETHERTYPE_MIN)
        return peel_llc(peel);
    if (!row)
        return peel_ignore(peel, WIRE_UNKNOWN_NETWORK);
    for (uint8_t i = 0; i < row->skip; i += 2)
        peel_note_place(peel, read_be16(&peel->bytes));
    return row->peel(peel);
}

bool peel_ethernet(struct peel *peel)
{
    struct reader header = read_part(&peel->bytes, ETHERNET_HEADER);

    if (header.overrun)
        return peel_ignore_overrun(peel);
    read_skip(&header, 12);
    return peel_ethertype(peel, read_be16(&header));
}

/* IEEE 802.2, with the SNAP extension of RFC 1042. */
bool peel_llc(struct peel *peel)
{
    enum {
        SAP_IP = 0x0606,
        SAP_SNAP = 0xaaaa,
        BRIDGE_TUNNEL = 0x0000f8
    };
    uint16_t saps = read_be16(&peel->bytes);
    uint32_t organisation;

    read_skip(&peel->bytes, 1);
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    if (saps == SAP_IP)
        return peel_ipv4(peel);
    if (saps != SAP_SNAP)
        return peel_ignore(peel, WIRE_UNKNOWN_NETWORK);
    organisation = read_be24(&peel->bytes);
    if (organisation != 0 && organisation != BRIDGE_TUNNEL)
        return peel_ignore(peel, WIRE_UNKNOWN_NETWORK);
    return peel_ethertype_next(peel);
}

/*
 * RFC 1662, 3.1 and 3.2: address and control (0xff 0x03) may be left out, and
 * of the protocol the high byte when it is zero, for then the low byte is odd.
 */
bool peel_ppp(struct peel *peel)
{
    struct reader ahead = peel->bytes;
    uint16_t protocol;

    if (read_be16(&ahead) == 0xff03)
        peel->bytes = ahead;
    protocol = read_u8(&peel->bytes);
    if (protocol % 2 == 0)
        protocol = (uint16_t)(protocol << 8 | read_u8(&peel->bytes));
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_ppp_protocol(peel, protocol);
}

bool peel_ppp_protocol(struct peel *peel, uint16_t protocol)
{
    static const struct {
        uint16_t protocol;
        peel_decoder *peel;
    } rows[] = {
        {0x0021, peel_ipv4},
        {0x0057, peel_ipv6},
        {0x0281, peel_mpls},
        {0x0283, peel_mpls},
    };

    if (!peel_deeper(peel))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].protocol == protocol)
            return rows[i].peel(peel);
    }
    return peel_ignore(peel, WIRE_UNKNOWN_NETWORK);
}

/* RFC 2516, 4: version and type 1, code 1, session 2, length 2. */
bool peel_pppoe(struct peel *peel)
{
    uint16_t protocol;

    read_skip(&peel->bytes, 2);
    peel_note_place(peel, read_be16(&peel->bytes));
    read_skip(&peel->bytes, 2);
    protocol = read_be16(&peel->bytes);
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    return peel_ppp_protocol(peel, protocol);
}

/* Whether an Ethernet frame with an ethertype known here begins there. */
static bool looks_like_ethernet(struct reader ahead)
{
    read_skip(&ahead, 12);
    return peel_knows_ethertype(read_be16(&ahead));
}

/*
 * RFC 3032: nothing says what follows the bottom label. By custom (RFC 4928)
 * the first four bits tell: 4 and 6 are IP, 0 is a pseudowire's control word
 * (RFC 4448) with Ethernet behind it. Some leave that word out.
 */
bool peel_mpls(struct peel *peel)
{
    const uint32_t bottom = 0x100;
    struct reader ahead;
    uint32_t label;
    uint8_t nibble;

    do {
        label = read_be32(&peel->bytes);
        peel_note_place(peel, label >> 12);
    } while (!(label & bottom) && !peel->bytes.overrun);
    if (peel->bytes.overrun)
        return peel_ignore_overrun(peel);
    ahead = peel->bytes;
    nibble = read_u8(&ahead) >> 4;
    if (nibble == 4 || nibble == 6)
        return peel_ip(peel);
    if (looks_like_ethernet(peel->bytes))
        return peel_ethernet(peel);
    read_skip(&ahead, 3);
    if (nibble != 0 || !looks_like_ethernet(ahead))
        return peel_ignore(peel, WIRE_UNKNOWN_NETWORK);
    peel->bytes = ahead;
    return peel_ethernet(peel);
}
