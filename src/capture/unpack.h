/*
 * Decompression as a stream: gzip, zstd and lz4 behind one step function.
 * Nothing here reads a file or holds more than the decoder's own window, so
 * a small file that unpacks to a huge one costs time, not memory.
 */
#ifndef CAPTURE_UNPACK_H
#define CAPTURE_UNPACK_H

#include "base/span.h"

enum unpack_result {
    UNPACK_INSIDE,  /* in the midst of a member */
    UNPACK_BETWEEN, /* a member is complete; another one may follow */
    UNPACK_BROKEN   /* no more can be decoded; `why` says why */
};

/* One step: takes from the front of `in`, puts `made` bytes into `out`. */
struct unpack_step {
    struct span in;
    uint8_t *out;
    size_t room;
    size_t made;
    const char *why;
};

struct unpacker {
    const char *name;
    bool (*knows)(struct span head);
    void *(*open)(void);
    enum unpack_result (*step)(void *state, struct unpack_step *step);
    void (*close)(void *state);
};

/* As many bytes as any unpacker wants to see to know its own. */
enum {
    UNPACK_HEAD_SIZE = 4
};

/* The unpacker for what starts like this; NULL when it is not packed. */
const struct unpacker *unpack_find(struct span head);

#endif
