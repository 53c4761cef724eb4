/* Numbers added to a text that serves as a buffer of bytes. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/text.h"

static inline void put_u8(struct text *out, unsigned value)
{
    uint8_t byte = (uint8_t)value;

    text_add_bytes(out, (struct span){&byte, 1});
}

static inline void put_be16(struct text *out, unsigned value)
{
    put_u8(out, value >> 8);
    put_u8(out, value);
}

static inline void put_be32(struct text *out, uint32_t value)
{
    put_be16(out, value >> 16);
    put_be16(out, value);
}

static inline void put_le16(struct text *out, unsigned value)
{
    put_u8(out, value);
    put_u8(out, value >> 8);
}

static inline void put_le32(struct text *out, uint32_t value)
{
    put_le16(out, value);
    put_le16(out, value >> 16);
}

static inline void put_le64(struct text *out, uint64_t value)
{
    put_le32(out, (uint32_t)value);
    put_le32(out, (uint32_t)(value >> 32));
}

static inline void put_zeros(struct text *out, size_t count)
{
    while (count--)
        put_u8(out, 0);
}

static inline struct span text_span(const struct text *text)
{
    return (struct span){(const uint8_t *)text_string(text), text->size};
}

/* Over a 16-bit field that was written before. */
static inline void patch_be16(struct text *out, size_t at, unsigned value)
{
    out->at[at] = (char)(uint8_t)(value >> 8);
    out->at[at + 1] = (char)(uint8_t)value;
}

static inline void patch_le32(struct text *out, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        out->at[at + i] = (char)(uint8_t)(value >> (8 * i));
}

#endif
