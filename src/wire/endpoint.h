/*
 * Addresses and ports for people: "10.0.0.1:80", "[2001:db8::1]:80".
 */
#ifndef WIRE_ENDPOINT_H
#define WIRE_ENDPOINT_H

#include "base/hash.h"
#include "wire/segment.h"

#include <string.h>

enum {
    ENDPOINT_TEXT_SIZE = 64
};

/* Neither an address nor an endpoint has padding. */
static inline bool address_same(const struct address *a,
                                const struct address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* The same address and port? */
static inline bool endpoint_same(const struct endpoint *a,
                                 const struct endpoint *b)
{
    return a->port == b->port && address_same(&a->address, &b->address);
}

/* `seed`: of hash_seed. */
static inline uint64_t endpoint_hash(const struct endpoint *endpoint,
                                     uint64_t seed)
{
    uint64_t part[2];

    memcpy(part, endpoint->address.byte, sizeof part);
    if (endpoint->address.version == 4)
        return hash_mix(part[0] ^ seed, endpoint->port);
    return hash_mix(hash_mix(part[0] ^ seed, part[1] ^ endpoint->port), seed);
}

/* Writes its address alone, "10.0.0.1", and returns `text`. */
const char *endpoint_print_host(char text[static ENDPOINT_TEXT_SIZE],
                                const struct endpoint *endpoint);

/* Writes the endpoint and returns `text`. */
const char *endpoint_print(char text[static ENDPOINT_TEXT_SIZE],
                           const struct endpoint *endpoint);

#endif
