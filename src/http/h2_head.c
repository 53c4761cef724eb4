#include "http/h2_head.h"

#include <assert.h>
#include <stdlib.h>

enum {
    VALUE_LIMIT = 4096,
    BLOCK_ROOM_KEPT = 256
};

#define NAME(text)                                                             \
    {                                                                          \
        sizeof(text) - 1, text                                                 \
    }

/* To want another: its row among those of its length, and `first_of`. */
static const struct {
    size_t size;
    const char *text;
} name[] = {
    [H2_FIELD_HOST] = NAME("host"),
    [H2_FIELD_PATH] = NAME(":path"),
    [H2_FIELD_SERVER] = NAME("server"),
    [H2_FIELD_METHOD] = NAME(":method"),
    [H2_FIELD_STATUS] = NAME(":status"),
    [H2_FIELD_PROTOCOL] = NAME(":protocol"),
    [H2_FIELD_AUTHORITY] = NAME(":authority"),
    [H2_FIELD_USER_AGENT] = NAME("user-agent"),
    [H2_FIELD_GRPC_STATUS] = NAME("grpc-status"),
    [H2_FIELD_CONTENT_TYPE] = NAME("content-type"),
    [H2_FIELD_GRPC_MESSAGE] = NAME("grpc-message"),
    [H2_FIELD_GRPC_TIMEOUT] = NAME("grpc-timeout"),
    [H2_FIELD_LENGTH] = NAME("content-length"),
};

static_assert(sizeof name / sizeof *name == H2_FIELD_COUNT,
              "every field has its name");

/* The first name of each length; of a length without names it is some name. */
static const uint8_t first_of[] = {
    [4] = H2_FIELD_HOST,         [5] = H2_FIELD_PATH,
    [6] = H2_FIELD_SERVER,       [7] = H2_FIELD_METHOD,
    [9] = H2_FIELD_PROTOCOL,     [10] = H2_FIELD_AUTHORITY,
    [11] = H2_FIELD_GRPC_STATUS, [12] = H2_FIELD_CONTENT_TYPE,
    [14] = H2_FIELD_LENGTH,
};

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
    *fields = (struct h2_fields){0};
    text_init(&fields->values, H2_FIELD_COUNT * VALUE_LIMIT);
}

void h2_fields_release(struct h2_fields *fields)
{
    text_release(&fields->values);
}

static enum h2_field field_of(const nghttp2_nv *nv)
{
    size_t i =
        nv->namelen < sizeof first_of ? first_of[nv->namelen] : H2_FIELD_COUNT;

    for (; i < H2_FIELD_COUNT && name[i].size == nv->namelen; i++) {
        if (memcmp(name[i].text, nv->name, nv->namelen) == 0)
            return (enum h2_field)i;
    }
    return H2_FIELD_COUNT;
}

static void take_field(struct h2_fields *fields, const nghttp2_nv *nv)
{
    enum h2_field field = field_of(nv);
    struct span value =
        span_head((struct span){nv->value, nv->valuelen}, VALUE_LIMIT);

    /* a block may repeat a field a hundred thousand times */
    if (field == H2_FIELD_COUNT || fields->value[field].size)
        return;
    fields->value[field].at = (uint32_t)fields->values.size;
    fields->value[field].size = (uint32_t)value.size;
    text_add_bytes(&fields->values, value);
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
            take_field(fields, &nv);
        else if (used == 0 && !(flags & NGHTTP2_HD_INFLATE_FINAL))
            return false;
    }
    return nghttp2_hd_inflate_end_headers(decoder->inflater) == 0;
}

/* Most blocks are one frame, and are read where they are. */
static struct span whole_block(struct h2_decoder *decoder, struct span last)
{
    if (decoder->block.size + last.size > H2_BLOCK_LIMIT)
        decoder->lost = true;
    if (decoder->block.size == 0)
        return last;
    text_add_bytes(&decoder->block, last);
    return (struct span){(const uint8_t *)decoder->block.at,
                         decoder->block.size};
}

bool h2_decoder_read(struct h2_decoder *decoder, struct span last,
                     struct h2_fields *fields)
{
    struct span block = whole_block(decoder, last);

    text_clear(&fields->values);
    memset(fields->value, 0, sizeof fields->value);
    if (decoder->block.cut)
        decoder->lost = true;
    if (!decoder->lost && has_inflater(decoder) &&
        !inflate(decoder, block, fields))
        decoder->lost = true;
    /* an idle connection keeps little room for its next block */
    if (decoder->block.room > BLOCK_ROOM_KEPT)
        text_release(&decoder->block);
    else
        text_clear(&decoder->block);
    return !decoder->lost;
}

struct span h2_fields_value(const struct h2_fields *fields, enum h2_field field)
{
    const char *values = text_string(&fields->values);

    return (struct span){(const uint8_t *)values + fields->value[field].at,
                         fields->value[field].size};
}

/* The number at the front, taken off; UINT64_MAX when it is larger. */
static uint64_t take_number(struct span *text)
{
    uint64_t number = 0;

    for (; text->size; *text = span_skip(*text, 1)) {
        unsigned digit = text->at[0] - (unsigned)'0';

        if (digit > 9)
            break;
        number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX
                                                    : number * 10 + digit;
    }
    return number;
}

static bool begins_with_digit(struct span text)
{
    return text.size && text.at[0] >= '0' && text.at[0] <= '9';
}

static uint64_t number_of(const struct h2_fields *fields, enum h2_field field,
                          uint64_t none)
{
    struct span text = h2_fields_value(fields, field);

    return begins_with_digit(text) ? take_number(&text) : none;
}

/* gRPC over HTTP/2, Timeout: at most eight digits and a unit. */
static nanos grpc_timeout(struct span text)
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
    uint64_t value;

    if (!begins_with_digit(text))
        return 0;
    value = take_number(&text);
    for (size_t i = 0; text.size && i < sizeof unit / sizeof *unit; i++) {
        if (text.at[0] != unit[i].unit || value >= 100000000)
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
        .method = h2_fields_value(fields, H2_FIELD_METHOD),
        .target = h2_fields_value(fields, H2_FIELD_PATH),
        .host = h2_fields_value(fields, H2_FIELD_AUTHORITY),
        .content_type = h2_fields_value(fields, H2_FIELD_CONTENT_TYPE),
        .length = number_of(fields, H2_FIELD_LENGTH, HTTP_NO_LENGTH),
        .status = (uint16_t)(number_of(fields, H2_FIELD_STATUS, 0) & 0xffff),
        .major = 2,
        .has_grpc_status = grpc != UINT64_MAX,
        .grpc_status = (uint32_t)(grpc & 0xffffffff),
        .grpc_message = h2_fields_value(fields, H2_FIELD_GRPC_MESSAGE),
        .grpc_timeout =
            grpc_timeout(h2_fields_value(fields, H2_FIELD_GRPC_TIMEOUT)),
    };
    if (!head->host.size)
        head->host = h2_fields_value(fields, H2_FIELD_HOST);
    head->software =
        h2_fields_value(fields,
                        head->status ? H2_FIELD_SERVER : H2_FIELD_USER_AGENT);
    head->upgrade = h2_fields_value(fields, H2_FIELD_PROTOCOL);
    head->framing =
        head->length == HTTP_NO_LENGTH ? FRAMING_STREAM : FRAMING_LENGTH;
}
