/*
 * gRPC's messages, counted in one direction of a stream. Each is a byte of
 * flags, four of length and as many bytes (grpc.io, "gRPC over HTTP2",
 * Length-Prefixed-Message); frames of DATA cut them anywhere.
 */
#ifndef HTTP_H2_GRPC_H
#define HTTP_H2_GRPC_H

#include "base/span.h"

enum {
    H2_GRPC_PREFIX_SIZE = 5
};

struct h2_grpc {
    uint32_t whole;      /* messages that came to their end */
    uint32_t left;       /* of the message under way, or of its length so far */
    uint8_t prefix_size; /* bytes of its prefix that came */
    bool lost;           /* bytes were missed: where messages begin too */
};

/* Takes the DATA's bytes in order. `at` NULL: they are missing. */
void h2_grpc_take(struct h2_grpc *grpc, struct span bytes);

#endif
