#include "http/h2_base64.h"

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

struct span h2_read_base64url(struct span text,
                              uint8_t to[static H2_SETTINGS_SIZE])
{
    static const struct span none;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t size = 0;

    while (text.size && text.at[text.size - 1] == '=')
        text.size--;
    for (size_t i = 0; i < text.size; i++) {
        int value = value_of(text.at[i]);

        if (value < 0)
            return none;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have < 8)
            continue;
        if (size == H2_SETTINGS_SIZE)
            return none;
        have -= 8;
        to[size++] = (uint8_t)(bits >> have);
    }
    return (struct span){to, size};
}
