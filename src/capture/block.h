/*
 * The blocks of a pcapng stream, one after the other: where each begins and
 * ends, and in which byte order. What is in them is for pcapng.c.
 *
 *     type 4 | total length 4 | body ... padded to 4 | total length 4
 *
 * Lengths come from the file and are believed only as far as bytes arrive:
 * the buffer grows with what was read, and never past BLOCK_SIZE_MOST.
 */
#ifndef CAPTURE_BLOCK_H
#define CAPTURE_BLOCK_H

#include "base/reader.h"
#include "capture/format.h"

#include <stdio.h>

enum {
    BLOCK_SIZE_MOST = 16 << 20
};

/* The section header, the same read from either end. */
#define BLOCK_SECTION UINT32_C(0x0a0d0d0a)

struct block {
    uint32_t type;
    uint32_t claimed; /* total length, as written */
    uint64_t size;    /* the same with padding */
    uint64_t offset;  /* of its first byte in the stream */
};

struct blocks {
    const struct intake *intake;
    bool big_endian; /* of the current section */
    uint8_t *bytes;
    size_t room;
    size_t begin; /* bytes[begin..end) are read and not yet taken */
    size_t end;
    uint64_t offset; /* of bytes[begin] in the stream */
};

/* `intake` must outlive the blocks. */
void blocks_init(struct blocks *blocks, const struct intake *intake);
void blocks_release(struct blocks *blocks);

/*
 * The next block's type and size, which must then be read or skipped; false
 * at the end, or at trouble, which is then in the facts.
 */
bool blocks_head(struct blocks *blocks, struct block *block);

/* What is between the two lengths; it lives until the next call. */
bool blocks_body(struct blocks *blocks, const struct block *block,
                 struct span *body);

/* The same with both lengths and the type before them. */
bool blocks_whole(struct blocks *blocks, const struct block *block,
                  struct span *whole);

bool blocks_skip(struct blocks *blocks, const struct block *block);

/*
 * As blocks_skip, and what is passed over goes to `out`, of a block of any
 * length. False also when it cannot be written: then there is no trouble in the
 * facts. A block that is cut, or whose lengths differ, may be written in part.
 */
bool blocks_copy(struct blocks *blocks, const struct block *block, FILE *out);

/* Fields in the section's byte order. */
static inline uint16_t blocks_u16(const struct blocks *blocks,
                                  struct reader *reader)
{
    return blocks->big_endian ? read_be16(reader) : read_le16(reader);
}

static inline uint32_t blocks_u32(const struct blocks *blocks,
                                  struct reader *reader)
{
    return blocks->big_endian ? read_be32(reader) : read_le32(reader);
}

/* Eight bytes as one number, as options hold them. */
static inline uint64_t blocks_u64(const struct blocks *blocks,
                                  struct reader *reader)
{
    uint64_t first = blocks_u32(blocks, reader);
    uint64_t second = blocks_u32(blocks, reader);

    return blocks->big_endian ? first << 32 | second : second << 32 | first;
}

/* An option of a block; its value is borrowed. */
struct block_option {
    uint16_t code;
    struct span value;
};

/* The next option; false after the last, whether marked or not. */
bool blocks_next_option(const struct blocks *blocks, struct reader *reader,
                        struct block_option *option);

/* Its value as a number. */
uint64_t blocks_option_u64(const struct blocks *blocks,
                           const struct block_option *option);

#endif
