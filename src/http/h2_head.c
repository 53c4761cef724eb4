#include "http/h2_head.h"

#include <assert.h>
#include <stdlib.h>

enum {
    VALUE_LIMIT = 4096,
    BLOCK_ROOM_KEPT = 256
};

static const char *const name[] = {
    [H2_FIELD_METHOD] = ":method",
    [H2_FIELD_PATH] = ":path",
    [H2_FIELD_AUTHORITY] = ":authority",
    [H2_FIELD_STATUS] = ":status",
    [H2_FIELD_PROTOCOL] = ":protocol",
    [H2_FIELD_HOST] = "host",
    [H2_FIELD_LENGTH] = "content-length",
    [H2_FIELD_CONTENT_TYPE] = "content-type",
    [H2_FIELD_SERVER] = "server",
    [H2_FIELD_USER_AGENT] = "user-agent",
    [H2_FIELD_GRPC_STATUS] = "grpc-status",
    [H2_FIELD_GRPC_MESSAGE] = "grpc-message",
    [H2_FIELD_GRPC_TIMEOUT] = "grpc-timeout",
    [H2_FIELD_EXPECT] = "expect",
};

static_assert(sizeof name / sizeof *name == H2_FIELD_COUNT,
              "every field has its name");

void h2_decoder_init(struct h2_decoder *decoder)
{
    *decoder = (struct h2_decoder){0};
    text_init(&decoder->block, H2_BLOCK_LIMIT);
    decoder->table = NGHTTP2_DEFAULT_HEADER_TABLE_SIZE;
}

void h2_decoder_release(struct h2_decoder *decoder)
{
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

void h2_fields_init(struct h2_fields *fields)
{
    for (size_t i = 0; i < H2_FIELD_COUNT; i++)
        text_init(&fields->value[i], VALUE_LIMIT);
}

void h2_fields_release(struct h2_fields *fields)
{
    for (size_t i = 0; i < H2_FIELD_COUNT; i++)
        text_release(&fields->value[i]);
}

static void take_field(struct h2_fields *fields, const nghttp2_nv *nv)
{
    for (size_t i = 0; i < H2_FIELD_COUNT; i++) {
        if (strlen(name[i]) != nv->namelen ||
            memcmp(name[i], nv->name, nv->namelen) != 0)
            continue;
        /* a block may repeat a field a hundred thousand times */
        if (fields->value[i].size)
            return;
        text_add_bytes(&fields->value[i],
                       (struct span){nv->value, nv->valuelen});
        return;
    }
}

/* The whole block is decoded even when nothing of it is wanted: it changes
 * the table that later blocks refer to. */
static bool inflate(struct h2_decoder *decoder, struct h2_fields *fields)
{
    struct span rest = {(const uint8_t *)text_string(&decoder->block),
                        decoder->block.size};
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
            take_field(fields, &nv);
        else if (used == 0 && !(flags & NGHTTP2_HD_INFLATE_FINAL))
            return false;
    }
    return nghttp2_hd_inflate_end_headers(decoder->inflater) == 0;
}

bool h2_decoder_read(struct h2_decoder *decoder, struct h2_fields *fields)
{
    for (size_t i = 0; i < H2_FIELD_COUNT; i++)
        text_clear(&fields->value[i]);
    if (decoder->block.cut)
        decoder->lost = true;
    if (!decoder->lost && has_inflater(decoder) && !inflate(decoder, fields))
        decoder->lost = true;
    /* an idle connection keeps little room for its next block */
    if (decoder->block.room > BLOCK_ROOM_KEPT)
        text_release(&decoder->block);
    else
        text_clear(&decoder->block);
    return !decoder->lost;
}

static struct span span_of(const struct h2_fields *fields, enum h2_field field)
{
    const struct text *text = &fields->value[field];

    return (struct span){(const uint8_t *)text_string(text), text->size};
}

static uint64_t number_of(const struct h2_fields *fields, enum h2_field field,
                          uint64_t none)
{
    const char *text = text_string(&fields->value[field]);

    if (*text < '0' || *text > '9')
        return none;
    return strtoull(text, NULL, 10);
}

/* gRPC over HTTP/2, Timeout: at most eight digits and a unit. */
static nanos grpc_timeout(const char *text)
{
    static const struct {
        char unit;
        nanos size;
    } unit[] = {
        {'H', 3600 * NANOS_PER_SECOND},
        {'M', 60 * NANOS_PER_SECOND  },
        {'S', NANOS_PER_SECOND       },
        {'m', NANOS_PER_MILLI        },
        {'u', 1000                   },
        {'n', 1                      },
    };
    char *end;
    unsigned long long value;

    if (*text < '0' || *text > '9')
        return 0;
    value = strtoull(text, &end, 10);
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        if (*end != unit[i].unit || value >= 100000000)
            continue;
        /* three hundred years and more are no timeout */
        return value < (uint64_t)(INT64_MAX / unit[i].size)
                   ? (nanos)value * unit[i].size
                   : 0;
    }
    return 0;
}

void h2_fields_tell(const struct h2_fields *fields, struct http_head *head)
{
    uint64_t grpc = number_of(fields, H2_FIELD_GRPC_STATUS, UINT64_MAX);

    *head = (struct http_head){
        .method = span_of(fields, H2_FIELD_METHOD),
        .target = span_of(fields, H2_FIELD_PATH),
        .host = span_of(fields, H2_FIELD_AUTHORITY),
        .content_type = span_of(fields, H2_FIELD_CONTENT_TYPE),
        .length = number_of(fields, H2_FIELD_LENGTH, HTTP_NO_LENGTH),
        .status = (uint16_t)(number_of(fields, H2_FIELD_STATUS, 0) & 0xffff),
        .major = 2,
        .has_grpc_status = grpc != UINT64_MAX,
        .grpc_status = (uint32_t)(grpc & 0xffffffff),
        .grpc_message = span_of(fields, H2_FIELD_GRPC_MESSAGE),
        .grpc_timeout =
            grpc_timeout(text_string(&fields->value[H2_FIELD_GRPC_TIMEOUT])),
    };
    if (!head->host.size)
        head->host = span_of(fields, H2_FIELD_HOST);
    head->software =
        span_of(fields, head->status ? H2_FIELD_SERVER : H2_FIELD_USER_AGENT);
    head->upgrade = span_of(fields, H2_FIELD_PROTOCOL);
    head->framing =
        head->length == HTTP_NO_LENGTH ? FRAMING_STREAM : FRAMING_LENGTH;
}
