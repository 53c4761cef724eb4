/*
 * Ethernet and what comes between it and IP: VLAN tags, LLC, PPPoE and PPP,
 * MPLS.
 */
#include "wire/decode.h"

enum {
    ETHERNET_HEADER = 14,
    ETHERTYPE_MIN = 0x600, /* below: the length of an 802.3 frame */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd
};

bool decode_ethertype_next(struct decoding *decoding)
{
    uint16_t ethertype = read_be16(&decoding->bytes);

    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_ethertype(decoding, ethertype);
}

/*
 * To add an ethertype: its number, the bytes of its own header before the
 * next thing, and who takes that. Tags are headers whose next thing is again
 * an ethertype. The common ones come first.
 */
static const struct ethertype {
    uint16_t type;
    uint8_t skip;
    layer_decoder *decoding;
} ethertypes[] = {
    {ETHERTYPE_IPV4, 0, decode_ipv4          },
    {ETHERTYPE_IPV6, 0, decode_ipv6          },
    {0x8100,         2, decode_ethertype_next}, /* 802.1Q VLAN */
    {0x88a8,         2, decode_ethertype_next}, /* 802.1ad service VLAN */
    {0x9100,         2, decode_ethertype_next}, /* QinQ before it had a number */
    {0x9200,         2, decode_ethertype_next},
    {0x8864,         0, decode_pppoe         }, /* PPPoE session */
    {0x8847,         0, decode_mpls          }, /* MPLS unicast */
    {0x8848,         0, decode_mpls          }, /* MPLS multicast */
    {0x6558,         0, decode_ethernet      }, /* Ethernet, bridged */
    {0x88e7,         4, decode_ethernet      }, /* 802.1ah I-TAG */
    {0x8926,         4, decode_ethertype_next}, /* VN-Tag */
    {0x893f,         6, decode_ethertype_next}, /* 802.1BR E-TAG */
    {0x8909,         6, decode_ethertype_next}, /* Cisco metadata */
    {0x880b,         0, decode_ppp           }, /* PPP, in GRE */
    {0x88be,         0, decode_erspan_2      }, /* ERSPAN, in GRE */
    {0x22eb,         0, decode_erspan_3      },
};

static const struct ethertype *find_ethertype(uint16_t type)
{
    for (size_t i = 0; i < sizeof ethertypes / sizeof *ethertypes; i++) {
        if (ethertypes[i].type == type)
            return &ethertypes[i];
    }
    return NULL;
}

bool decode_knows_ethertype(uint16_t ethertype)
{
    return find_ethertype(ethertype) != NULL;
}

bool decode_ethertype(struct decoding *decoding, uint16_t type)
{
    const struct ethertype *row = find_ethertype(type);

    if (!decode_deeper(decoding))
        return false;
    if (type < ETHERTYPE_MIN)
        return decode_llc(decoding);
    if (!row)
        return decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
    for (uint8_t i = 0; i < row->skip; i += 2)
        decode_note_place(decoding, read_be16(&decoding->bytes));
    return row->decoding(decoding);
}

bool decode_ethernet(struct decoding *decoding)
{
    struct reader header = read_part(&decoding->bytes, ETHERNET_HEADER);

    if (header.overrun)
        return decode_ignore_overrun(decoding);
    read_skip(&header, 12);
    return decode_ethertype(decoding, read_be16(&header));
}

/* IEEE 802.2, with the SNAP extension of RFC 1042. */
bool decode_llc(struct decoding *decoding)
{
    enum {
        SAP_IP = 0x0606,
        SAP_SNAP = 0xaaaa,
        BRIDGE_TUNNEL = 0x0000f8
    };
    uint16_t saps = read_be16(&decoding->bytes);
    uint32_t organisation;

    read_skip(&decoding->bytes, 1);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    if (saps == SAP_IP)
        return decode_ipv4(decoding);
    if (saps != SAP_SNAP)
        return decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
    organisation = read_be24(&decoding->bytes);
    if (organisation != 0 && organisation != BRIDGE_TUNNEL)
        return decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
    return decode_ethertype_next(decoding);
}

/*
 * RFC 1662, 3.1 and 3.2: address and control (0xff 0x03) may be left out, and
 * of the protocol the high byte when it is zero, for then the low byte is odd.
 */
bool decode_ppp(struct decoding *decoding)
{
    struct reader ahead = decoding->bytes;
    uint16_t protocol;

    if (read_be16(&ahead) == 0xff03)
        decoding->bytes = ahead;
    protocol = read_u8(&decoding->bytes);
    if (protocol % 2 == 0)
        protocol = (uint16_t)(protocol << 8 | read_u8(&decoding->bytes));
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_ppp_protocol(decoding, protocol);
}

bool decode_ppp_protocol(struct decoding *decoding, uint16_t protocol)
{
    static const struct {
        uint16_t protocol;
        layer_decoder *decoding;
    } rows[] = {
        {0x0021, decode_ipv4},
        {0x0057, decode_ipv6},
        {0x0281, decode_mpls},
        {0x0283, decode_mpls},
    };

    if (!decode_deeper(decoding))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].protocol == protocol)
            return rows[i].decoding(decoding);
    }
    return decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
}

/* RFC 2516, 4: version and type 1, code 1, session 2, length 2. */
bool decode_pppoe(struct decoding *decoding)
{
    uint16_t protocol;

    read_skip(&decoding->bytes, 2);
    decode_note_place(decoding, read_be16(&decoding->bytes));
    read_skip(&decoding->bytes, 2);
    protocol = read_be16(&decoding->bytes);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    return decode_ppp_protocol(decoding, protocol);
}

/* Whether an Ethernet frame with an ethertype known here begins there. */
static bool looks_like_ethernet(struct reader ahead)
{
    read_skip(&ahead, 12);
    return decode_knows_ethertype(read_be16(&ahead));
}

/*
 * RFC 3032: nothing says what follows the bottom label. By custom (RFC 4928)
 * the first four bits tell: 4 and 6 are IP, 0 is a pseudowire's control word
 * (RFC 4448) with Ethernet behind it. Some leave that word out.
 */
bool decode_mpls(struct decoding *decoding)
{
    const uint32_t bottom = 0x100;
    struct reader ahead;
    uint32_t label;
    uint8_t nibble;

    do {
        label = read_be32(&decoding->bytes);
        decode_note_place(decoding, label >> 12);
    } while (!(label & bottom) && !decoding->bytes.overrun);
    if (decoding->bytes.overrun)
        return decode_ignore_overrun(decoding);
    ahead = decoding->bytes;
    nibble = read_u8(&ahead) >> 4;
    if (nibble == 4 || nibble == 6)
        return decode_ip(decoding);
    if (looks_like_ethernet(decoding->bytes))
        return decode_ethernet(decoding);
    read_skip(&ahead, 3);
    if (nibble != 0 || !looks_like_ethernet(ahead))
        return decode_ignore(decoding, WIRE_UNKNOWN_NETWORK);
    decoding->bytes = ahead;
    return decode_ethernet(decoding);
}
