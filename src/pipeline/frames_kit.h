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

unsigned get16(const uint8_t *at);
uint32_t get32(const uint8_t *at);
void set16(uint8_t *at, size_t value);
void set32(uint8_t *at, uint32_t value);

/* False when the frame is none of those that this kit rewrites. */
bool view_of(const struct frame *frame, struct view *view);

/* A reel is a list of frames under work: some borrowed, some its own. */
struct reel {
    struct frame *frame;
    size_t frames;
    struct arena arena;
};

void reel_init(struct reel *reel);
void reel_release(struct reel *reel);
void reel_copy(struct reel *reel, const struct tape *tape);

/* Puts a frame at a place, before what is there. */
void reel_insert(struct reel *reel, size_t at, const struct frame *frame);
void reel_remove(struct reel *reel, size_t at);

/* Gives the frame `size` bytes of its own and leaves room in front. */
uint8_t *own_bytes(struct reel *reel, struct frame *frame, size_t front);

/* Cuts the frame at `at` in two behind the first `size` payload bytes. */
void reel_recut(struct reel *reel, size_t at, size_t size);

/* The two frames change places; the clock does not. */
void reel_swap(struct reel *reel, size_t at);
void wrap_vlan(struct reel *reel, struct frame *frame);
void wrap_vxlan(struct reel *reel, struct frame *frame);

/* The same addresses, behind fd00::. */
void wrap_ipv6(struct reel *reel, struct frame *frame);
void set_payload(uint8_t *bytes, struct frame *frame, const struct view *view,
                 size_t size);
void reel_clear(struct reel *reel);

#endif
