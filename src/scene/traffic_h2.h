/*
 * What the two ends of an HTTP/2 connection say: bursts of requests, and the
 * responses to them with their DATA frames in turn. Both sides return each
 * other's credit with the next burst. Header blocks are compressed as
 * nghttp2's own programs do it, for no client writes out again what is in its
 * peer's table: most fields of a connection's later blocks are one byte.
 */
#ifndef SCENE_TRAFFIC_H2_H
#define SCENE_TRAFFIC_H2_H

#include "base/text.h"
#include "scene/traffic_packet.h"

#include <nghttp2/nghttp2.h>

struct traffic_h2 {
    uint32_t next_stream;
    uint32_t greeted;       /* bursts so far */
    uint32_t uncredited[2]; /* bytes of DATA that this side has received */
    struct text request;
    struct text response;
    nghttp2_hd_deflater *encoder[2]; /* of requests, of responses; owned */
};

void traffic_h2_begin(struct traffic_h2 *h2);
void traffic_h2_release(struct traffic_h2 *h2);

/* Makes the next burst, and what the server will say to it. */
void traffic_h2_ask(struct traffic_h2 *h2, struct traffic_out *out, bool grpc);

#endif
