/*
 * Traffic to measure with: many keep-alive connections at once, as a classic
 * pcap of about a given size. The same arguments give the same bytes.
 */
#ifndef SCENE_TRAFFIC_H
#define SCENE_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum traffic_kind {
    TRAFFIC_LARGE,    /* HTTP/1.1, bodies up to 200 kB */
    TRAFFIC_SMALL,    /* HTTP/1.1, bodies of some bytes, every packet small */
    TRAFFIC_H2,       /* HTTP/2 on port 8080, several streams at a time */
    TRAFFIC_GRPC,     /* the same with gRPC's messages and trailers */
    TRAFFIC_GRPC_TINY /* and messages of some bytes only */
};

struct traffic_order {
    enum traffic_kind kind;
    uint64_t size; /* of the file, about */
    /* HTTP/1.1: paths, of one server, the first as often as the second to the
     * fourth, as the fifth to the fifteenth, and so on; 0: one, of four */
    uint32_t routes;
};

/* False when the file cannot be written; errno says why. */
bool traffic_write(const struct traffic_order *order, FILE *file);

#endif
