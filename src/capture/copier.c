#include "capture/copier.h"

#include "base/arena.h"
#include "base/block_out.h"
#include "base/bytes.h"
#include "capture/block.h"
#include "capture/classic.h"
#include "capture/pcapng.h"

#include <stdlib.h>

enum {
    HEAD_MOST = 4 << 20,   /* kept of a section's header and interfaces */
    BLOCK_MOST = 16 << 20, /* what readers take */
    FILE_HEADER_SIZE = 24, /* of classic pcap */
    BLOCK_HEAD = 8,
    BLOCK_LENGTH = 4,
    PACKET_FIELDS = 20,     /* of both packet blocks with options */
    CAPTURED_AT = 12,       /* in them: bytes recorded */
    SECTION_LENGTH_AT = 16, /* in the block */
    SECTION_LENGTH_END = 24,
    NANOS_PER_MICRO = 1000
};

enum block_type {
    INTERFACE = 1,
    PACKET_OBSOLETE = 2,
    PACKET_SIMPLE = 3,
    PACKET_ENHANCED = 6,
    SECRETS = 10
};

struct copier {
    struct copier_options options;
    struct capture_input facts;
    struct capture_secrets nobody;
    uint32_t interfaces;
    struct intake intake;
    struct blocks blocks;
    bool is_pcapng;
    bool in_micros;   /* classic */
    struct text head; /* the section's header and interfaces, as written */
    struct text made; /* the block, or the comments, under way */
};

static void write_out(struct copier *copier, struct span bytes)
{
    (void)fwrite(bytes.at, 1, bytes.size, copier->options.out);
}

static void put16(const struct copier *copier, struct text *text,
                  unsigned value)
{
    if (copier->blocks.big_endian)
        put_be16(text, value);
    else
        put_le16(text, value);
}

static void put32(const struct copier *copier, struct text *text,
                  uint32_t value)
{
    if (copier->blocks.big_endian)
        put_be32(text, value);
    else
        put_le32(text, value);
}

/* A file without options is a section with one interface. */
static void make_head(struct copier *copier, struct span header)
{
    struct reader big = reader_on(header);
    struct reader little = big;
    uint32_t snap_length;
    struct block_out block;
    bool is_big;

    is_big = read_be32(&big) >> 16 == 0xa1b2;
    (void)read_le32(&little);
    read_skip(&big, 12);
    read_skip(&little, 12);
    snap_length = is_big ? read_be32(&big) : read_le32(&little);
    copier->in_micros = strncmp(classic_format.name(header), "pcap (", 6) != 0;
    block = block_out_section(&copier->head);
    block_out_string(&block, BLOCK_OUT_SHB_PROGRAM, copier->options.program);
    block_out_close(&block);
    block = block_out_interface(
        &copier->head, (uint16_t)copier->facts.link_type[0], snap_length,
        copier->in_micros ? BLOCK_OUT_MICROSECONDS : BLOCK_OUT_NANOSECONDS);
    block_out_close(&block);
}

/* Opened as its own reader does, for what that makes of the header. */
static bool open_classic(struct copier *copier, struct span header)
{
    void *reader = classic_format.open(&copier->intake);

    if (!reader)
        return false;
    classic_format.close(reader);
    make_head(copier, header);
    return true;
}

static bool open_format(struct copier *copier)
{
    struct span header;

    copier->intake.source =
        source_open(copier->facts.path, &copier->facts, NULL);
    if (!copier->intake.source)
        return false;
    header = source_peek(copier->intake.source, FILE_HEADER_SIZE);
    copier->is_pcapng = pcapng_format.knows(header);
    if (copier->is_pcapng)
        return true;
    return classic_format.knows(header) && open_classic(copier, header);
}

struct copier *copier_open(const char *path,
                           const struct copier_options *options,
                           struct fail *fail)
{
    struct copier *copier = must_calloc(1, sizeof *copier);

    copier->options = *options;
    copier->facts.path = path;
    copier->intake = (struct intake){.facts = &copier->facts,
                                     .interfaces = &copier->interfaces,
                                     .secrets = &copier->nobody};
    text_init(&copier->head, HEAD_MOST);
    text_init(&copier->made, BLOCK_MOST);
    blocks_init(&copier->blocks, &copier->intake);
    if (open_format(copier))
        return copier;
    (void)fail_set(fail, "%s",
                   copier->facts.problem[0] ? copier->facts.problem
                                            : "it is no capture any more");
    copier_close(copier);
    return NULL;
}

void copier_close(struct copier *copier)
{
    if (!copier)
        return;
    source_close(copier->intake.source);
    blocks_release(&copier->blocks);
    text_release(&copier->head);
    text_release(&copier->made);
    free(copier);
}

bool copier_begin(struct copier *copier)
{
    write_out(copier, text_span(&copier->head));
    return !copier->head.cut;
}

/* Kept, should the section have to begin again. */
static bool copy_head(struct copier *copier, const struct block *block)
{
    static const uint8_t not_said[] = {0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff};
    struct span whole = {0};
    size_t before;

    if (!blocks_whole(&copier->blocks, block, &whole))
        return false;
    if (block->type == BLOCK_SECTION) {
        copier->head.cut = false;
        text_clear(&copier->head);
    }
    before = copier->head.size;
    if (block->type == BLOCK_SECTION && whole.size > SECTION_LENGTH_END) {
        text_add_bytes(&copier->made, span_head(whole, SECTION_LENGTH_AT));
        text_add_bytes(&copier->made, (struct span){not_said, sizeof not_said});
        text_add_bytes(&copier->made, span_skip(whole, SECTION_LENGTH_END));
        whole = text_span(&copier->made);
    }
    write_out(copier, whole);
    text_add_bytes(&copier->head, whole);
    if (copier->head.cut)
        copier->head.size = before;
    return true;
}

