#include "http/fcgi_record.h"

#include "base/reader.h"

#include <string.h>

enum {
    VERSION = 1,
    ROLE_LAST = 3,       /* RESPONDER, AUTHORIZER, FILTER */
    GET_VALUES_SIZE = 15 /* the header, two lengths, "FCGI_" */
};

static bool read_header(struct fcgi_record *record)
{
    struct reader r =
        reader_on((struct span){record->head, sizeof record->head});
    uint8_t version = read_u8(&r);

    record->type = read_u8(&r);
    record->id = read_be16(&r);
    record->length = read_be16(&r);
    record->content = record->length;
    record->padding = read_u8(&r);
    return version == VERSION && record->type >= FCGI_BEGIN_REQUEST &&
           record->type <= FCGI_UNKNOWN_TYPE;
}

static enum fcgi_step add_to_header(struct fcgi_record *record,
                                    struct span *rest, uint64_t offset,
                                    struct mark at)
{
    struct span piece =
        span_head(*rest, sizeof record->head - (size_t)record->head_size);

    if (record->head_size == 0) {
        record->at = at;
        record->offset = offset;
    }
    memcpy(record->head + record->head_size, piece.at, piece.size);
    record->head_size = (uint8_t)(record->head_size + piece.size);
    *rest = span_skip(*rest, piece.size);
    if (record->head_size < sizeof record->head)
        return FCGI_MORE;
    return read_header(record) ? FCGI_HEAD : FCGI_BAD;
}

static bool is_in_header(const struct fcgi_record *record)
{
    return record->head_size < sizeof record->head ||
           (record->content == 0 && record->padding == 0);
}

enum fcgi_step fcgi_record_read(struct fcgi_record *record, struct span *rest,
                                uint64_t offset, struct mark at,
                                struct span *taken)
{
    *taken = (struct span){0};
    if (is_in_header(record)) {
        if (record->head_size == sizeof record->head)
            record->head_size = 0;
        return add_to_header(record, rest, offset, at);
    }
    if (record->content) {
        *taken = span_head(*rest, record->content);
        record->content -= (uint32_t)taken->size;
        *rest = span_skip(*rest, taken->size);
        return FCGI_CONTENT;
    }
    if (record->padding < rest->size) {
        *rest = span_skip(*rest, record->padding);
        record->padding = 0;
    } else {
        record->padding -= (uint32_t)rest->size;
        *rest = span_skip(*rest, rest->size);
    }
    return FCGI_MORE;
}

bool fcgi_record_is_whole(const struct fcgi_record *record)
{
    return record->head_size == sizeof record->head && record->content == 0;
}

static uint64_t take_off(uint32_t *left, uint64_t size)
{
    uint64_t some = size < *left ? size : *left;

    *left -= (uint32_t)some;
    return size - some;
}

uint64_t fcgi_record_skip(struct fcgi_record *record, uint64_t size)
{
    if (record->head_size < sizeof record->head)
        return size;
    size = take_off(&record->content, size);
    return take_off(&record->padding, size);
}

static bool is_of_answer(uint8_t type)
{
    return type == FCGI_STDOUT || type == FCGI_STDERR ||
           type == FCGI_END_REQUEST;
}

bool fcgi_is_record(struct span bytes)
{
    const uint8_t *b = bytes.at;

    return bytes.size >= FCGI_HEADER_SIZE && b[0] == VERSION && b[7] == 0 &&
           (is_of_answer(b[1]) || b[1] == FCGI_GET_VALUES_RESULT ||
            b[1] == FCGI_UNKNOWN_TYPE);
}

bool fcgi_is_answer(struct span bytes, uint16_t id)
{
    const uint8_t *b = bytes.at;

    return fcgi_is_record(bytes) && is_of_answer(b[1]) &&
           ((unsigned)b[2] << 8 | b[3]) == id;
}

/* Are the bytes those, as far as both go? `any` of a mask is any byte. */
static bool agrees(struct span first, const uint8_t *want, const uint8_t *mask,
                   size_t size)
{
    for (size_t i = 0; i < size && i < first.size; i++) {
        if (mask[i] && first.at[i] != want[i])
            return false;
    }
    return true;
}

static bool may_be_begin(struct span first)
{
    static const uint8_t want[FCGI_BEGIN_SIZE] = {VERSION, FCGI_BEGIN_REQUEST,
                                                  0,       0,
                                                  0,       FCGI_HEADER_SIZE};
    static const uint8_t mask[FCGI_BEGIN_SIZE] = {1, 1, 0, 0, 1, 1, 1, 1,
                                                  1, 0, 0, 1, 1, 1, 1, 1};

    if (!agrees(first, want, mask, sizeof want))
        return false;
    /* a request has a number; its role is one of three; KEEP_CONN or nothing */
    return !(first.size > 3 && first.at[2] == 0 && first.at[3] == 0) &&
           !(first.size > 9 && (first.at[9] == 0 || first.at[9] > ROLE_LAST)) &&
           !(first.size > 10 && first.at[10] > 1);
}

/* FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS, without values. */
static bool may_be_get_values(struct span first)
{
    static const uint8_t want[GET_VALUES_SIZE] = {
        VERSION, FCGI_GET_VALUES, 0, 0, 0, 0, 0, 0, 0, 0, 'F', 'C', 'G', 'I',
        '_'};
    static const uint8_t mask[GET_VALUES_SIZE] = {1, 1, 1, 1, 0, 0, 0, 1,
                                                  0, 1, 1, 1, 1, 1, 1};

    return agrees(first, want, mask, sizeof want) &&
           !(first.size > 8 && (first.at[8] < 13 || first.at[8] > 15));
}

bool fcgi_may_begin(struct span first)
{
    return first.size && (may_be_begin(first) || may_be_get_values(first));
}

bool fcgi_begins(struct span first)
{
    return (first.size >= FCGI_BEGIN_SIZE && may_be_begin(first)) ||
           (first.size >= GET_VALUES_SIZE && may_be_get_values(first));
}
