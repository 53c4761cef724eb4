/*
 * What the page of HTML is written with. Everything that is not a literal of
 * ours goes through html_text or html_shown.
 */
#ifndef REPORT_HTML_OUT_H
#define REPORT_HTML_OUT_H

#include "report/report.h"

/* A place in a page. */
struct html {
    FILE *out;
    const struct report *report;
    const struct report_options *options;
};

/* Text of any bytes: made visible, then escaped. */
void html_text(const struct html *html, const char *text);

/* The same of text that was made visible before. */
void html_shown(const struct html *html, const char *shown);

/* The style sheet and the script of the page, and what the page's policy names
 * them by: 'sha256-...' of their bytes (W3C, CSP3, 4.2.3). Owned by nobody. */
extern const char html_style[];
extern const char html_script[];

enum {
    HTML_HASH_SIZE = 64
};

void html_hash(char hash[static HTML_HASH_SIZE], const char *bytes);

#endif
