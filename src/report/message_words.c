/*
 * Words of a message, as explain.def writes them, found in a text. A word is a
 * run of letters, digits and underscores; case does not count, nor does what
 * stands between the words. So `52` is in `curl: (52)` and not in `50212`.
 */
#include "report/message_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum {
    GAP_WORDS = 20 /* words that a `*` passes over: two IPv6 endpoints */
};

struct word {
    const char *at;
    size_t size;
};

static bool is_of_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* The next word from `at`; size 0: there is none. */
static struct word next_of_text(const char *at)
{
    struct word word;

    while (*at && !is_of_word(*at))
        at++;
    word.at = at;
    while (is_of_word(*at))
        at++;
    word.size = (size_t)(at - word.at);
    return word;
}

static struct word next_of_words(const char *at)
{
    struct word word;

    at += strspn(at, " ");
    word.at = at;
    word.size = strcspn(at, " ");
    return word;
}

static bool is_number(struct word word)
{
    for (size_t i = 0; i < word.size; i++) {
        if (!isdigit((unsigned char)word.at[i]))
            return false;
    }
    return word.size > 0;
}

/* Units behind a number that is therefore no status. */
static bool is_measured(struct word number)
{
    static const char *const unit[] = {"byte", "ms", "milli", "second",
                                       "row",  "s",  "sec",   "kb"};
    struct word next = next_of_text(number.at + number.size);

    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        size_t size = strlen(unit[i]);

        if (next.size >= size && strncasecmp(next.at, unit[i], size) == 0 &&
            (size > 2 || next.size == size))
            return true;
    }
    return false;
}

/* A number in a host's name, an address or a measure is no status. */
static bool is_status(const char *text, struct word number)
{
    const char *end = number.at + number.size;

    if (number.size != 3)
        return true;
    if (number.at > text && number.at[-1] == '.')
        return false;
    if (number.at > text + 1 && strncmp(number.at - 2, "//", 2) == 0)
        return false;
    return !((*end == '.' || *end == ':' || *end == '/') &&
             is_of_word(end[1])) &&
           !is_measured(number);
}

static bool is_one(const char *text, struct word word, const char *one,
                   size_t size)
{
    bool is_prefix = size > 1 && one[size - 1] == '*';

    if (*one == '(')
        return word.at > text && word.at[-1] == '(' &&
               is_one(text, word, one + 1, size - 1);
    if (size == 1 && *one == '#')
        return is_number(word);
    if (is_prefix)
        return word.size >= size - 1 &&
               strncasecmp(word.at, one, size - 1) == 0;
    return word.size == size && strncasecmp(word.at, one, size) == 0 &&
           (!is_number(word) || is_status(text, word));
}

/* `one|two|three`, of which any may end in `*`. */
static bool is_any(const char *text, struct word word, struct word any)
{
    const char *at = any.at;
    const char *end = any.at + any.size;

    while (at < end) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        const char *stop = bar ? bar : end;

        if (is_one(text, word, at, (size_t)(stop - at)))
            return true;
        at = stop + 1;
    }
    return false;
}

/* The end of the words where they begin with the text's word at `at`. */
static const char *ends_from(const char *text, const char *at,
                             const char *words)
{
    struct word want = next_of_words(words);
    struct word have = next_of_text(at);
    const char *rest = want.at + want.size;

    if (want.size == 0)
        return at;
    if (want.size == 1 && *want.at == '*') {
        for (int i = 0; i <= GAP_WORDS; i++) {
            const char *end = ends_from(text, at, rest);

            if (end || have.size == 0)
                return end;
            at = have.at + have.size;
            have = next_of_text(at);
        }
        return NULL;
    }
    if (want.at[want.size - 1] == '?') {
        const char *end = ends_from(text, at, rest);

        if (end)
            return end;
        want.size--;
    }
    if (have.size == 0 || !is_any(text, have, want))
        return NULL;
    return ends_from(text, have.at + have.size, rest);
}

const char *message_find_words(const char *text, const char *words,
                               const char **end)
{
    struct word word = next_of_text(text);

    while (word.size > 0) {
        *end = ends_from(text, word.at, words);
        if (*end)
            return word.at;
        word = next_of_text(word.at + word.size);
    }
    return NULL;
}

static bool is_of_mark(char c)
{
    return is_of_word(c) || c == '-';
}

/* Letters alone are a mark where a log has it: behind a status, in a list or as
 * a field's value; or where the text is nothing else. */
static bool is_field(const char *text, const char *at, size_t size)
{
    if (at == text)
        return at[size] == '\0' || at[size] == ',';
    if (at[-1] == ' ')
        return at > text + 1 && at[-2] >= '0' && at[-2] <= '9';
    return strchr(",:=\"", at[-1]) != NULL;
}

const char *message_find_mark(const char *text, const char *mark,
                              const char **end)
{
    size_t size = strlen(mark);
    const char *at = text;

    while ((at = strstr(at, mark)) != NULL) {
        if ((at == text || !is_of_mark(at[-1])) && !is_of_mark(at[size]) &&
            (strchr(mark, '-') || is_field(text, at, size))) {
            *end = at + size;
            return at;
        }
        at++;
    }
    return NULL;
}
