/*
 * For the tests of this folder that make up packets as they go: a stage with
 * one client and one server on it, whose segments go straight into a pipeline.
 */
#ifndef PIPELINE_STAGE_KIT_H
#define PIPELINE_STAGE_KIT_H

#include "pipeline/pipeline.h"

#define CLIENT_ADDRESS UINT32_C(0x0a000001)
#define SERVER_ADDRESS UINT32_C(0x0a800001)

enum {
    LINK_ETHERNET = 1,
    LINK_RAW = 101,
    IPV4_SIZE = 20,
    TCP_SIZE = 20,
    FRAME_ROOM = 1 << 16,
    PORT_CLIENT = 40000,
    PORT_SERVER = 80
};

/* What a packet varies in is a member. */
struct stage {
    struct pipeline *pipeline;
    struct frame frame;
    nanos step; /* of the clock between two packets */
    uint16_t id;
    uint32_t client;
    uint16_t port;
    uint32_t seq[2]; /* the next number of client and server */
    uint8_t byte[FRAME_ROOM];
};

void put16(uint8_t *at, size_t value);
void put32(uint8_t *at, uint32_t value);

/* An IPv4 header with `size` bytes to follow. */
void put_ip(struct stage *stage, uint8_t *at, uint8_t protocol, size_t size);
void stage_give(struct stage *stage, size_t size);

/* A segment of the present connection; the payload is in its place already. */
void stage_send(struct stage *stage, unsigned side, uint8_t flags, size_t size);
uint8_t *payload(struct stage *stage);
void stage_say(struct stage *stage, unsigned side, const char *text);
void stage_open(struct stage *stage);

#endif
