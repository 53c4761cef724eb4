/*
 * Hexadecimal digits, of either case.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the digit stands for; -1: it is none. */
static inline int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static inline bool is_hex_digit(uint8_t byte)
{
    return hex_digit((char)byte) >= 0;
}

/*
 * The byte that two digits make; -1: they are none. Behind what is no digit
 * nothing is read, so a C string may end at either.
 */
static inline int hex_byte(const void *digits)
{
    const char *two = digits;
    int high = hex_digit(two[0]);
    int low = high < 0 ? -1 : hex_digit(two[1]);

    return low < 0 ? -1 : high << 4 | low;
}

/* Two lower-case digits a byte, and a NUL: 2 * size + 1 characters. */
static inline char *hex_print(char *text, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
    return text;
}

#endif
