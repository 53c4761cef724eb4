/*
 * Words are one line of a scene, cut at blanks, being read from front to
 * back. Trouble is reported with the number of the line.
 */
#ifndef SCENE_WORDS_H
#define SCENE_WORDS_H

#include "base/arena.h"
#include "base/fail.h"
#include "base/nanos.h"

enum {
    WORDS_MAX = 128
};

struct word {
    const char *text; /* NUL-terminated, in the arena */
    size_t size;
    bool quoted; /* was in quotes; escapes are resolved */
};

struct words {
    struct arena *arena;
    struct fail *fail;
    unsigned line;
    size_t count;
    size_t next; /* the word that is read next */
    struct word word[WORDS_MAX];
};

/* Cuts a line into words; a comment is left out. False: fail is set. */
bool words_split(struct words *words, struct span line);

/* Always false, so that readers return it. */
__attribute__((format(printf, 2, 3))) bool words_fail(struct words *words,
                                                      const char *format, ...);

/* The next word, not yet taken; NULL at the end. */
const struct word *words_peek(const struct words *words);

/* Takes the next word if it is this one, not quoted. */
bool words_take(struct words *words, const char *text);

/* Takes the next word whatever it is; `what` names it if there is none. */
bool words_any(struct words *words, const char *what, const char **text);

/* Whether the next word begins like a number, with or without a sign. */
bool words_at_number(const struct words *words);

/* Takes a whole number between the bounds. */
bool words_number(struct words *words, const char *what, int64_t low,
                  int64_t high, int64_t *number);

/* Takes seconds with up to nine decimals. */
bool words_seconds(struct words *words, const char *what, nanos *time);

#endif
