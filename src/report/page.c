#include "report/page.h"

#include <assert.h>
#include <stdarg.h>

static const char *const start[] = {
    [INK_PLAIN] = "",
    [INK_BOLD] = "\033[1m",
    [INK_DIM] = "\033[2m",
    [INK_RED] = "\033[1;31m",
    [INK_YELLOW] = "\033[1;33m",
    [INK_BLUE] = "\033[1;34m",
};

static_assert(sizeof start / sizeof *start == INK_COUNT,
              "every ink has its sequence");

void page_ink(const struct page *page, enum ink ink, const char *format, ...)
{
    bool color = page->color && ink != INK_PLAIN;
    va_list args;

    if (color)
        (void)fputs(start[ink], page->out);
    va_start(args, format);
    (void)vfprintf(page->out, format, args);
    va_end(args);
    if (color)
        (void)fputs("\033[0m", page->out);
}

/* Columns that a word takes: UTF-8 characters, not bytes. */
static unsigned columns(const char *word, size_t size)
{
    unsigned count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((uint8_t)word[i] & 0xc0) != 0x80;
    return count;
}

/* A number and its unit stay on one line. */
static bool is_unit(const char *text)
{
    static const char *const unit[] = {"s",   "ms",    "us",   "ns",  "h",
                                       "min", "bytes", "byte", "KiB", "MiB"};
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzKMB");

    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        if (strlen(unit[i]) == size && strncmp(text, unit[i], size) == 0)
            return true;
    }
    return false;
}

static size_t word_size(const char *text)
{
    size_t size = strcspn(text, " \n");

    if (size && text[size] == ' ' && text[size - 1] >= '0' &&
        text[size - 1] <= '9' && is_unit(text + size + 1))
        size += 1 + strcspn(text + size + 1, " \n");
    return size;
}

/* Of a long word no more is looked at than it takes. */
static bool is_wider(const char *word, size_t size, unsigned room)
{
    unsigned count = 0;

    for (size_t i = 0; i < size && count <= room; i++)
        count += ((uint8_t)word[i] & 0xc0) != 0x80;
    return count > room;
}

/* Bytes of a word that is longer than a line, up to what divides it. */
static size_t piece_of(const char *word, size_t size, unsigned room)
{
    size_t fits = 0;
    size_t divided = 0;

    while (fits < size && columns(word, fits + 1) <= room) {
        fits++;
        if (strchr("/?&=,;._:-", word[fits - 1]))
            divided = fits;
    }
    /* not inside a character */
    while (fits > 1 && fits < size && ((uint8_t)word[fits] & 0xc0) == 0x80)
        fits--;
    return divided > fits / 2 ? divided : fits;
}

/* Columns behind a blank. */
static unsigned left_of(const struct page *page, unsigned column)
{
    return page->width > column ? page->width - column - 1 : 0;
}

static void write_wrapped(const struct page *page, unsigned indent,
                          const char *text)
{
    unsigned room = page->width > indent + 8 ? page->width - indent : 8;
    unsigned column = indent;
    size_t word = word_size(text); /* of a long one what is left of it */

    while (*text) {
        bool is_long = is_wider(text, word, room);
        size_t size = is_long ? piece_of(text, word, room) : word;

        (void)fwrite(text, 1, size, page->out);
        column += columns(text, size);
        text += size;
        word -= size;
        if (word == 0) {
            text += strspn(text, " \n");
            word = word_size(text);
        }
        if (!*text)
            break;
        if (is_long || is_wider(text, word, left_of(page, column))) {
            (void)fprintf(page->out, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            (void)fputc(' ', page->out);
            column++;
        }
    }
    (void)fputc('\n', page->out);
}

void page_heading(const struct page *page, enum ink ink, const char *label,
                  const char *text)
{
    unsigned indent = columns(label, strlen(label)) + 1;

    page_ink(page, ink, "%s ", label);
    if (page->color)
        (void)fputs(start[INK_BOLD], page->out);
    write_wrapped(page, indent, text);
    if (page->color)
        (void)fputs("\033[0m", page->out);
}

void page_shown(const struct page *page, unsigned indent, const char *label,
                const char *shown)
{
    (void)fprintf(page->out, "%-*s", (int)indent, label);
    if (label[0] && columns(label, strlen(label)) >= indent)
        (void)fputc(' ', page->out);
    write_wrapped(page, indent, shown);
}

void page_paragraph(const struct page *page, unsigned indent, const char *label,
                    const char *text)
{
    struct text visible;

    text_init(&visible, 1 << 16);
    text_add_visible(&visible, span_of_text(text));
    page_shown(page, indent, label, text_string(&visible));
    text_release(&visible);
}
