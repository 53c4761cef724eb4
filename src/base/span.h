/*
 * A span is a borrowed run of bytes: it owns nothing and is never stored
 * past the call that handed it over. What must live longer is copied
 * (arena_keep).
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *at;
    size_t size;
};

/* The bytes of a C string, without its final NUL. */
static inline struct span span_of_text(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

/* The first `size` bytes, or all there are. */
static inline struct span span_head(struct span span, size_t size)
{
    if (size < span.size)
        span.size = size;
    return span;
}

/* What is left after the first `size` bytes; empty when there is no more. */
static inline struct span span_skip(struct span span, size_t size)
{
    if (size > span.size)
        size = span.size;
    if (size == 0)
        return span;
    return (struct span){span.at + size, span.size - size};
}

static inline bool span_starts_with(struct span span, const char *text)
{
    size_t size = strlen(text);

    return span.size >= size && memcmp(span.at, text, size) == 0;
}

#endif
