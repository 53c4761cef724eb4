#include "pipeline/frames_kit.h"

unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

void set16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void set32(uint8_t *at, uint32_t value)
{
    set16(at, value >> 16);
    set16(at + 2, value & 0xffff);
}

/* Where the IP header begins; 0 bytes of link layer is no answer but raw's. */
static bool find_ip(const struct frame *frame, size_t *ip)
{
    const uint8_t *data = frame->data.at;

    switch (frame->link_type) {
    case LINK_ETHERNET:
        *ip = ETHERNET_SIZE;
        return get16(data + 12) == 0x0800;
    case LINK_NULL:
        *ip = 4;
        return data[4] >> 4 == 4;
    case LINK_RAW:
        *ip = 0;
        return data[0] >> 4 == 4;
    default:
        return false;
    }
}

bool view_of(const struct frame *frame, struct view *view)
{
    const uint8_t *data = frame->data.at;
    size_t header;

    if (frame->data.size < ETHERNET_SIZE + 2 * IPV4_SIZE ||
        !find_ip(frame, &view->ip))
        return false;
    if (data[view->ip] != 0x45 || data[view->ip + 9] != 6)
        return false;
    view->tcp = view->ip + IPV4_SIZE;
    header = (size_t)(data[view->tcp + 12] >> 4) * 4;
    view->payload = view->tcp + header;
    view->payload_size = get16(data + view->ip + 2) - IPV4_SIZE - header;
    view->source = (uint16_t)get16(data + view->tcp);
    view->destination = (uint16_t)get16(data + view->tcp + 2);
    view->seq = get32(data + view->tcp + 4);
    view->flags = data[view->tcp + 13];
    return true;
}

void reel_init(struct reel *reel)
{
    *reel = (struct reel){.frames = 0};
    arena_init(&reel->arena);
    reel->frame = must_calloc((size_t)2 * TAPE_FRAMES_MAX, sizeof *reel->frame);
}

void reel_release(struct reel *reel)
{
    arena_release(&reel->arena);
    free(reel->frame);
}

void reel_clear(struct reel *reel)
{
    arena_release(&reel->arena);
    reel->frames = 0;
}

void reel_copy(struct reel *reel, const struct tape *tape)
{
    reel_clear(reel);
    memcpy(reel->frame, tape->frame, tape->frames * sizeof *tape->frame);
    reel->frames = tape->frames;
}

void reel_insert(struct reel *reel, size_t at, const struct frame *frame)
{
    assert_true(reel->frames < (size_t)2 * TAPE_FRAMES_MAX);
    memmove(&reel->frame[at + 1], &reel->frame[at],
            (reel->frames - at) * sizeof *reel->frame);
    reel->frame[at] = *frame;
    reel->frames++;
}

void reel_remove(struct reel *reel, size_t at)
{
    reel->frames--;
    memmove(&reel->frame[at], &reel->frame[at + 1],
            (reel->frames - at) * sizeof *reel->frame);
}

uint8_t *own_bytes(struct reel *reel, struct frame *frame, size_t front)
{
    size_t size = front + frame->data.size;
    uint8_t *bytes = arena_alloc(&reel->arena, size);

    memcpy(bytes + front, frame->data.at, frame->data.size);
    frame->data = (struct span){bytes, size};
    frame->length += (uint32_t)front;
    return bytes;
}

void set_payload(uint8_t *bytes, struct frame *frame, const struct view *view,
                 size_t size)
{
    set16(bytes + view->ip + 2, view->payload - view->ip + size);
    frame->data.size = view->payload + size;
    frame->length = (uint32_t)frame->data.size;
}

void reel_recut(struct reel *reel, size_t at, size_t size)
{
    struct frame second = reel->frame[at];
    struct frame *first = &reel->frame[at];
    size_t rest;
    struct view view = {0};
    uint8_t *bytes;

    assert_true(view_of(first, &view));
    rest = view.payload_size - size;
    bytes = own_bytes(reel, &second, 0);
    memmove(bytes + view.payload, bytes + view.payload + size, rest);
    set32(bytes + view.tcp + 4, view.seq + (uint32_t)size);
    set_payload(bytes, &second, &view, rest);
    bytes = own_bytes(reel, first, 0);
    bytes[view.tcp + 13] = view.flags & (uint8_t) ~(FLAG_FIN | FLAG_PSH);
    set_payload(bytes, first, &view, size);
    reel_insert(reel, at + 1, &second);
}

void reel_swap(struct reel *reel, size_t at)
{
    struct frame first = reel->frame[at];
    struct frame second = reel->frame[at + 1];
    nanos time = first.time;

    first.time = second.time;
    second.time = time;
    reel->frame[at] = second;
    reel->frame[at + 1] = first;
}

void wrap_vlan(struct reel *reel, struct frame *frame)
{
    uint8_t *bytes = own_bytes(reel, frame, VLAN_SIZE);

    memmove(bytes, bytes + VLAN_SIZE, 12);
    set32(bytes + 12, 0x81000007);
}

void wrap_vxlan(struct reel *reel, struct frame *frame)
{
    size_t front = ETHERNET_SIZE + IPV4_SIZE + UDP_SIZE + VXLAN_SIZE;
    uint8_t *bytes = own_bytes(reel, frame, front);
    uint8_t *ip = bytes + ETHERNET_SIZE;
    uint8_t *udp = ip + IPV4_SIZE;

    memcpy(bytes, bytes + front, 12);
    set16(bytes + 12, 0x0800);
    set16(ip, 0x4500);
    set16(ip + 2, frame->length - ETHERNET_SIZE);
    set32(ip + 8, 0x40110000);
    set32(ip + 12, 0xc0000201);
    set32(ip + 16, 0xc0000202);
    set16(udp, 50000);
    set16(udp + 2, VXLAN_PORT);
    set16(udp + 4, frame->length - ETHERNET_SIZE - IPV4_SIZE);
    udp[UDP_SIZE] = 0x08;
    set32(udp + UDP_SIZE + 4, 7 << 8);
}

void wrap_ipv6(struct reel *reel, struct frame *frame)
{
    size_t more = IPV6_SIZE - IPV4_SIZE;
    uint8_t old[ETHERNET_SIZE + IPV4_SIZE];
    uint8_t *bytes;
    uint8_t *ip;

    memcpy(old, frame->data.at, sizeof old);
    bytes = own_bytes(reel, frame, more);
    ip = bytes + ETHERNET_SIZE;
    memcpy(bytes, old, 12);
    memset(ip, 0, IPV6_SIZE);
    set16(bytes + 12, 0x86dd);
    set16(ip, 0x6000);
    set16(ip + 4, get16(old + ETHERNET_SIZE + 2) - IPV4_SIZE);
    ip[6] = 6;
    ip[7] = old[ETHERNET_SIZE + 8];
    ip[8] = 0xfd;
    ip[24] = 0xfd;
    memcpy(ip + 20, old + ETHERNET_SIZE + 12, 4);
    memcpy(ip + 36, old + ETHERNET_SIZE + 16, 4);
}
