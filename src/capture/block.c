#include "capture/block.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"

enum {
    FIRST_ROOM = 1 << 18,
    HEAD_SIZE = 8,
    SECTION_HEAD_SIZE = 12, /* up to and with the byte-order magic */
    LENGTH_SIZE = 4,
    LEAST_SIZE = HEAD_SIZE + LENGTH_SIZE,
    OPTION_END = 0
};

#define BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)

void blocks_init(struct blocks *blocks, const struct intake *intake)
{
    *blocks = (struct blocks){.intake = intake, .room = FIRST_ROOM};
    blocks->bytes = must_realloc(NULL, FIRST_ROOM, 1);
}

void blocks_release(struct blocks *blocks)
{
    free(blocks->bytes);
    *blocks = (struct blocks){0};
}

static void move_to_front(struct blocks *blocks)
{
    size_t have = blocks->end - blocks->begin;

    memmove(blocks->bytes, blocks->bytes + blocks->begin, have);
    blocks->begin = 0;
    blocks->end = have;
}

static bool read_more(struct blocks *blocks)
{
    size_t got;

    if (blocks->end == blocks->room) {
        blocks->room *= 2;
        blocks->bytes = must_realloc(blocks->bytes, blocks->room, 1);
    }
    got = source_read(blocks->intake->source, blocks->bytes + blocks->end,
                      blocks->room - blocks->end);
    blocks->end += got;
    return got > 0;
}

/* Whether there are `size` bytes to take; reads what is missing. */
static bool have(struct blocks *blocks, size_t size)
{
    assert(size <= BLOCK_SIZE_MOST);
    if (blocks->end - blocks->begin >= size)
        return true;
    move_to_front(blocks);
    while (blocks->end < size) {
        if (!read_more(blocks))
            return false;
    }
    return true;
}

static struct span take(struct blocks *blocks, size_t size)
{
    struct span taken = {blocks->bytes + blocks->begin, size};

    assert(size <= blocks->end - blocks->begin);
    blocks->begin += size;
    blocks->offset += size;
    return taken;
}

static bool bad(const struct blocks *blocks, const struct block *block,
                const char *what)
{
    const struct intake *intake = blocks->intake;

    return facts_trouble(intake->facts, CAPTURE_CORRUPT,
                         "%s has %s at byte %" PRIu64 "%s (after packet "
                         "%" PRIu64 ")",
                         source_subject(intake->source), what, block->offset,
                         source_offset_note(intake->source),
                         intake->facts->packets);
}

static bool cut(struct blocks *blocks)
{
    const struct intake *intake = blocks->intake;

    return facts_trouble(intake->facts, CAPTURE_TRUNCATED,
                         "%s ends inside a block at byte %" PRIu64
                         "%s (after packet %" PRIu64 ")",
                         source_subject(intake->source),
                         source_delivered(intake->source),
                         source_offset_note(intake->source),
                         intake->facts->packets);
}

/*
 * A section header says in its body which byte order it is in, and its own
 * length is already in that order.
 */
static bool set_byte_order(struct blocks *blocks, const struct block *block)
{
    struct reader reader;
    uint32_t magic;

    if (!have(blocks, SECTION_HEAD_SIZE))
        return cut(blocks);
    reader = reader_on(
        (struct span){blocks->bytes + blocks->begin, SECTION_HEAD_SIZE});
    read_skip(&reader, HEAD_SIZE);
    magic = read_be32(&reader);
    blocks->big_endian = magic == BYTE_ORDER_MAGIC;
    if (magic == BYTE_ORDER_MAGIC ||
        magic == __builtin_bswap32(BYTE_ORDER_MAGIC))
        return true;
    return bad(blocks, block, "a section header of no known byte order");
}

bool blocks_head(struct blocks *blocks, struct block *block)
{
    struct reader reader;

    if (!have(blocks, HEAD_SIZE)) {
        if (blocks->end > blocks->begin)
            return cut(blocks);
        return false;
    }
    block->offset = blocks->offset;
    reader = reader_on((struct span){blocks->bytes + blocks->begin, HEAD_SIZE});
    block->type = blocks_u32(blocks, &reader);
    if (block->type == BLOCK_SECTION) {
        if (!set_byte_order(blocks, block))
            return false;
        reader =
            reader_on((struct span){blocks->bytes + blocks->begin, HEAD_SIZE});
        read_skip(&reader, LENGTH_SIZE);
    }
    block->claimed = blocks_u32(blocks, &reader);
    /* Old writers did not count the padding but wrote it all the same. */
    block->size = ((uint64_t)block->claimed + 3) & ~UINT64_C(3);
    if (block->claimed < LEAST_SIZE)
        return bad(blocks, block, "a block too short to be one");
    return true;
}

static bool ends_well(struct blocks *blocks, const struct block *block,
                      struct span length)
{
    struct reader reader = reader_on(length);

    if (blocks_u32(blocks, &reader) == block->claimed)
        return true;
    return bad(blocks, block, "a block whose two lengths differ");
}

bool blocks_whole(struct blocks *blocks, const struct block *block,
                  struct span *whole)
{
    size_t size = (size_t)block->size;

    if (block->size > BLOCK_SIZE_MOST)
        return bad(blocks, block, "a block too long for what it holds");
    if (!have(blocks, size))
        return cut(blocks);
    *whole = take(blocks, size);
    return ends_well(blocks, block, span_skip(*whole, size - LENGTH_SIZE));
}

bool blocks_body(struct blocks *blocks, const struct block *block,
                 struct span *body)
{
    struct span whole = {0};

    if (!blocks_whole(blocks, block, &whole))
        return false;
    *body = span_head(span_skip(whole, HEAD_SIZE), whole.size - LEAST_SIZE);
    return true;
}

/* Takes bytes without holding on to more than the buffer has room for. */
static bool pass_over(struct blocks *blocks, uint64_t size, FILE *out)
{
    while (size > 0) {
        size_t here = blocks->end - blocks->begin;
        struct span taken;

        if (here > size)
            here = (size_t)size;
        taken = take(blocks, here);
        if (out && fwrite(taken.at, 1, taken.size, out) != taken.size)
            return false;
        size -= here;
        if (size > 0 && !have(blocks, 1))
            return cut(blocks);
    }
    return true;
}

static bool pass_block(struct blocks *blocks, const struct block *block,
                       FILE *out)
{
    struct span length;

    if (!pass_over(blocks, block->size - LENGTH_SIZE, out))
        return false;
    if (!have(blocks, LENGTH_SIZE))
        return cut(blocks);
    length = take(blocks, LENGTH_SIZE);
    if (out && fwrite(length.at, 1, length.size, out) != length.size)
        return false;
    return ends_well(blocks, block, length);
}

bool blocks_skip(struct blocks *blocks, const struct block *block)
{
    return pass_block(blocks, block, NULL);
}

bool blocks_copy(struct blocks *blocks, const struct block *block, FILE *out)
{
    return pass_block(blocks, block, out);
}

bool blocks_next_option(const struct blocks *blocks, struct reader *reader,
                        struct block_option *option)
{
    uint16_t size;

    option->code = blocks_u16(blocks, reader);
    size = blocks_u16(blocks, reader);
    if (option->code == OPTION_END)
        return false;
    option->value = read_span(reader, size);
    if (reader->overrun)
        return false;
    read_skip(reader, -(size_t)size & 3);
    return true;
}

uint64_t blocks_option_u64(const struct blocks *blocks,
                           const struct block_option *option)
{
    struct reader reader = reader_on(option->value);

    return blocks_u64(blocks, &reader);
}
