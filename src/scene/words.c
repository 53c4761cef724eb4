#include "scene/words.h"

#include "base/hex.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SECONDS_DIGITS = 8, /* three years */
    NANOS_DIGITS = 9
};

bool words_fail(struct words *words, const char *format, ...)
{
    char text[FAIL_TEXT_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail_set(words->fail, "line %u: %s", words->line, text);
}

/* The byte that an escape stands for; -1 if it is none. Takes it off. */
static int read_escape(struct span *rest)
{
    static const char letter[] = "rnt0\\\"";
    static const char meaning[] = "\r\n\t\0\\\"";
    const char *found;

    if (rest->size == 0)
        return -1;
    if (rest->at[0] == 'x' && rest->size >= 3) {
        int byte = hex_byte(rest->at + 1);

        *rest = span_skip(*rest, 3);
        return byte;
    }
    found = rest->at[0] ? strchr(letter, rest->at[0]) : NULL;
    *rest = span_skip(*rest, 1);
    return found ? (unsigned char)meaning[found - letter] : -1;
}

static bool read_quoted(struct words *words, struct span *rest,
                        struct word *word)
{
    char *text = arena_alloc(words->arena, rest->size + 1);

    *rest = span_skip(*rest, 1);
    while (rest->size && rest->at[0] != '"') {
        int byte = rest->at[0];

        *rest = span_skip(*rest, 1);
        if (byte == '\\')
            byte = read_escape(rest);
        if (byte < 0)
            return words_fail(words, "unknown escape in a string");
        text[word->size++] = (char)byte;
    }
    if (rest->size == 0)
        return words_fail(words, "a string without its end");
    *rest = span_skip(*rest, 1);
    word->text = text;
    word->quoted = true;
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void read_plain(struct words *words, struct span *rest,
                       struct word *word)
{
    struct span all = *rest;

    while (rest->size && !is_blank(rest->at[0]) && rest->at[0] != '"')
        *rest = span_skip(*rest, 1);
    word->size = all.size - rest->size;
    word->text = arena_keep(words->arena, span_head(all, word->size));
}

bool words_split(struct words *words, struct span line)
{
    words->count = 0;
    words->next = 0;
    for (;;) {
        struct word word = {0};

        while (line.size && is_blank(line.at[0]))
            line = span_skip(line, 1);
        if (line.size == 0 || line.at[0] == '#')
            return true;
        if (words->count == WORDS_MAX)
            return words_fail(words, "too many words");
        if (line.at[0] != '"')
            read_plain(words, &line, &word);
        else if (!read_quoted(words, &line, &word))
            return false;
        words->word[words->count++] = word;
    }
}

const struct word *words_peek(const struct words *words)
{
    return words->next < words->count ? &words->word[words->next] : NULL;
}

bool words_take(struct words *words, const char *text)
{
    const struct word *word = words_peek(words);

    if (!word || word->quoted || strcmp(word->text, text) != 0)
        return false;
    words->next++;
    return true;
}

bool words_any(struct words *words, const char *what, const char **text)
{
    const struct word *word = words_peek(words);

    if (!word || word->quoted)
        return words_fail(words, "%s is missing", what);
    *text = word->text;
    words->next++;
    return true;
}

bool words_at_number(const struct words *words)
{
    const struct word *word = words_peek(words);
    const char *text = word && !word->quoted ? word->text : "";

    if (*text == '+' || *text == '-')
        text++;
    return *text >= '0' && *text <= '9';
}

bool words_number(struct words *words, const char *what, int64_t low,
                  int64_t high, int64_t *number)
{
    const char *text = "";
    char *end;

    if (!words_any(words, what, &text))
        return false;
    errno = 0;
    *number = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return words_fail(words, "%s is no number: '%s'", what, text);
    if (*number < low || *number > high)
        return words_fail(words, "%s is not between %" PRId64 " and %" PRId64,
                          what, low, high);
    return true;
}

/* At most `most` digits at the front as a number; what is behind them. */
static const char *read_digits(const char *text, ptrdiff_t most,
                               int64_t *number)
{
    const char *at = text;

    for (*number = 0; *at >= '0' && *at <= '9' && at - text < most; at++)
        *number = *number * 10 + (*at - '0');
    return at;
}

bool words_seconds(struct words *words, const char *what, nanos *time)
{
    const char *text = "";
    const char *at, *point;
    int64_t whole, decimals = 0;

    if (!words_any(words, what, &text))
        return false;
    at = read_digits(text, SECONDS_DIGITS, &whole);
    if (at != text && *at == '.') {
        point = at + 1;
        at = read_digits(point, NANOS_DIGITS, &decimals);
        for (ptrdiff_t places = at - point; places < NANOS_DIGITS; places++)
            decimals *= 10;
    }
    if (at == text || *at)
        return words_fail(words, "%s is no time in seconds: '%s'", what, text);
    *time = whole * NANOS_PER_SECOND + decimals;
    return true;
}
