#include "pipeline/stage_kit.h"

void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

void put_ip(struct stage *stage, uint8_t *at, uint8_t protocol, size_t size)
{
    memset(at, 0, IPV4_SIZE);
    put16(at, 0x4500);
    put16(at + 2, IPV4_SIZE + size);
    put16(at + 4, ++stage->id);
    at[8] = 64;
    at[9] = protocol;
    put32(at + 12, stage->client);
    put32(at + 16, SERVER_ADDRESS);
}

void stage_give(struct stage *stage, size_t size)
{
    stage->frame.data = (struct span){stage->byte, size};
    stage->frame.length = (uint32_t)size;
    stage->frame.number++;
    stage->frame.file_number++;
    stage->frame.time += stage->step;
    pipeline_take(stage->pipeline, &stage->frame);
}

void stage_send(struct stage *stage, unsigned side, uint8_t flags, size_t size)
{
    uint8_t *ip = stage->byte;
    uint8_t *tcp = ip + IPV4_SIZE;

    put_ip(stage, ip, 6, TCP_SIZE + size);
    if (side == 1) {
        put32(ip + 12, SERVER_ADDRESS);
        put32(ip + 16, stage->client);
    }
    put16(tcp, side ? PORT_SERVER : stage->port);
    put16(tcp + 2, side ? stage->port : PORT_SERVER);
    put32(tcp + 4, stage->seq[side]);
    put32(tcp + 8, flags & TCP_ACK ? stage->seq[!side] : 0);
    tcp[12] = TCP_SIZE / 4 << 4;
    tcp[13] = flags;
    put16(tcp + 14, 0xffff);
    put32(tcp + 16, 0);
    stage_give(stage, IPV4_SIZE + TCP_SIZE + size);
    stage->seq[side] += (uint32_t)size + ((flags & TCP_SYN) != 0);
}

uint8_t *payload(struct stage *stage)
{
    return stage->byte + IPV4_SIZE + TCP_SIZE;
}

void stage_say(struct stage *stage, unsigned side, const char *text)
{
    memcpy(payload(stage), text, strlen(text));
    stage_send(stage, side, TCP_ACK | TCP_PSH, strlen(text));
}

void stage_open(struct stage *stage)
{
    stage->seq[0] = 1000;
    stage->seq[1] = 2000;
    stage_send(stage, 0, TCP_SYN, 0);
    stage_send(stage, 1, TCP_SYN | TCP_ACK, 0);
    stage_send(stage, 0, TCP_ACK, 0);
}
