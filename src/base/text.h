/*
 * A text is a string that grows, up to the limit it was made with. What does
 * not fit any more is left out and `cut` is set; the string stays terminated.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/span.h"

struct text {
    char *at; /* NUL-terminated; owned; NULL while empty */
    size_t size;
    size_t room;
    size_t limit;
    bool cut;
};

/* An empty text of at most `limit` bytes, without memory yet. */
void text_init(struct text *text, size_t limit);
void text_release(struct text *text);

/* Makes it empty and keeps the memory. */
void text_clear(struct text *text);

/* The same, and nothing of it can be read there any more. */
void text_wipe(struct text *text);

/* The string; "" while empty. Borrowed until the next change. */
const char *text_string(const struct text *text);

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, struct span bytes);

/* Adds what is in a file. False, with errno, when it cannot be opened or read;
 * what is past the limit is cut, as ever. */
bool text_add_file(struct text *text, const char *path);

__attribute__((format(printf, 2, 3))) void text_addf(struct text *text,
                                                     const char *format, ...);

/*
 * Adds bytes from the wire so that they are valid UTF-8 and cannot steer a
 * terminal: control characters (C0, DEL, C1) and bytes that are no UTF-8
 * become \xNN, a backslash becomes \\.
 */
void text_add_visible(struct text *text, struct span bytes);

#endif
