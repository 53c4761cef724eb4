/*
 * The fields that are wanted of a header block of HTTP/2 or its trailers, and
 * what they say.
 */
#ifndef HTTP_H2_FIELDS_H
#define HTTP_H2_FIELDS_H

#include "base/text.h"
#include "http/event.h"

/* By length of their names. */
enum h2_field {
    H2_FIELD_VIA,
    H2_FIELD_HOST,
    H2_FIELD_PATH,
    H2_FIELD_SERVER,
    H2_FIELD_METHOD,
    H2_FIELD_STATUS,
    H2_FIELD_PROTOCOL,
    H2_FIELD_AUTHORITY,
    H2_FIELD_USER_AGENT,
    H2_FIELD_GRPC_STATUS,
    H2_FIELD_TRACEPARENT,
    H2_FIELD_CONTENT_TYPE,
    H2_FIELD_GRPC_MESSAGE,
    H2_FIELD_GRPC_TIMEOUT,
    H2_FIELD_REQUEST_ID,
    H2_FIELD_LENGTH,
    H2_FIELD_FORWARDED_FOR,
    H2_FIELD_COUNT
};

struct h2_fields {
    struct text values; /* one behind the other */
    struct {
        uint32_t at;
        uint32_t size;
    } value[H2_FIELD_COUNT];
};

void h2_fields_init(struct h2_fields *fields);
void h2_fields_release(struct h2_fields *fields);

void h2_fields_clear(struct h2_fields *fields);

/* Keeps the value where the field is wanted; of a repeated one the first that
 * is not empty. */
void h2_fields_take(struct h2_fields *fields, struct span name,
                    struct span value);

/* What the fields say; the spans borrow from them. */
void h2_fields_tell(const struct h2_fields *fields, struct http_head *head);

#endif
