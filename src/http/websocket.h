/*
 * One direction of a WebSocket: its frames are cut, to know whether it said
 * that it closes (RFC 6455, 5.2 and 5.5.1). Payload is passed over.
 */
#ifndef HTTP_WEBSOCKET_H
#define HTTP_WEBSOCKET_H

#include "base/span.h"
#include "tcp/conn.h"

enum {
    WEBSOCKET_HEAD_SIZE = 10 /* without the mask, which is passed over */
};

struct websocket {
    uint64_t left; /* bytes of the frame, mask included, still to come */
    uint8_t head[WEBSOCKET_HEAD_SIZE];
    uint8_t head_size;
    bool lost;         /* where frames begin is not known any more */
    struct mark close; /* its first Close frame; not set: none came */
};

/* Bytes in order, and bytes that are missing. */
void websocket_take(struct websocket *websocket, struct span bytes,
                    struct mark at);
void websocket_skip(struct websocket *websocket, uint64_t size);

#endif
