#include "base/text.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void text_init(struct text *text, size_t limit)
{
    *text = (struct text){.limit = limit};
}

void text_release(struct text *text)
{
    free(text->at);
    text_init(text, text->limit);
}

void text_clear(struct text *text)
{
    text->size = 0;
    text->cut = false;
    if (text->at)
        text->at[0] = '\0';
}

void text_wipe(struct text *text)
{
    if (text->at)
        explicit_bzero(text->at, text->size);
    text_clear(text);
}

const char *text_string(const struct text *text)
{
    return text->at ? text->at : "";
}

/* Makes room for as much of `size` more bytes as the limit leaves. */
static size_t make_room(struct text *text, size_t size)
{
    size_t left = text->limit - text->size;
    size_t room = text->room ? text->room : 64;

    if (size > left) {
        size = left;
        text->cut = true;
    }
    while (room < text->size + size + 1)
        room *= 2;
    if (room != text->room) {
        text->at = must_realloc(text->at, room, 1);
        text->room = room;
    }
    return size;
}

void text_add_bytes(struct text *text, struct span bytes)
{
    bool fits = bytes.size < text->room - text->size &&
                bytes.size <= text->limit - text->size;
    size_t size = fits ? bytes.size : make_room(text, bytes.size);

    if (size)
        memcpy(text->at + text->size, bytes.at, size);
    text->size += size;
    text->at[text->size] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, span_of_text(string));
}

bool text_add_file(struct text *text, const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t piece[4096];
    size_t size;
    bool whole;

    if (!file)
        return false;
    while ((size = fread(piece, 1, sizeof piece, file)) > 0)
        text_add_bytes(text, (struct span){piece, size});
    whole = !ferror(file);
    (void)fclose(file);
    return whole;
}

void text_addf(struct text *text, const char *format, ...)
{
    char small[256];
    char *large;
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (size < 0)
        return;
    if ((size_t)size < sizeof small) {
        text_add(text, small);
        return;
    }
    large = must_calloc((size_t)size + 1, 1);
    va_start(args, format);
    (void)vsnprintf(large, (size_t)size + 1, format, args);
    va_end(args);
    text_add(text, large);
    free(large);
}

/* Bytes of the UTF-8 character at the front (RFC 3629, 4); 0 if it is none. */
static size_t utf8_size(struct span bytes)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high, size;
    } form[] = {
        {0x20, 0x7e, 0x80, 0xbf, 1},
        {0xc2, 0xc2, 0xa0, 0xbf, 2}, /* U+0080 to U+009F are controls */
        {0xc3, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const uint8_t *b = bytes.at;

    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        if (b[0] < form[i].first_low || b[0] > form[i].first_high)
            continue;
        if (bytes.size < form[i].size)
            return 0;
        if (form[i].size > 1 &&
            (b[1] < form[i].second_low || b[1] > form[i].second_high))
            return 0;
        for (size_t k = 2; k < form[i].size; k++) {
            if (b[k] < 0x80 || b[k] > 0xbf)
                return 0;
        }
        return form[i].size;
    }
    return 0;
}

/*
 * Characters that hide or reorder what stands around them on a terminal:
 * U+061C, U+200B to U+200F, U+2028 to U+202E, U+2060 to U+2069, U+FEFF.
 */
static bool is_format_character(const uint8_t *b, size_t size)
{
    if (size == 2)
        return b[0] == 0xd8 && b[1] == 0x9c;
    if (size != 3)
        return false;
    if (b[0] == 0xef)
        return b[1] == 0xbb && b[2] == 0xbf;
    if (b[0] != 0xe2)
        return false;
    if (b[1] == 0x80)
        return (b[2] >= 0x8b && b[2] <= 0x8f) || (b[2] >= 0xa8 && b[2] <= 0xae);
    return b[1] == 0x81 && b[2] >= 0xa0 && b[2] <= 0xa9;
}

/* Adds all of a character or an escape, or nothing and says that it is cut. */
static bool add_whole(struct text *text, struct span bytes)
{
    if (bytes.size > text->limit - text->size) {
        text->cut = true;
        return false;
    }
    text_add_bytes(text, bytes);
    return true;
}

static bool add_escaped(struct text *text, struct span bytes)
{
    char escape[5];

    for (size_t i = 0; i < bytes.size; i++) {
        (void)snprintf(escape, sizeof escape, "\\x%02x", bytes.at[i]);
        if (!add_whole(text, span_of_text(escape)))
            return false;
    }
    return true;
}

void text_add_visible(struct text *text, struct span bytes)
{
    bool fits = true;

    while (bytes.size && fits) {
        size_t size = utf8_size(bytes);
        struct span one = span_head(bytes, size ? size : 1);

        if (bytes.at[0] == '\\')
            fits = add_whole(text, span_of_text("\\\\"));
        else if (size == 0 || is_format_character(bytes.at, size))
            fits = add_escaped(text, one);
        else
            fits = add_whole(text, one);
        bytes = span_skip(bytes, one.size);
    }
}
