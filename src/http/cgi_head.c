#include "http/cgi_head.h"

#include <strings.h>

enum {
    STATUS_FOUND = 302,
    STATUS_OK = 200
};

void cgi_head_begin(struct cgi_head *cgi, struct head **spare)
{
    *cgi =
        (struct cgi_head){.head = head_take(spare), .length = HTTP_NO_LENGTH};
    text_init(&cgi->line, CGI_LINE_SIZE);
}

void cgi_head_release(struct cgi_head *cgi, struct head **spare)
{
    head_give(spare, cgi->head);
    cgi->head = NULL;
    text_release(&cgi->line);
}

static struct span trim(struct span value)
{
    while (value.size && (*value.at == ' ' || *value.at == '\t'))
        value = span_skip(value, 1);
    while (value.size && (value.at[value.size - 1] == ' ' ||
                          value.at[value.size - 1] == '\t'))
        value.size--;
    return value;
}

static bool is_named(struct span name, const char *text)
{
    return name.size == strlen(text) &&
           strncasecmp((const char *)name.at, text, name.size) == 0;
}

static uint64_t number_of(struct span value)
{
    uint64_t number = 0;
    size_t i = 0;

    for (; i < value.size && i < 18 && value.at[i] >= '0' && value.at[i] <= '9';
         i++)
        number = 10 * number + (uint64_t)(value.at[i] - '0');
    return i ? number : HTTP_NO_LENGTH;
}

/* "404 Not Found" */
static uint16_t status_of(struct span value)
{
    uint64_t number = number_of(span_head(value, 3));

    return number >= 100 && number <= 999 ? (uint16_t)number : 0;
}

static void take_field(struct cgi_head *cgi, struct span name,
                       struct span value)
{
    if (is_named(name, "Status")) {
        cgi->status = status_of(value);
        cgi->is_bad = cgi->status == 0;
        cgi->is_taken_by_some = false;
    }
    if (is_named(name, "Content-Length"))
        cgi->length = number_of(value);
    else if (is_named(name, "Location"))
        cgi->has_location = value.size > 0;
    head_add_name(cgi->head, name);
    head_end_name(cgi->head);
    head_add_value(cgi->head, value);
    head_end_value(cgi->head);
}

/* A control character or a space in a name is none of a header section's. */
static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.at[i] <= ' ' || name.at[i] == 0x7f)
            return false;
    }
    return name.size > 0;
}

static void take_line(struct cgi_head *cgi)
{
    struct span line = {(const uint8_t *)text_string(&cgi->line),
                        cgi->line.size};
    const uint8_t *colon = memchr(line.at, ':', line.size);
    struct span name = line;

    /* of a script that writes all by itself; the web server leaves it out */
    if (span_starts_with(line, "HTTP/"))
        return;
    if (colon)
        name.size = (size_t)(colon - line.at);
    else if (cgi->line.cut)
        return;
    cgi->is_bad = !colon || !is_name(name);
    /* nginx takes a name alone, or with a space in it */
    cgi->is_taken_by_some = name.size && *name.at > ' ' && *name.at != 0x7f;
    if (!cgi->is_bad)
        take_field(cgi, name, trim(span_skip(line, name.size + 1)));
}

bool cgi_head_begins_line(const struct cgi_head *cgi)
{
    return cgi->is_bad || cgi->line.size == 0;
}

size_t cgi_head_take(struct cgi_head *cgi, struct span bytes, bool *done)
{
    const uint8_t *end = memchr(bytes.at, '\n', bytes.size);
    size_t size = end ? (size_t)(end - bytes.at) : bytes.size;

    *done = false;
    if (cgi->is_bad) {
        text_clear(&cgi->line);
        cgi->is_bad = false;
    }
    text_add_bytes(&cgi->line, span_head(bytes, size));
    if (!end)
        return size;
    if (cgi->line.size && cgi->line.at[cgi->line.size - 1] == '\r')
        cgi->line.at[--cgi->line.size] = '\0';
    *done = cgi->line.size == 0;
    if (!*done)
        take_line(cgi);
    if (!cgi->is_bad)
        text_clear(&cgi->line);
    return size + 1;
}

struct http_head cgi_head_tell(const struct cgi_head *cgi)
{
    struct http_head told = {
        .status = cgi->status         ? cgi->status
                  : cgi->has_location ? STATUS_FOUND
                                      : STATUS_OK,
        .length = cgi->length,
        .framing = FRAMING_STREAM,
    };

    head_tell(cgi->head, &told);
    return told;
}
