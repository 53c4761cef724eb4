#include "base/block_out.h"

#include "base/bytes.h"

enum {
    SECTION = 0x0a0d0d0a,
    INTERFACE = 1,
    STATISTICS = 5,
    PACKET = 6,
    SECRETS = 10,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    IF_TSRESOL = 9,
    OPTION_HEAD = 4
};

static struct block_out open_block(struct text *text, uint32_t type)
{
    struct block_out block = {.text = text, .start = text->size};

    put_le32(text, type);
    put_le32(text, 0);
    return block;
}

/* Blocks and options are filled up to 32 bits. */
static void fill_up(struct block_out *block)
{
    put_zeros(block->text, -(block->text->size - block->start) & 3);
}

static void add_option(struct block_out *block, unsigned code,
                       struct span value)
{
    struct text *text = block->text;
    size_t size = OPTION_HEAD + ((value.size + 3) & ~(size_t)3);

    if (size + BLOCK_OUT_TAIL > text->limit - text->size)
        return;
    put_le16(text, code);
    put_le16(text, (unsigned)value.size);
    text_add_bytes(text, value);
    fill_up(block);
    block->has_options = true;
}

struct block_out block_out_section(struct text *text)
{
    struct block_out block = open_block(text, SECTION);

    put_le32(text, BYTE_ORDER_MAGIC);
    put_le16(text, 1);
    put_le16(text, 0);
    put_le64(text, UINT64_MAX);
    return block;
}

struct block_out block_out_interface(struct text *text, uint16_t link_type,
                                     uint32_t snap_length, uint8_t resolution)
{
    struct block_out block = open_block(text, INTERFACE);

    put_le16(text, link_type);
    put_le16(text, 0);
    put_le32(text, snap_length);
    add_option(&block, IF_TSRESOL, (struct span){&resolution, 1});
    return block;
}

static void put_time(struct text *text, nanos time)
{
    put_le32(text, (uint32_t)((uint64_t)time >> 32));
    put_le32(text, (uint32_t)time);
}

struct block_out block_out_packet(struct text *text,
                                  const struct block_out_packet *packet)
{
    struct block_out block = open_block(text, PACKET);

    put_le32(text, packet->interface);
    put_time(text, packet->time);
    put_le32(text, (uint32_t)packet->data.size);
    put_le32(text, packet->length);
    text_add_bytes(text, packet->data);
    fill_up(&block);
    return block;
}

struct block_out block_out_statistics(struct text *text, uint32_t interface,
                                      nanos time)
{
    struct block_out block = open_block(text, STATISTICS);

    put_le32(text, interface);
    put_time(text, time);
    return block;
}

struct block_out block_out_secrets(struct text *text, uint32_t type,
                                   struct span secrets)
{
    struct block_out block = open_block(text, SECRETS);

    put_le32(text, type);
    put_le32(text, (uint32_t)secrets.size);
    text_add_bytes(text, secrets);
    fill_up(&block);
    return block;
}

/* The longest beginning that an option takes, characters whole (RFC 3629). */
static struct span option_text(const char *string)
{
    struct span text = span_of_text(string);
    size_t size = BLOCK_OUT_TEXT_MOST;

    if (text.size <= size)
        return text;
    for (size_t back = 0; back < 3 && (text.at[size] & 0xc0) == 0x80; back++)
        size--;
    return span_head(text, size);
}

void block_out_string(struct block_out *block, enum block_out_option option,
                      const char *string)
{
    if (string)
        add_option(block, option, option_text(string));
}

void block_out_number(struct block_out *block, enum block_out_option option,
                      uint64_t value)
{
    uint8_t byte[8];

    for (size_t i = 0; i < sizeof byte; i++)
        byte[i] = (uint8_t)(value >> (8 * i));
    add_option(block, option, (struct span){byte, sizeof byte});
}

void block_out_time(struct block_out *block, enum block_out_option option,
                    nanos time)
{
    uint64_t ticks = (uint64_t)time;

    block_out_number(block, option, ticks << 32 | ticks >> 32);
}

void block_out_close(struct block_out *block)
{
    struct text *text = block->text;
    uint32_t size;

    if (block->has_options)
        put_le32(text, 0);
    size = (uint32_t)(text->size - block->start) + 4;
    put_le32(text, size);
    patch_le32(text, block->start + 4, size);
}
