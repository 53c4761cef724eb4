#include "pipeline/inject_kit.h"

static void turn_round(uint8_t *ip)
{
    uint8_t *tcp = ip + IPV4_SIZE;
    uint32_t source = get32(ip + 12);
    unsigned port = get16(tcp);

    set32(ip + 12, get32(ip + 16));
    set32(ip + 16, source);
    set16(tcp, get16(tcp + 2));
    set16(tcp + 2, port);
}

unsigned sum_of(const uint8_t *ip, size_t size)
{
    const uint8_t *tcp = ip + IPV4_SIZE;
    uint32_t sum = 6 + (uint32_t)size;

    for (size_t i = 12; i < IPV4_SIZE; i += 2)
        sum += get16(ip + i);
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += get16(tcp + i);
    if (size % 2)
        sum += (uint32_t)tcp[size - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

void inject(struct reel *reel, size_t at, const struct frame *like, nanos time,
            const struct injected *what)
{
    struct view view = {0};
    struct frame frame = *like;
    size_t size = TCP_PLAIN_SIZE + what->payload;
    uint8_t *ip;
    uint8_t *tcp;

    assert_true(view_of(like, &view));
    frame.data.size = view.tcp + size;
    frame.length = (uint32_t)frame.data.size;
    frame.time = time;
    frame.data.at = arena_alloc(&reel->arena, frame.data.size);
    memcpy((uint8_t *)frame.data.at, like->data.at, view.tcp + TCP_PLAIN_SIZE);
    ip = (uint8_t *)frame.data.at + view.ip;
    tcp = ip + IPV4_SIZE;
    if (what->turned)
        turn_round(ip);
    set16(ip + 2, IPV4_SIZE + size);
    set16(ip + 4, what->id);
    ip[8] = what->ttl;
    set32(tcp + 4, what->seq);
    set32(tcp + 8, what->flags & FLAG_ACK ? what->ack : 0);
    tcp[12] = TCP_PLAIN_SIZE / 4 << 4;
    tcp[13] = what->flags;
    set16(tcp + 14, 0x0200);
    set32(tcp + 16, 0);
    memset(tcp + TCP_PLAIN_SIZE, 'x', what->payload);
    set16(tcp + 16, sum_of(ip, size) ^ (what->bad_sum ? 0x1111 : 0));
    reel_insert(reel, at, &frame);
}
