/*
 * Header blocks of HTTP/2: one HPACK decoder for each direction (RFC 7541),
 * fed whole blocks in order. Once a block is missing or broken the table is
 * not known any more, and no later block is read.
 */
#ifndef HTTP_H2_HEAD_H
#define HTTP_H2_HEAD_H

#include "base/text.h"
#include "http/event.h"

#include <nghttp2/nghttp2.h>

enum {
    H2_BLOCK_LIMIT = 1 << 18, /* of one header block; more is not read */
    H2_TABLE_LIMIT = 1 << 18  /* of the dynamic table */
};

struct h2_decoder {
    nghttp2_hd_inflater *inflater; /* owned; NULL until the first block */
    struct text block;             /* being put together */
    uint32_t table;                /* the most that its table may take */
    bool lost;                     /* the table is not known */
};

/* The fields that are wanted, of the latest block; by length of their names. */
enum h2_field {
    H2_FIELD_HOST,
    H2_FIELD_PATH,
    H2_FIELD_SERVER,
    H2_FIELD_METHOD,
    H2_FIELD_STATUS,
    H2_FIELD_PROTOCOL,
    H2_FIELD_AUTHORITY,
    H2_FIELD_USER_AGENT,
    H2_FIELD_GRPC_STATUS,
    H2_FIELD_CONTENT_TYPE,
    H2_FIELD_GRPC_MESSAGE,
    H2_FIELD_GRPC_TIMEOUT,
    H2_FIELD_LENGTH,
    H2_FIELD_COUNT
};

struct h2_fields {
    struct text values; /* one behind the other */
    struct {
        uint32_t at;
        uint32_t size;
    } value[H2_FIELD_COUNT];
};

void h2_decoder_init(struct h2_decoder *decoder);
void h2_decoder_release(struct h2_decoder *decoder);

/* SETTINGS_HEADER_TABLE_SIZE has taken effect (RFC 9113, 6.5.2). */
void h2_decoder_resize(struct h2_decoder *decoder, uint32_t size);

/*
 * Decodes a block, which is decoder->block and `last` behind it, into the
 * fields, and empties decoder->block. False when the table is not known: the
 * fields hold what could be read.
 */
bool h2_decoder_read(struct h2_decoder *decoder, struct span last,
                     struct h2_fields *fields);

void h2_fields_init(struct h2_fields *fields);
void h2_fields_release(struct h2_fields *fields);

/* One value; empty where the block did not have the field. Borrowed. */
struct span h2_fields_value(const struct h2_fields *fields,
                            enum h2_field field);

/* What the fields say; the spans borrow from them. */
void h2_fields_tell(const struct h2_fields *fields, struct http_head *head);

#endif
