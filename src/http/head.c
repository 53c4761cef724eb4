#include "http/head.h"

#include "base/arena.h"

#include <stdlib.h>
#include <strings.h>

static struct head *head_new(void)
{
    struct head *head = must_calloc(1, sizeof *head);

    text_init(&head->target, HEAD_TARGET_LIMIT);
    for (size_t i = 0; i < HEAD_FIELD_COUNT; i++)
        text_init(&head->value[i], HEAD_VALUE_LIMIT);
    head->field = HEAD_OTHER_FIELD;
    return head;
}

void head_free(struct head *head)
{
    if (!head)
        return;
    text_release(&head->target);
    for (size_t i = 0; i < HEAD_FIELD_COUNT; i++)
        text_release(&head->value[i]);
    free(head);
}

static void head_clear(struct head *head)
{
    text_clear(&head->target);
    for (size_t i = 0; i < HEAD_FIELD_COUNT; i++) {
        if (head->value[i].size)
            text_clear(&head->value[i]);
    }
    head->name_size = 0;
    head->field = HEAD_OTHER_FIELD;
}

struct head *head_take(struct head **spare)
{
    struct head *head = *spare;

    if (!head)
        return head_new();
    *spare = NULL;
    return head;
}

void head_give(struct head **spare, struct head *head)
{
    if (!head)
        return;
    if (*spare) {
        head_free(head);
        return;
    }
    head_clear(head);
    *spare = head;
}

void head_add_name(struct head *head, struct span piece)
{
    if (!piece.size)
        return;
    /* one byte more than its room: none that is wanted */
    if (head->name_size + piece.size > HEAD_NAME_SIZE) {
        head->name_size = HEAD_NAME_SIZE + 1;
        return;
    }
    memcpy(head->name + head->name_size, piece.at, piece.size);
    head->name_size += piece.size;
}

/* Field names are compared without regard to case (RFC 9110, 5.1). */
static enum head_field field_by_name(const char *name, size_t size)
{
    static const struct {
        size_t size;
        const char *name;
    } known[HEAD_FIELD_COUNT] = {
        [HEAD_HOST] = {4,  "host"           },
        [HEAD_SERVER] = {6,  "server"         },
        [HEAD_POWERED_BY] = {12, "x-powered-by"   },
        [HEAD_USER_AGENT] = {10, "user-agent"     },
        [HEAD_UPGRADE] = {7,  "upgrade"        },
        [HEAD_EXPECT] = {6,  "expect"         },
        [HEAD_KEEP_ALIVE] = {10, "keep-alive"     },
        [HEAD_CONTENT_TYPE] = {12, "content-type"   },
        [HEAD_HTTP2_SETTINGS] = {14, "http2-settings" },
        [HEAD_REQUEST_ID] = {12, "x-request-id"   },
        [HEAD_TRACEPARENT] = {11, "traceparent"    },
        [HEAD_VIA] = {3,  "via"            },
        [HEAD_FORWARDED_FOR] = {15, "x-forwarded-for"},
    };

    for (size_t i = 0; i < HEAD_FIELD_COUNT; i++) {
        if (known[i].size == size && (name[0] | 0x20) == known[i].name[0] &&
            strncasecmp(known[i].name, name, size) == 0)
            return (enum head_field)i;
    }
    return HEAD_OTHER_FIELD;
}

void head_end_name(struct head *head)
{
    head->field = head->name_size <= HEAD_NAME_SIZE
                      ? field_by_name(head->name, head->name_size)
                      : HEAD_OTHER_FIELD;
    head->name_size = 0;
    /* of a repeated field the last one counts */
    if (head->field != HEAD_OTHER_FIELD)
        text_clear(&head->value[head->field]);
}

void head_add_value(struct head *head, struct span piece)
{
    if (head->field != HEAD_OTHER_FIELD)
        text_add_bytes(&head->value[head->field], piece);
}

void head_end_value(struct head *head)
{
    head->field = HEAD_OTHER_FIELD;
}

static struct span span_of(const struct text *text)
{
    return (struct span){(const uint8_t *)text_string(text), text->size};
}

/* A list that was cut has lost its end. */
static struct span whole_of(const struct text *text)
{
    return text->size < HEAD_VALUE_LIMIT ? span_of(text) : (struct span){0};
}

/* "timeout=5, max=100": the seconds; 0 when it does not say. */
static uint32_t keep_alive_seconds(const struct text *value)
{
    const char *at =
        value->size ? strcasestr(text_string(value), "timeout=") : NULL;
    unsigned long seconds = at ? strtoul(at + strlen("timeout="), NULL, 10) : 0;

    return seconds > 86400 ? 0 : (uint32_t)seconds;
}

/* What has no Server field may be named by what made the page. */
static enum head_field software_field(const struct head *head,
                                      const struct http_head *told)
{
    if (!told->status)
        return HEAD_USER_AGENT;
    return head->value[HEAD_SERVER].size ? HEAD_SERVER : HEAD_POWERED_BY;
}

void head_tell(const struct head *head, struct http_head *told)
{
    const struct text *value = head->value;

    told->target = span_of(&head->target);
    told->host = span_of(&value[HEAD_HOST]);
    told->upgrade = span_of(&value[HEAD_UPGRADE]);
    told->h2_settings = span_of(&value[HEAD_HTTP2_SETTINGS]);
    told->content_type = span_of(&value[HEAD_CONTENT_TYPE]);
    told->request_id = span_of(&value[HEAD_REQUEST_ID]);
    told->traceparent = span_of(&value[HEAD_TRACEPARENT]);
    told->has_via = value[HEAD_VIA].size > 0;
    told->forwarded_for = whole_of(&value[HEAD_FORWARDED_FOR]);
    told->software = span_of(&value[software_field(head, told)]);
    told->expects_continue =
        value[HEAD_EXPECT].size &&
        strcasecmp(text_string(&value[HEAD_EXPECT]), "100-continue") == 0;
    told->keep_alive = keep_alive_seconds(&value[HEAD_KEEP_ALIVE]);
}
