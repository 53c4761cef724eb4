/*
 * Hashing of what a capture says: its sender may choose addresses and numbers
 * that share a bucket, so every table of them mixes in a seed that nobody
 * knows. Buckets then stay short whatever is in the capture. Nothing that is
 * told may depend on the order of buckets: it would differ from run to run.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

#include <stdint.h>

/* A seed of the system's; a constant where it has none. */
uint64_t hash_seed(void);

/* Every bit of both spreads over the result: multiply, then fold. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)(a ^ UINT64_C(0xa0761d6478bd642f)) *
                          (b ^ UINT64_C(0xe7037ed1a0b428db));

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Of bytes, without a seed: for what is compared within one run and neither
 * told nor put into a table. */
uint64_t hash_span(struct span span);

#endif
