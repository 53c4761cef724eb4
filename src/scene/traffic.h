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

/* False when the file cannot be written; errno says why. */
bool traffic_write(enum traffic_kind kind, uint64_t size, FILE *file);

#endif
