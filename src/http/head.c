#include "http/head.h"

#include "base/arena.h"

#include <stdlib.h>
#include <strings.h>

struct head *head_new(void)
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

void head_add_name(struct head *head, struct span piece)
{
    for (size_t i = 0; i < piece.size; i++) {
        uint8_t c = piece.at[i];

        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (head->name_size < HEAD_NAME_SIZE)
            head->name[head->name_size] = (char)c;
        if (head->name_size <= HEAD_NAME_SIZE)
            head->name_size++;
    }
}

void head_end_name(struct head *head)
{
    static const char *const name[HEAD_FIELD_COUNT] = {
        [HEAD_HOST] = "host",
        [HEAD_SERVER] = "server",
        [HEAD_POWERED_BY] = "x-powered-by",
        [HEAD_USER_AGENT] = "user-agent",
        [HEAD_UPGRADE] = "upgrade",
        [HEAD_EXPECT] = "expect",
        [HEAD_KEEP_ALIVE] = "keep-alive",
        [HEAD_CONTENT_TYPE] = "content-type",
        [HEAD_HTTP2_SETTINGS] = "http2-settings",
    };

    head->field = HEAD_OTHER_FIELD;
    for (size_t i = 0; i < HEAD_FIELD_COUNT; i++) {
        if (strlen(name[i]) == head->name_size &&
            memcmp(name[i], head->name, head->name_size) == 0)
            head->field = (enum head_field)i;
    }
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

/* "timeout=5, max=100": the seconds; 0 when it does not say. */
static uint32_t keep_alive_seconds(const char *value)
{
    const char *at = strcasestr(value, "timeout=");
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
    told->software = span_of(&value[software_field(head, told)]);
    told->expects_continue =
        strcasecmp(text_string(&value[HEAD_EXPECT]), "100-continue") == 0;
    told->keep_alive = keep_alive_seconds(text_string(&value[HEAD_KEEP_ALIVE]));
}
