/*
 * Which names suggest a secret, and which words look like one.
 */
#ifndef BASE_MASK_WORDS_H
#define BASE_MASK_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MASK_NAME_SIZE = 64, /* of a name its end counts */
    MASK_WORD_SIZE = 256 /* of a word its beginning */
};

static inline bool mask_is_alphanumeric(uint8_t code)
{
    uint8_t lower = code | 0x20;

    return (code >= '0' && code <= '9') || (lower >= 'a' && lower <= 'z');
}

/* Does the name of a parameter suggest a secret? `strong`: only names that are
 * no common word. */
bool mask_name_suggests(const char *name, size_t size, bool strong);

/* A JSON Web Token (RFC 7519), of letters, digits, '-', '_' and '.'. */
bool mask_is_token(const char *word, size_t size);

/*
 * A key: it begins as those of a well-known issuer do, or it is long and looks
 * random; of letters, digits, '-' and '_'. A UUID is none: it names things.
 */
bool mask_is_key(const char *word, size_t size);

#endif
