#include "http/fields_kit.h"

bool kit_next_field(const char **lines, struct span *name, struct span *value)
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

void kit_add_span(struct text *out, const char *name, struct span value)
{
    if (!value.size)
        return;
    text_addf(out, "%s=", name);
    text_add_bytes(out, value);
    text_add(out, " ");
}
