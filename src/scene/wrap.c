#include "scene/wrap.h"

#include "base/bytes.h"
#include "scene/packet.h"

enum {
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_MPLS = 0x8847,
    WRAPPED_MAX = 70000
};

static void put_macs(struct text *out)
{
    put_be16(out, 0x0200);
    put_be32(out, 2);
    put_be16(out, 0x0200);
    put_be32(out, 1);
}

/*
 * Each puts its header around `inside`, whose ethertype is `type`, and
 * returns the ethertype of the whole.
 */
typedef uint16_t wrap_writer(uint32_t value, uint16_t type, struct span inside,
                             struct text *out);

static uint16_t write_vlan(uint32_t value, uint16_t type, struct span inside,
                           struct text *out)
{
    put_be16(out, value);
    put_be16(out, type);
    text_add_bytes(out, inside);
    return TYPE_VLAN;
}

static uint16_t write_mpls(uint32_t value, uint16_t type, struct span inside,
                           struct text *out)
{
    const uint32_t bottom_and_ttl = 0x140;
    const uint32_t ttl = 0x40;

    put_be32(out, value << 12 | (type == TYPE_MPLS ? ttl : bottom_and_ttl));
    text_add_bytes(out, inside);
    return TYPE_MPLS;
}

static uint16_t write_gre(uint32_t value, uint16_t type, struct span inside,
                          struct text *out)
{
    (void)value;
    packet_write_outer(47, inside.size + 4, out);
    put_be16(out, 0);
    put_be16(out, type);
    text_add_bytes(out, inside);
    return TYPE_IPV4;
}

static uint16_t write_ipip(uint32_t value, uint16_t type, struct span inside,
                           struct text *out)
{
    (void)value;
    packet_write_outer(type == TYPE_IPV6 ? 41 : 4, inside.size, out);
    text_add_bytes(out, inside);
    return TYPE_IPV4;
}

static uint16_t write_vxlan(uint32_t value, uint16_t type, struct span inside,
                            struct text *out)
{
    enum {
        UDP_HEADER = 8,
        VXLAN_HEADER = 8,
        ETHERNET_HEADER = 14
    };
    size_t size = UDP_HEADER + VXLAN_HEADER + ETHERNET_HEADER + inside.size;

    packet_write_outer(17, size, out);
    put_be16(out, 50000);
    put_be16(out, 4789);
    put_be16(out, (unsigned)size);
    put_be16(out, 0); /* no checksum */
    put_be32(out, 0x08000000);
    put_be32(out, value << 8);
    put_macs(out);
    put_be16(out, type);
    text_add_bytes(out, inside);
    return TYPE_IPV4;
}

/* To add a wrapping: its word, the largest value it takes (0: none), how. */
static const struct wrap_kind {
    const char *name;
    uint32_t value_max;
    wrap_writer *write;
    bool needs_ip; /* can hold IP only */
} wrap_kinds[] = {
    {"vlan",  4094,     write_vlan,  false},
    {"mpls",  0xfffff,  write_mpls,  false},
    {"gre",   0,        write_gre,   false},
    {"ipip",  0,        write_ipip,  true },
    {"vxlan", 0xffffff, write_vxlan, false},
};

static bool is_ip(uint16_t type)
{
    return type == TYPE_IPV4 || type == TYPE_IPV6;
}

static bool write_ethernet(uint16_t type, struct text *out)
{
    put_macs(out);
    put_be16(out, type);
    return true;
}

/* As a little-endian machine with macOS writes it: AF_INET, AF_INET6. */
static bool write_null(uint16_t type, struct text *out)
{
    put_le32(out, type == TYPE_IPV6 ? 30 : 2);
    return is_ip(type);
}

static bool write_raw(uint16_t type, struct text *out)
{
    (void)out;
    return is_ip(type);
}

static bool write_sll(uint16_t type, struct text *out)
{
    put_be16(out, 0); /* to us */
    put_be16(out, 1); /* from Ethernet, with an address of 6 bytes */
    put_be16(out, 6);
    put_be16(out, 0x0200);
    put_be32(out, 1);
    put_be16(out, 0);
    put_be16(out, type);
    return true;
}

/* To add a link layer: its word, its LINKTYPE_*, and what comes first. */
static const struct link_kind {
    const char *name;
    uint16_t type;
    bool (*write)(uint16_t ethertype, struct text *out);
} link_kinds[] = {
    {"ethernet", 1,   write_ethernet},
    {"null",     0,   write_null    },
    {"raw",      101, write_raw     },
    {"sll",      113, write_sll     },
};

bool wraps_read_via(struct words *words, struct wraps *wraps)
{
    for (size_t i = 0; i < sizeof wrap_kinds / sizeof *wrap_kinds; i++) {
        const struct wrap_kind *kind = &wrap_kinds[i];
        int64_t value = 0;

        if (!words_take(words, kind->name))
            continue;
        if (wraps->count == WRAPS_MAX)
            return words_fail(words, "too many wrappings");
        if (kind->value_max &&
            !words_number(words, kind->name, 0, kind->value_max, &value))
            return false;
        wraps->wrap[wraps->count].kind = kind;
        wraps->wrap[wraps->count++].value = (uint32_t)value;
        return true;
    }
    return words_fail(words, "via what?");
}

bool wraps_read_link(struct words *words, struct wraps *wraps)
{
    for (size_t i = 0; i < sizeof link_kinds / sizeof *link_kinds; i++) {
        if (!words_take(words, link_kinds[i].name))
            continue;
        wraps->link = &link_kinds[i];
        return true;
    }
    return words_fail(words, "unknown link layer");
}

static const struct link_kind *link_of(const struct wraps *wraps)
{
    return wraps->link ? wraps->link : &link_kinds[0];
}

uint16_t wraps_link_type(const struct wraps *wraps)
{
    return link_of(wraps)->type;
}

bool wraps_write(const struct wraps *wraps, struct span ip, struct text *out)
{
    uint16_t type = ip.at[0] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4;
    struct text inside, outside;
    bool fits = true;

    text_init(&inside, WRAPPED_MAX);
    text_init(&outside, WRAPPED_MAX);
    text_add_bytes(&inside, ip);
    for (size_t i = wraps->count; i > 0; i--) {
        const struct wrap_kind *kind = wraps->wrap[i - 1].kind;
        struct text swap = inside;

        fits = fits && (is_ip(type) || !kind->needs_ip);
        text_clear(&outside);
        type = kind->write(wraps->wrap[i - 1].value, type, text_span(&inside),
                           &outside);
        inside = outside;
        outside = swap;
    }
    fits = link_of(wraps)->write(type, out) && fits;
    text_add_bytes(out, text_span(&inside));
    text_release(&inside);
    text_release(&outside);
    return fits;
}
