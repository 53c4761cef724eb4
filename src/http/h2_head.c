/*
 * A block of nothing but indices into the table (RFC 7541, 6.1) changes no
 * table: as long as no other block comes, the same bytes say the same. Such
 * are most responses and trailers of gRPC, and the latest of them are kept
 * with what they say.
 */
#include "http/h2_head.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    BLOCK_ROOM_KEPT = 256
};

void h2_told_init(struct h2_told *told)
{
    h2_fields_init(&told->fields);
}

void h2_told_release(struct h2_told *told)
{
    h2_fields_release(&told->fields);
}

void h2_decoder_init(struct h2_decoder *decoder)
{
    *decoder = (struct h2_decoder){0};
    text_init(&decoder->block, H2_BLOCK_LIMIT);
    decoder->table = NGHTTP2_DEFAULT_HEADER_TABLE_SIZE;
}

void h2_decoder_release(struct h2_decoder *decoder)
{
    for (unsigned i = 0; i < H2_BLOCKS_KEPT; i++) {
        if (decoder->kept[i])
            h2_told_release(&decoder->kept[i]->told);
        free(decoder->kept[i]);
        decoder->kept[i] = NULL;
    }
    if (decoder->inflater)
        nghttp2_hd_inflate_del(decoder->inflater);
    decoder->inflater = NULL;
    text_release(&decoder->block);
}

static bool has_inflater(struct h2_decoder *decoder)
{
    if (!decoder->inflater && !decoder->lost &&
        nghttp2_hd_inflate_new(&decoder->inflater) != 0)
        decoder->lost = true;
    return decoder->inflater != NULL;
}

/*
 * Only a larger limit matters: an encoder that has to shrink its table says
 * so in its next block (RFC 7541, 4.2), and one that does not, because its
 * table is empty, is read all the same.
 */
void h2_decoder_resize(struct h2_decoder *decoder, uint32_t size)
{
    if (size > H2_TABLE_LIMIT)
        size = H2_TABLE_LIMIT;
    if (size <= decoder->table)
        return;
    decoder->table = size;
    if (has_inflater(decoder) &&
        nghttp2_hd_inflate_change_table_size(decoder->inflater, size) != 0)
        decoder->lost = true;
}

/* The whole block is decoded even when nothing of it is wanted: it changes
 * the table that later blocks refer to. */
static bool inflate(struct h2_decoder *decoder, struct span rest,
                    struct h2_fields *fields)
{
    int flags = 0;

    while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
        nghttp2_nv nv;
        ssize_t used;

        flags = 0;
        used = nghttp2_hd_inflate_hd2(decoder->inflater, &nv, &flags, rest.at,
                                      rest.size, 1);
        if (used < 0)
            return false;
        rest = span_skip(rest, (size_t)used);
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            h2_fields_take(fields, (struct span){nv.name, nv.namelen},
                           (struct span){nv.value, nv.valuelen});
        else if (used == 0 && !(flags & NGHTTP2_HD_INFLATE_FINAL))
            return false;
    }
    return nghttp2_hd_inflate_end_headers(decoder->inflater) == 0;
}

/* Most blocks are one frame, and are read where they are. */
static struct span whole_block(struct h2_decoder *decoder, struct span last)
{
    if (decoder->block.cut || decoder->block.size + last.size > H2_BLOCK_LIMIT)
        decoder->lost = true;
    if (decoder->block.size == 0)
        return last;
    text_add_bytes(&decoder->block, last);
    return (struct span){(const uint8_t *)decoder->block.at,
                         decoder->block.size};
}

/* One byte for each field: more would be an index of 127 and up. */
static bool is_kept_kind(struct span block)
{
    if (block.size == 0 || block.size > H2_KEPT_SIZE)
        return false;
    for (size_t i = 0; i < block.size; i++) {
        if (block.at[i] <= 0x80 || block.at[i] == 0xff)
            return false;
    }
    return true;
}

static const struct h2_kept *find_kept(const struct h2_decoder *decoder,
                                       struct span block)
{
    for (unsigned i = 0; i < H2_BLOCKS_KEPT; i++) {
        const struct h2_kept *kept = decoder->kept[i];

        if (kept && kept->size == block.size &&
            memcmp(kept->block, block.at, block.size) == 0)
            return kept;
    }
    return NULL;
}

/* Where the block is to be read into, which takes the oldest one's place. */
static struct h2_told *keep(struct h2_decoder *decoder, struct span block)
{
    struct h2_kept **kept = &decoder->kept[decoder->oldest];

    decoder->oldest = (uint8_t)((decoder->oldest + 1) % H2_BLOCKS_KEPT);
    if (!*kept) {
        *kept = must_calloc(1, sizeof **kept);
        h2_told_init(&(*kept)->told);
    }
    memcpy((*kept)->block, block.at, block.size);
    (*kept)->size = (uint8_t)block.size;
    return &(*kept)->told;
}

static void forget_kept(struct h2_decoder *decoder)
{
    for (unsigned i = 0; i < H2_BLOCKS_KEPT; i++) {
        if (decoder->kept[i])
            decoder->kept[i]->size = 0;
    }
}

static const struct http_head *
read_block(struct h2_decoder *decoder, struct span block, struct h2_told *room)
{
    bool is_kept = !decoder->lost && is_kept_kind(block);
    const struct h2_kept *kept = is_kept ? find_kept(decoder, block) : NULL;

    if (kept)
        return &kept->told.head;
    if (is_kept)
        room = keep(decoder, block);
    else
        forget_kept(decoder);
    h2_fields_clear(&room->fields);
    if (!decoder->lost && has_inflater(decoder) &&
        !inflate(decoder, block, &room->fields))
        decoder->lost = true;
    h2_fields_tell(&room->fields, &room->head);
    return &room->head;
}

const struct http_head *h2_decoder_read(struct h2_decoder *decoder,
                                        struct span last, struct h2_told *room)
{
    struct span block = whole_block(decoder, last);
    const struct http_head *head = read_block(decoder, block, room);

    /* an idle connection keeps little room for its next block */
    if (decoder->block.room > BLOCK_ROOM_KEPT)
        text_release(&decoder->block);
    else
        text_clear(&decoder->block);
    return head;
}
