#include "base/hash.h"

#include <string.h>
#include <sys/random.h>

uint64_t hash_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = UINT64_C(0x9e3779b97f4a7c15);
    return seed;
}

uint64_t hash_span(struct span span)
{
    uint64_t hash = span.size;
    uint64_t word = 0;
    size_t at = 0;

    for (; at + sizeof word <= span.size; at += sizeof word) {
        memcpy(&word, span.at + at, sizeof word);
        hash = hash_mix(hash, word);
    }
    word = 0;
    for (unsigned shift = 0; at < span.size; at++, shift += 8)
        word |= (uint64_t)span.at[at] << shift;
    return hash_mix(hash, word);
}
