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

static void write_wrapped(const struct page *page, unsigned indent,
                          const char *text)
{
    unsigned column = indent;
    bool first = true;

    while (*text) {
        size_t size = word_size(text);
        unsigned width = columns(text, size);

        if (!first && column + 1 + width > page->width) {
            (void)fprintf(page->out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            (void)fputc(' ', page->out);
            column++;
        }
        (void)fwrite(text, 1, size, page->out);
        column += width;
        first = false;
        text += size;
        text += strspn(text, " \n");
    }
    (void)fputc('\n', page->out);
}

void page_paragraph(const struct page *page, unsigned indent, const char *label,
                    const char *text)
{
    struct text visible;

    text_init(&visible, 1 << 16);
    text_add_visible(&visible, span_of_text(text));
    (void)fprintf(page->out, "%-*s", (int)indent, label);
    if (label[0] && columns(label, strlen(label)) >= indent)
        (void)fputc(' ', page->out);
    write_wrapped(page, indent, text_string(&visible));
    text_release(&visible);
}
