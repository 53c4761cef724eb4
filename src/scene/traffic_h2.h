/*
 * What the two ends of an HTTP/2 connection say: bursts of requests, several
 * streams in one segment, and the responses to them. The frames and how they
 * fall into segments are those of the lab's recordings of Go's net/http and
 * grpc-go (testdata/captures/healthy-h2-go, healthy-grpc-unary and -bidi):
 *
 *   - HEADERS are sent with the first DATA; what follows is sent as it comes,
 *     frame by frame, the streams in turn; a unary call's trailers go with it
 *   - a gRPC server meets the burst's DATA with WINDOW_UPDATE and PING, from
 *     whose answer it tells the bandwidth
 *   - both sides return each other's credit with the next burst
 *   - messages are of kilobytes, half of them below 1.5 kB, as in Google's
 *     fleet (Seemakhupt et al., A Cloud-Scale Characterization of Remote
 *     Procedure Calls, SOSP 2023); or, `tiny`, of some bytes, as in the lab
 *   - header blocks are compressed, here as nghttp2's encoder does it: most
 *     fields of a connection's later blocks are one byte
 */
#ifndef SCENE_TRAFFIC_H2_H
#define SCENE_TRAFFIC_H2_H

#include "base/text.h"
#include "scene/traffic_packet.h"

#include <nghttp2/nghttp2.h>

enum {
    TRAFFIC_H2_FLUSHES_MAX = 32
};

struct traffic_h2 {
    uint32_t next_stream;
    uint32_t greeted;       /* bursts so far */
    uint32_t uncredited[2]; /* bytes of DATA that this side has received */
    struct text request;
    struct text response;
    struct text pong; /* what the client's next ACK carries */
    size_t flush[TRAFFIC_H2_FLUSHES_MAX]; /* in `response`: where a segment
                                             ends */
    unsigned flushes;
    bool tiny;                       /* gRPC messages of some bytes */
    nghttp2_hd_deflater *encoder[2]; /* of requests, of responses; owned */
};

void traffic_h2_begin(struct traffic_h2 *h2);
void traffic_h2_release(struct traffic_h2 *h2);

/* How many bytes of the response, of which `done` are sent, leave at once. */
size_t traffic_h2_flush(const struct traffic_h2 *h2, size_t done);

/* Makes the next burst, and what the server will say to it. */
void traffic_h2_ask(struct traffic_h2 *h2, struct traffic_out *out, bool grpc);

#endif
