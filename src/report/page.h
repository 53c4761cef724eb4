/*
 * A page is text for people on its way out: wrapped to a width, coloured
 * where that is wanted.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/text.h"

#include <stdio.h>

enum ink {
    INK_PLAIN,
    INK_BOLD,
    INK_DIM,
    INK_RED,
    INK_YELLOW,
    INK_BLUE,
    INK_COUNT
};

struct page {
    FILE *out;
    unsigned width;
    bool color;
};

/* Text in a colour, without a line end. */
__attribute__((format(printf, 3, 4))) void
page_ink(const struct page *page, enum ink ink, const char *format, ...);

/* A line that stands out: a label in a colour, and bold text behind it. */
void page_heading(const struct page *page, enum ink ink, const char *label,
                  const char *text);

/*
 * A paragraph behind a label: the label stands in the first `indent` columns,
 * the text is wrapped beside it. Words stay whole, but for those that are
 * longer than a line. Control characters are escaped.
 */
void page_paragraph(const struct page *page, unsigned indent, const char *label,
                    const char *text);

/* The same of text that was escaped before. */
void page_shown(const struct page *page, unsigned indent, const char *label,
                const char *shown);

#endif
