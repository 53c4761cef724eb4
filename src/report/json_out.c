#include "report/json_out.h"

#include <string.h>

/* 15 digits hold a nanosecond in a day's capture, and print 0.1 as 0.1. */
enum {
    REAL_DIGITS = 15,
    INDENT = 2
};

static void flush(struct json_out *out)
{
    out->failed |= fwrite(out->bytes, 1, out->used, out->file) != out->used;
    out->used = 0;
}

static void put(struct json_out *out, const char *bytes, size_t size)
{
    if (size > JSON_OUT_ROOM - out->used)
        flush(out);
    if (size > JSON_OUT_ROOM) {
        out->failed |= fwrite(bytes, 1, size, out->file) != size;
        return;
    }
    memcpy(out->bytes + out->used, bytes, size);
    out->used += size;
}

static void put_text(struct json_out *out, const char *text)
{
    put(out, text, strlen(text));
}

static void put_indent(struct json_out *out)
{
    for (unsigned i = 0; i < out->depth * INDENT; i++)
        put(out, " ", 1);
}

static void next_line(struct json_out *out)
{
    put(out, "\n", 1);
    put_indent(out);
}

/* A newline is never in a value, but between two: there the value's own
 * indentation goes on from ours. */
static int take_piece(const char *bytes, size_t size, void *context)
{
    struct json_out *out = context;

    put(out, bytes, size);
    if (size == 1 && bytes[0] == '\n')
        put_indent(out);
    return out->failed ? -1 : 0;
}

static void put_value(struct json_out *out, json_t *value, size_t flags)
{
    out->failed |=
        json_dump_callback(value, take_piece, out,
                           flags | JSON_REAL_PRECISION(REAL_DIGITS)) != 0;
    json_decref(value);
}

static void begin_item(struct json_out *out)
{
    if (!out->is_first)
        put(out, ",", 1);
    out->is_first = false;
    next_line(out);
}

static void put_key(struct json_out *out, const char *key)
{
    begin_item(out);
    put(out, "\"", 1);
    put_text(out, key);
    put(out, "\": ", 3);
}

static void open_bracket(struct json_out *out, const char *bracket)
{
    put(out, bracket, 1);
    out->depth++;
    out->is_first = true;
}

static void close_bracket(struct json_out *out, const char *bracket)
{
    out->depth--;
    if (!out->is_first)
        next_line(out);
    out->is_first = false;
    put(out, bracket, 1);
}

void json_out_begin(struct json_out *out, FILE *file)
{
    out->file = file;
    out->depth = 0;
    out->failed = false;
    out->used = 0;
    open_bracket(out, "{");
}

void json_out_member(struct json_out *out, const char *key, json_t *value)
{
    put_key(out, key);
    put_value(out, value, JSON_INDENT(INDENT) | JSON_ENCODE_ANY);
}

void json_out_members(struct json_out *out, json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
        json_out_member(out, key, json_incref(value));
    json_decref(object);
}

void json_out_list(struct json_out *out, const char *key)
{
    put_key(out, key);
    open_bracket(out, "[");
}

void json_out_element(struct json_out *out, json_t *value)
{
    begin_item(out);
    put_value(out, value, JSON_INDENT(INDENT) | JSON_ENCODE_ANY);
}

void json_out_list_end(struct json_out *out)
{
    close_bracket(out, "]");
}

bool json_out_spool(FILE *spool, json_t *value)
{
    struct json_out out = {.file = spool, .depth = 2};

    json_out_element(&out, value);
    flush(&out);
    return !out.failed;
}

/* What was kept begins with the comma between elements. */
void json_out_spooled(struct json_out *out, FILE *spool)
{
    char bytes[JSON_OUT_ROOM];
    size_t skip = out->is_first;
    size_t size;

    while ((size = fread(bytes, 1, sizeof bytes, spool)) > 0) {
        put(out, bytes + skip, size - skip);
        out->is_first = false;
        skip = 0;
    }
    out->failed |= ferror(spool) != 0;
}

bool json_out_end(struct json_out *out)
{
    close_bracket(out, "}");
    put(out, "\n", 1);
    flush(out);
    return !out->failed;
}

bool json_out_line(FILE *file, const char *type, json_t *object)
{
    struct json_out out;

    json_out_begin(&out, file);
    out.depth = 0;
    put_text(&out, "\"type\":\"");
    put_text(&out, type);
    put_text(&out, "\",");
    put_value(&out, object, JSON_COMPACT | JSON_EMBED);
    put_text(&out, "}\n");
    flush(&out);
    return !out.failed;
}
