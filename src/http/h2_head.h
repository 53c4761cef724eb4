/*
 * Header blocks of HTTP/2: one HPACK decoder for each direction (RFC 7541),
 * fed whole blocks in order. Once a block is missing or broken the table is
 * not known any more, and no later block is read.
 */
#ifndef HTTP_H2_HEAD_H
#define HTTP_H2_HEAD_H

#include "http/h2_fields.h"

#include <nghttp2/nghttp2.h>

enum {
    H2_BLOCK_LIMIT = 1 << 18, /* of one header block; more is not read */
    H2_TABLE_LIMIT = 1 << 18, /* of the dynamic table */
    H2_BLOCKS_KEPT = 2,
    H2_KEPT_SIZE = 8
};

/* What a block says. */
struct h2_told {
    struct h2_fields fields;
    struct http_head head; /* borrows from the fields */
};

/* A block that is kept with what it says. */
struct h2_kept {
    uint8_t block[H2_KEPT_SIZE];
    uint8_t size; /* 0: what it says is not known any more */
    struct h2_told told;
};

struct h2_decoder {
    nghttp2_hd_inflater *inflater; /* owned; NULL until the first block */
    struct text block;             /* being put together */
    uint32_t table;                /* the most that its table may take */
    bool lost;                     /* the table is not known */
    uint8_t oldest;                /* of those kept */
    struct h2_kept *kept[H2_BLOCKS_KEPT]; /* owned; NULL until needed */
};

void h2_told_init(struct h2_told *told);
void h2_told_release(struct h2_told *told);

void h2_decoder_init(struct h2_decoder *decoder);
void h2_decoder_release(struct h2_decoder *decoder);

/* SETTINGS_HEADER_TABLE_SIZE has taken effect (RFC 9113, 6.5.2). */
void h2_decoder_resize(struct h2_decoder *decoder, uint32_t size);

/*
 * Decodes a block, which is decoder->block and `last` behind it, and empties
 * decoder->block. What it says lies in `room` or in the decoder until the
 * next block of either. Once decoder->lost is set, it is what could be read.
 */
const struct http_head *h2_decoder_read(struct h2_decoder *decoder,
                                        struct span last, struct h2_told *room);

#endif
