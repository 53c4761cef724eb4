/*
 * For the tests of header fields: fields as lines of text, and what was made
 * of them as words.
 */
#ifndef HTTP_FIELDS_KIT_H
#define HTTP_FIELDS_KIT_H

#include "base/text.h"

/* Cuts the next "name=value\n" off; false after the last. */
static inline bool kit_next_field(const char **lines, struct span *name,
                                  struct span *value)
{
    const char *line = *lines;
    const char *equals = strchr(line, '=');
    const char *newline = strchr(line, '\n');

    if (!*line)
        return false;
    *name = (struct span){(const uint8_t *)line, (size_t)(equals - line)};
    *value = (struct span){(const uint8_t *)equals + 1,
                           (size_t)(newline - equals - 1)};
    *lines = newline + 1;
    return true;
}

/* "name=value ", or nothing of an empty value. */
static inline void kit_add_span(struct text *out, const char *name,
                                struct span value)
{
    if (!value.size)
        return;
    text_addf(out, "%s=", name);
    text_add_bytes(out, value);
    text_add(out, " ");
}

#endif
