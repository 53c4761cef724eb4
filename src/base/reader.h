/*
 * A reader walks a span from front to back. It can never leave it.
 *
 * The first read past the end sets `overrun` and empties the rest; from then
 * on every read yields zero. A decoder may therefore read a whole header in
 * straight lines and test `overrun` once, at the end. It is the only code
 * that touches the bytes of a packet.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/span.h"

struct reader {
    struct span rest;
    bool overrun;
};

static inline struct reader reader_on(struct span span)
{
    return (struct reader){span, false};
}

/* The next `size` bytes as a span; empty, with `overrun` set, if short. */
static inline struct span read_span(struct reader *reader, size_t size)
{
    struct span taken = {reader->rest.at, size};

    if (size > reader->rest.size) {
        reader->rest.size = 0;
        reader->overrun = true;
        taken.size = 0;
        return taken;
    }
    reader->rest = span_skip(reader->rest, size);
    return taken;
}

/*
 * A reader on the next `size` bytes, taken off; an overrun sets both. Reading
 * a header of fixed size through one, its bounds are looked at once.
 */
static inline struct reader read_part(struct reader *reader, size_t size)
{
    struct reader part = {read_span(reader, size), false};

    part.overrun = part.rest.size < size;
    return part;
}

static inline void read_skip(struct reader *reader, size_t size)
{
    (void)read_span(reader, size);
}

static inline uint8_t read_u8(struct reader *reader)
{
    struct span b = read_span(reader, 1);

    return b.size ? b.at[0] : 0;
}

static inline uint16_t read_be16(struct reader *reader)
{
    struct span b = read_span(reader, 2);

    return b.size ? (uint16_t)((unsigned)b.at[0] << 8 | b.at[1]) : 0;
}

static inline uint32_t read_be24(struct reader *reader)
{
    struct span b = read_span(reader, 3);

    if (!b.size)
        return 0;
    return ((uint32_t)b.at[0] << 16) | ((uint32_t)b.at[1] << 8) | b.at[2];
}

static inline uint32_t read_be32(struct reader *reader)
{
    struct span b = read_span(reader, 4);

    if (!b.size)
        return 0;
    return ((uint32_t)b.at[0] << 24) | ((uint32_t)b.at[1] << 16) |
           ((uint32_t)b.at[2] << 8) | b.at[3];
}

static inline uint64_t read_be64(struct reader *reader)
{
    struct reader part = read_part(reader, 8);
    uint64_t high = read_be32(&part);

    return (high << 32) | read_be32(&part);
}

static inline uint16_t read_le16(struct reader *reader)
{
    struct span b = read_span(reader, 2);

    return b.size ? (uint16_t)((unsigned)b.at[1] << 8 | b.at[0]) : 0;
}

static inline uint32_t read_le32(struct reader *reader)
{
    struct span b = read_span(reader, 4);

    if (!b.size)
        return 0;
    return ((uint32_t)b.at[3] << 24) | ((uint32_t)b.at[2] << 16) |
           ((uint32_t)b.at[1] << 8) | b.at[0];
}

#endif
