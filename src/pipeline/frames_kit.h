/*
 * For the tests of this folder: frames rewritten. Only what needs no more
 * than fixed offsets is understood: TCP in IPv4, in Ethernet, in BSD's null
 * link layer or bare. Checksums are left wrong; the program does not mind.
 */
#ifndef PIPELINE_FRAMES_KIT_H
#define PIPELINE_FRAMES_KIT_H

#include "pipeline/scenes_kit.h"

enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW = 101
};

enum {
    ETHERNET_SIZE = 14,
    VLAN_SIZE = 4,
    IPV4_SIZE = 20,
    IPV6_SIZE = 40,
    UDP_SIZE = 8,
    VXLAN_SIZE = 8,
    VXLAN_PORT = 4789
};

enum {
    FLAG_FIN = 0x01,
    FLAG_SYN = 0x02,
    FLAG_RST = 0x04,
    FLAG_PSH = 0x08,
    FLAG_ACK = 0x10
};

/* Where things are in a frame's bytes, and what the headers say. */
struct view {
    size_t ip;
    size_t tcp;
    size_t payload;
    size_t payload_size; /* as sent; a short snap length does not count */
    uint16_t source;
    uint16_t destination;
    uint32_t seq;
    uint8_t flags;
};

static inline unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static inline void set16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void set32(uint8_t *at, uint32_t value)
{
    set16(at, value >> 16);
    set16(at + 2, value & 0xffff);
}

/* Where the IP header begins; 0 bytes of link layer is no answer but raw's. */
static inline bool find_ip(const struct frame *frame, size_t *ip)
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

/* False when the frame is none of those that this kit rewrites. */
static inline bool view_of(const struct frame *frame, struct view *view)
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

/* A reel is a list of frames under work: some borrowed, some its own. */
struct reel {
    struct frame *frame;
    size_t frames;
    struct arena arena;
};

static inline void reel_init(struct reel *reel)
{
    *reel = (struct reel){.frames = 0};
    arena_init(&reel->arena);
    reel->frame = must_calloc((size_t)2 * TAPE_FRAMES_MAX, sizeof *reel->frame);
}

static inline void reel_release(struct reel *reel)
{
    arena_release(&reel->arena);
    free(reel->frame);
}

static inline void reel_clear(struct reel *reel)
{
    arena_release(&reel->arena);
    reel->frames = 0;
}

static inline void reel_copy(struct reel *reel, const struct tape *tape)
{
    reel_clear(reel);
    memcpy(reel->frame, tape->frame, tape->frames * sizeof *tape->frame);
    reel->frames = tape->frames;
}

/* Puts a frame at a place, before what is there. */
static inline void reel_insert(struct reel *reel, size_t at,
                               const struct frame *frame)
{
    assert_true(reel->frames < (size_t)2 * TAPE_FRAMES_MAX);
    memmove(&reel->frame[at + 1], &reel->frame[at],
            (reel->frames - at) * sizeof *reel->frame);
    reel->frame[at] = *frame;
    reel->frames++;
}

static inline void reel_remove(struct reel *reel, size_t at)
{
    reel->frames--;
    memmove(&reel->frame[at], &reel->frame[at + 1],
            (reel->frames - at) * sizeof *reel->frame);
}

/* Gives the frame `size` bytes of its own and leaves room in front. */
static inline uint8_t *own_bytes(struct reel *reel, struct frame *frame,
                                 size_t front)
{
    size_t size = front + frame->data.size;
    uint8_t *bytes = arena_alloc(&reel->arena, size);

    memcpy(bytes + front, frame->data.at, frame->data.size);
    frame->data = (struct span){bytes, size};
    frame->length += (uint32_t)front;
    return bytes;
}

static inline void set_payload(uint8_t *bytes, struct frame *frame,
                               const struct view *view, size_t size)
{
    set16(bytes + view->ip + 2, view->payload - view->ip + size);
    frame->data.size = view->payload + size;
    frame->length = (uint32_t)frame->data.size;
}

/* Cuts the frame at `at` in two behind the first `size` payload bytes. */
static inline void reel_recut(struct reel *reel, size_t at, size_t size)
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

/* The two frames change places; the clock does not. */
static inline void reel_swap(struct reel *reel, size_t at)
{
    struct frame first = reel->frame[at];
    struct frame second = reel->frame[at + 1];
    nanos time = first.time;

    first.time = second.time;
    second.time = time;
    reel->frame[at] = second;
    reel->frame[at + 1] = first;
}

static inline void wrap_vlan(struct reel *reel, struct frame *frame)
{
    uint8_t *bytes = own_bytes(reel, frame, VLAN_SIZE);

    memmove(bytes, bytes + VLAN_SIZE, 12);
    set32(bytes + 12, 0x81000007);
}

static inline void wrap_vxlan(struct reel *reel, struct frame *frame)
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

/* The same addresses, behind fd00::. */
static inline void wrap_ipv6(struct reel *reel, struct frame *frame)
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

#endif
