/*
 * A head gathers what is wanted of a header section while it is being read,
 * which may take many segments. It is bounded: what is longer is cut.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/text.h"
#include "http/event.h"

enum {
    HEAD_NAME_SIZE = 24,
    HEAD_TARGET_LIMIT = 4096,
    HEAD_VALUE_LIMIT = 256
};

enum head_field {
    HEAD_HOST,
    HEAD_SERVER,
    HEAD_POWERED_BY,
    HEAD_USER_AGENT,
    HEAD_UPGRADE,
    HEAD_EXPECT,
    HEAD_KEEP_ALIVE,
    HEAD_CONTENT_TYPE,
    HEAD_HTTP2_SETTINGS,
    HEAD_REQUEST_ID,
    HEAD_TRACEPARENT,
    HEAD_FORWARDED_FOR,
    HEAD_VIA,
    HEAD_FIELD_COUNT,
    HEAD_OTHER_FIELD = HEAD_FIELD_COUNT
};

struct head {
    struct text target;
    struct text value[HEAD_FIELD_COUNT];
    char name[HEAD_NAME_SIZE]; /* of the field being read */
    size_t name_size;          /* more than its room: none that is wanted */
    enum head_field field;
};

/*
 * One that is empty: the spare one, if there is one. Many messages need one,
 * few at a time, and it has room for each of its values by then.
 */
struct head *head_take(struct head **spare);

/* Gives it back: it is the spare one, or freed. NULL does nothing. */
void head_give(struct head **spare, struct head *head);

void head_free(struct head *head);

/* The pieces as they come: of a field's name, its end, of its value. */
void head_add_name(struct head *head, struct span piece);
void head_end_name(struct head *head);
void head_add_value(struct head *head, struct span piece);
void head_end_value(struct head *head);

/* Fills in what the fields say; the spans borrow from the head. */
void head_tell(const struct head *head, struct http_head *told);

#endif