static bool is_packet(uint32_t type)
{
    return type == PACKET_OBSOLETE || type == PACKET_SIMPLE ||
           type == PACKET_ENHANCED;
}

/* Nothing is written of one that may be cut. */
static bool copy_block(struct copier *copier, const struct block *block,
                       bool sound)
{
    struct span whole = {0};

    text_clear(&copier->made);
    if (block->type == BLOCK_SECTION || block->type == INTERFACE)
        return copy_head(copier, block);
    if (is_packet(block->type) ||
        (block->type == SECRETS && copier->options.no_secrets))
        return blocks_skip(&copier->blocks, block);
    if (block->size > BLOCK_SIZE_MOST)
        return sound &&
               blocks_copy(&copier->blocks, block, copier->options.out);
    if (!blocks_whole(&copier->blocks, block, &whole))
        return false;
    write_out(copier, whole);
    return true;
}

/* As many as fit into a block that has `size` bytes without them. */
static size_t put_comments(struct copier *copier, size_t size,
                           const char *const comment[], size_t comments)
{
    struct text *text = &copier->made;
    size_t i;

    for (i = 0; i < comments; i++) {
        struct span value =
            span_head(span_of_text(comment[i]), BLOCK_OUT_TEXT_MOST);
        size_t padding = -value.size & 3;

        if (size + text->size + BLOCK_LENGTH + value.size + padding +
                BLOCK_OUT_TAIL >
            BLOCK_MOST)
            break;
        put16(copier, text, BLOCK_OUT_COMMENT);
        put16(copier, text, (unsigned)value.size);
        text_add_bytes(text, value);
        put_zeros(text, padding);
    }
    return i;
}

/* Where the options of a packet begin in its block; 0: it takes none. */
static size_t options_of(const struct copier *copier, const struct block *block,
                         struct span whole)
{
    struct reader reader = reader_on(whole);
    uint64_t at;

    if (block->type == PACKET_SIMPLE)
        return 0;
    read_skip(&reader, BLOCK_HEAD + CAPTURED_AT);
    at = BLOCK_HEAD + PACKET_FIELDS +
         (((uint64_t)blocks_u32(&copier->blocks, &reader) + 3) & ~UINT64_C(3));
    return at + BLOCK_LENGTH <= whole.size ? (size_t)at : 0;
}

static size_t write_commented(struct copier *copier, struct span whole,
                              size_t options, const char *const comment[],
                              size_t comments)
{
    struct span behind = span_head(span_skip(whole, options),
                                   whole.size - BLOCK_LENGTH - options);
    size_t taken = put_comments(copier, whole.size, comment, comments);
    struct text lengths;
    uint32_t total;

    if (behind.size == 0)
        put32(copier, &copier->made, 0);
    total = (uint32_t)(whole.size + copier->made.size);
    text_init(&lengths, BLOCK_LENGTH);
    put32(copier, &lengths, total);
    write_out(copier, span_head(whole, BLOCK_LENGTH));
    write_out(copier, text_span(&lengths));
    write_out(copier, span_skip(span_head(whole, options), BLOCK_HEAD));
    write_out(copier, text_span(&copier->made));
    write_out(copier, behind);
    write_out(copier, text_span(&lengths));
    text_release(&lengths);
    return taken;
}

static bool copy_packet(struct copier *copier, const struct block *block,
                        const char *const comment[], size_t comments,
                        size_t *taken)
{
    struct span whole = {0};
    size_t options;

    if (!blocks_whole(&copier->blocks, block, &whole))
        return false;
    text_clear(&copier->made);
    options = comments ? options_of(copier, block, whole) : 0;
    if (options)
        *taken = write_commented(copier, whole, options, comment, comments);
    else
        write_out(copier, whole);
    return true;
}

static bool copy_frame(struct copier *copier, const struct frame *frame,
                       const char *const comment[], size_t comments,
                       size_t *taken)
{
    struct block block;

    while (blocks_head(&copier->blocks, &block)) {
        if (block.offset == frame->offset)
            return is_packet(block.type) &&
                   copy_packet(copier, &block, comment, comments, taken);
        if (block.offset > frame->offset || !copy_block(copier, &block, true))
            return false;
    }
    return false;
}

static bool make_frame(struct copier *copier, const struct frame *frame,
                       const char *const comment[], size_t comments,
                       size_t *taken)
{
    struct block_out block;

    text_clear(&copier->made);
    block = block_out_packet(
        &copier->made,
        &(struct block_out_packet){.time = copier->in_micros
                                               ? frame->time / NANOS_PER_MICRO
                                               : frame->time,
                                   .length = frame->length,
                                   .data = frame->data});
    for (; *taken < comments; (*taken)++)
        block_out_string(&block, BLOCK_OUT_COMMENT, comment[*taken]);
    block_out_close(&block);
    write_out(copier, text_span(&copier->made));
    return true;
}

bool copier_frame(struct copier *copier, const struct frame *frame,
                  const char *const comment[], size_t comments, size_t *taken)
{
    *taken = 0;
    return copier->is_pcapng
               ? copy_frame(copier, frame, comment, comments, taken)
               : make_frame(copier, frame, comment, comments, taken);
}

void copier_rest(struct copier *copier, bool sound)
{
    struct block block;

    while (copier->is_pcapng && blocks_head(&copier->blocks, &block)) {
        if (!copy_block(copier, &block, sound))
            return;
    }
}
