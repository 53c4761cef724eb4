#include "scene/packet.h"

#include "base/bytes.h"

#include <assert.h>

enum {
    IPV4_HEADER = 20,
    TCP_HEADER = 20,
    PROTOCOL_TCP = 6
};

/* The sum of RFC 1071, not yet folded. */
static uint32_t add_sum(uint32_t sum, struct span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        sum += i % 2 ? bytes.at[i] : (uint32_t)bytes.at[i] << 8;
    return sum;
}

static uint16_t fold_sum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_address(struct text *out, const struct packet_address *address)
{
    text_add_bytes(out,
                   (struct span){address->byte, address->is_ipv6 ? 16 : 4});
}

/* Up to the addresses, with the checksum still 0. */
static void put_ipv4_start(struct text *out, uint16_t id, uint8_t ttl,
                           uint8_t protocol, size_t size)
{
    assert(size + IPV4_HEADER <= UINT16_MAX);
    put_be16(out, 0x4500);
    put_be16(out, (unsigned)(size + IPV4_HEADER));
    put_be16(out, id);
    put_be16(out, 0x4000); /* do not fragment */
    put_u8(out, ttl);
    put_u8(out, protocol);
    put_be16(out, 0);
}

static void patch_ipv4_checksum(struct text *out, size_t start)
{
    struct span header =
        span_head(span_skip(text_span(out), start), IPV4_HEADER);

    patch_be16(out, start + 10, fold_sum(add_sum(0, header)));
}

void packet_write_outer(uint8_t protocol, size_t size, struct text *out)
{
    size_t start = out->size;

    put_ipv4_start(out, 0, 64, protocol, size);
    put_be32(out, 0xc0000201);
    put_be32(out, 0xc0000202);
    patch_ipv4_checksum(out, start);
}

static void write_ip(const struct packet *packet, size_t size, struct text *out)
{
    size_t start = out->size;

    if (!packet->from.is_ipv6) {
        put_ipv4_start(out, packet->ip_id, packet->ttl, PROTOCOL_TCP, size);
        put_address(out, &packet->from);
        put_address(out, &packet->to);
        patch_ipv4_checksum(out, start);
        return;
    }
    put_be32(out, 0x60000000);
    put_be16(out, (unsigned)size);
    put_u8(out, PROTOCOL_TCP);
    put_u8(out, packet->ttl);
    put_address(out, &packet->from);
    put_address(out, &packet->to);
}

static void put_nops(struct text *out, int count)
{
    while (count--)
        put_u8(out, 1);
}

static void put_timestamp(const struct packet_options *options,
                          struct text *out)
{
    put_be16(out, 0x080a);
    put_be32(out, options->timestamp);
    put_be32(out, options->echo);
}

static void put_mss(const struct packet_options *options, struct text *out)
{
    put_be16(out, 0x0204);
    put_be16(out, options->mss);
}

static void put_scale(const struct packet_options *options, struct text *out)
{
    put_nops(out, 1);
    put_be16(out, 0x0303);
    put_u8(out, options->scale);
}

/* Linux: tcp_options_write puts SACK and timestamp into one word's room. */
static void write_linux_options(const struct packet_options *options,
                                struct text *out)
{
    if (options->has_mss)
        put_mss(options, out);
    if (!options->sack_permitted && options->has_timestamp)
        put_nops(out, 2);
    if (options->sack_permitted && !options->has_timestamp)
        put_nops(out, 2);
    if (options->sack_permitted)
        put_be16(out, 0x0402);
    if (options->has_timestamp)
        put_timestamp(options, out);
    if (options->has_scale)
        put_scale(options, out);
}

static void write_macos_options(const struct packet_options *options,
                                struct text *out)
{
    if (options->has_mss)
        put_mss(options, out);
    if (options->has_scale)
        put_scale(options, out);
    if (options->has_timestamp) {
        put_nops(out, 2);
        put_timestamp(options, out);
    }
    if (options->sack_permitted)
        put_be16(out, 0x0402);
}

static void write_options(const struct packet_options *options,
                          struct text *out)
{
    size_t start = out->size;

    if (options->like_macos)
        write_macos_options(options, out);
    else
        write_linux_options(options, out);
    if (options->sacks) {
        put_nops(out, 2);
        put_u8(out, 5);
        put_u8(out, (unsigned)(2 + 8 * options->sacks));
    }
    for (size_t i = 0; i < options->sacks; i++) {
        put_be32(out, options->sack[i].start);
        put_be32(out, options->sack[i].end);
    }
    while ((out->size - start) % 4)
        put_u8(out, 0); /* end of options */
}

size_t packet_options_size(const struct packet_options *options)
{
    struct text text;
    size_t size;

    text_init(&text, UINT8_MAX);
    write_options(options, &text);
    size = text.size;
    text_release(&text);
    return size;
}

/* RFC 9293, 3.1: over the addresses, protocol, size, header and payload. */
static uint16_t tcp_checksum(const struct packet *packet, struct span bytes)
{
    size_t size = packet->from.is_ipv6 ? 16 : 4;
    uint32_t sum = PROTOCOL_TCP + (uint32_t)bytes.size;

    sum = add_sum(sum, (struct span){packet->from.byte, size});
    sum = add_sum(sum, (struct span){packet->to.byte, size});
    return fold_sum(add_sum(sum, bytes));
}

static void write_tcp(const struct packet *packet, struct text *out)
{
    size_t header;

    put_be16(out, packet->from_port);
    put_be16(out, packet->to_port);
    put_be32(out, packet->seq);
    put_be32(out, packet->ack);
    put_u8(out, 0);
    put_u8(out, packet->flags);
    put_be16(out, packet->window);
    put_be32(out, 0);
    write_options(&packet->options, out);
    header = out->size;
    out->at[12] = (char)(uint8_t)(header / 4 << 4);
    text_add_bytes(out, packet->payload);
    patch_be16(out, 16, tcp_checksum(packet, text_span(out)));
}

void packet_write(const struct packet *packet, struct text *out)
{
    struct text tcp;

    assert(packet->payload.size <= PACKET_PAYLOAD_MAX);
    assert(packet_options_size(&packet->options) <= PACKET_OPTIONS_MAX);
    text_init(&tcp, UINT16_MAX);
    write_tcp(packet, &tcp);
    write_ip(packet, tcp.size, out);
    text_add_bytes(out, text_span(&tcp));
    text_release(&tcp);
}
