#include "http/h2_fields.h"

#include <assert.h>

enum {
    VALUE_LIMIT = 4096
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
    [H2_FIELD_VIA] = NAME("via"),
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
    [H2_FIELD_TRACEPARENT] = NAME("traceparent"),
    [H2_FIELD_REQUEST_ID] = NAME("x-request-id"),
    [H2_FIELD_FORWARDED_FOR] = NAME("x-forwarded-for"),
};

static_assert(sizeof name / sizeof *name == H2_FIELD_COUNT,
              "every field has its name");

/* The first name of each length; of a length without names it is some name. */
static const uint8_t first_of[] = {
    [3] = H2_FIELD_VIA,
    [4] = H2_FIELD_HOST,
    [5] = H2_FIELD_PATH,
    [6] = H2_FIELD_SERVER,
    [7] = H2_FIELD_METHOD,
    [9] = H2_FIELD_PROTOCOL,
    [10] = H2_FIELD_AUTHORITY,
    [11] = H2_FIELD_GRPC_STATUS,
    [12] = H2_FIELD_CONTENT_TYPE,
    [14] = H2_FIELD_LENGTH,
    [15] = H2_FIELD_FORWARDED_FOR,
};

void h2_fields_init(struct h2_fields *fields)
{
    *fields = (struct h2_fields){0};
    text_init(&fields->values, H2_FIELD_COUNT * VALUE_LIMIT);
}

void h2_fields_release(struct h2_fields *fields)
{
    text_release(&fields->values);
}

void h2_fields_clear(struct h2_fields *fields)
{
    text_clear(&fields->values);
    memset(fields->value, 0, sizeof fields->value);
}

static enum h2_field field_of(struct span given)
{
    size_t i =
        given.size < sizeof first_of ? first_of[given.size] : H2_FIELD_COUNT;

    for (; i < H2_FIELD_COUNT && name[i].size == given.size; i++) {
        /* names of a length differ most at their ends */
        if (name[i].text[given.size - 1] == given.at[given.size - 1] &&
            memcmp(name[i].text, given.at, given.size) == 0)
            return (enum h2_field)i;
    }
    return H2_FIELD_COUNT;
}

void h2_fields_take(struct h2_fields *fields, struct span given,
                    struct span value)
{
    enum h2_field field = field_of(given);

    /* a block may repeat a field a hundred thousand times */
    if (field == H2_FIELD_COUNT || fields->value[field].size || !value.size)
        return;
    value = span_head(value, VALUE_LIMIT);
    fields->value[field].at = (uint32_t)fields->values.size;
    fields->value[field].size = (uint32_t)value.size;
    text_add_bytes(&fields->values, value);
}

static struct span value_of(const struct h2_fields *fields, enum h2_field field)
{
    return (struct span){(const uint8_t *)text_string(&fields->values) +
                             fields->value[field].at,
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
    struct span text = value_of(fields, field);

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
        .method = value_of(fields, H2_FIELD_METHOD),
        .target = value_of(fields, H2_FIELD_PATH),
        .host = value_of(fields, H2_FIELD_AUTHORITY),
        .content_type = value_of(fields, H2_FIELD_CONTENT_TYPE),
        .request_id = value_of(fields, H2_FIELD_REQUEST_ID),
        .traceparent = value_of(fields, H2_FIELD_TRACEPARENT),
        .has_via = value_of(fields, H2_FIELD_VIA).size > 0,
        .length = number_of(fields, H2_FIELD_LENGTH, HTTP_NO_LENGTH),
        .status = (uint16_t)(number_of(fields, H2_FIELD_STATUS, 0) & 0xffff),
        .has_grpc_status = grpc != UINT64_MAX,
        .grpc_status = (uint32_t)(grpc & 0xffffffff),
        .grpc_message = value_of(fields, H2_FIELD_GRPC_MESSAGE),
        .grpc_timeout = grpc_timeout(value_of(fields, H2_FIELD_GRPC_TIMEOUT)),
    };
    if (fields->value[H2_FIELD_FORWARDED_FOR].size < VALUE_LIMIT)
        head->forwarded_for = value_of(fields, H2_FIELD_FORWARDED_FOR);
    if (!head->host.size)
        head->host = value_of(fields, H2_FIELD_HOST);
    head->software =
        value_of(fields, head->status ? H2_FIELD_SERVER : H2_FIELD_USER_AGENT);
    head->upgrade = value_of(fields, H2_FIELD_PROTOCOL);
    head->framing =
        head->length == HTTP_NO_LENGTH ? FRAMING_STREAM : FRAMING_LENGTH;
}
