#include "scene/traffic_packet.h"

#include <math.h>

enum {
    ETHERNET_SIZE = 14,
    PACKET_HEAD_SIZE = 66, /* Ethernet, IPv4, TCP with timestamps */
    SYN_EXTRA_SIZE = 8,    /* what a SYN has besides */
    RECORD_HEAD_SIZE = 16
};

/* xorshift64*: small, and good enough for a load. */
uint32_t traffic_draw(struct traffic_out *out)
{
    out->random ^= out->random >> 12;
    out->random ^= out->random << 25;
    out->random ^= out->random >> 27;
    return (uint32_t)((out->random * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
}

/* From `least` to `most`, both included. */
uint32_t traffic_draw_even(struct traffic_out *out, uint32_t least,
                           uint32_t most)
{
    return least + traffic_draw(out) % (most - least + 1);
}

/* The same, but as often from 1 to 10 as from 10 to 100. */
uint32_t traffic_draw_spread(struct traffic_out *out, uint32_t least,
                             uint32_t most)
{
    double share = traffic_draw(out) / 4294967296.0;

    return (uint32_t)(least * pow((double)most / least, share));
}

static uint8_t *put16(uint8_t *to, uint32_t value)
{
    *to++ = (uint8_t)(value >> 8);
    *to++ = (uint8_t)value;
    return to;
}

static uint8_t *put32(uint8_t *to, uint32_t value)
{
    return put16(put16(to, value >> 16), value);
}

/* Ethernet and IPv4; checksums stay zero, as offloading leaves them. */
static uint8_t *put_ip(uint8_t *to, struct traffic_host *from,
                       const struct traffic_host *into, uint32_t size)
{
    to = put32(put16(to, 0x0200), into->address);
    to = put32(put16(to, 0x0200), from->address);
    to = put16(to, 0x0800);
    to = put32(to, 0x45000000 | (size - ETHERNET_SIZE));
    to = put32(to, (uint32_t)from->ip_id++ << 16 | 0x4000);
    to = put32(to, 64 << 24 | 6 << 16);
    return put32(put32(to, from->address), into->address);
}

static uint8_t *put_tcp(uint8_t *to, const struct traffic_end *from,
                        const struct traffic_end *into, unsigned flags)
{
    bool syn = flags & TRAFFIC_SYN;
    bool ack = flags & TRAFFIC_ACK;

    to = put32(to, (uint32_t)from->port << 16 | into->port);
    to = put32(put32(to, from->seq), ack ? into->seq : 0);
    to = put16(to, (syn ? 10U : 8U) << 12 | flags);
    to = put32(put16(to, syn ? 64240 : 1024), 0);
    if (syn)
        to = put32(to, 0x02040000 | (TRAFFIC_SEGMENT_SIZE + 12));
    to = put32(to, syn ? 0x0402080a : 0x0101080a);
    to = put32(put32(to, from->clock), ack ? into->clock : 0);
    return syn ? put32(to, 0x01030307) : to;
}

static void write_bytes(struct traffic_out *out, const void *bytes, size_t size)
{
    (void)fwrite_unlocked(bytes, 1, size, out->file);
    out->written += size;
}

void traffic_send(struct traffic_out *out, const struct traffic_packet *packet)
{
    uint8_t head[PACKET_HEAD_SIZE + SYN_EXTRA_SIZE];
    const struct traffic_payload *payload = &packet->payload;
    struct traffic_end *from = packet->from;
    unsigned flags = packet->flags;
    uint32_t carried = (uint32_t)payload->text.size + payload->filler_size;
    uint32_t head_size = flags & TRAFFIC_SYN ? PACKET_HEAD_SIZE + SYN_EXTRA_SIZE
                                             : PACKET_HEAD_SIZE;
    uint32_t size = head_size + carried;
    uint32_t record[] = {
        (uint32_t)(packet->at / NANOS_PER_SECOND),
        (uint32_t)(packet->at % NANOS_PER_SECOND / TRAFFIC_MICRO), size, size};

    from->clock = from->clock_base +
                  (uint32_t)((packet->at - TRAFFIC_START) / NANOS_PER_MILLI);
    (void)put_tcp(put_ip(head, from->host, packet->into->host, size), from,
                  packet->into, flags);
    write_bytes(out, record, RECORD_HEAD_SIZE);
    write_bytes(out, head, head_size);
    write_bytes(out, payload->text.at, payload->text.size);
    write_bytes(out, out->filler, payload->filler_size);
    from->seq += carried + ((flags & (TRAFFIC_SYN | TRAFFIC_FIN)) != 0);
}

void traffic_begin(struct traffic_out *out, FILE *file)
{
    static const uint32_t header[] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1};

    out->file = file;
    out->random = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < TRAFFIC_FILLER_SIZE; i++)
        out->filler[i] = (char)traffic_draw_even(out, 'a', 'z');
    write_bytes(out, header, sizeof header);
}
