/*
 * The drawings of a page, as SVG in it: each has words for those who hear it.
 */
#ifndef REPORT_HTML_FIGURES_H
#define REPORT_HTML_FIGURES_H

#include "report/html_out.h"

/* Opens a drawing of that size, in its own units and in pixels of a wide page;
 * `words` say what it shows. Whoever opens it writes "</svg>". */
void html_figure_begin(const struct html *html, int width, int height,
                       const char *words);

/* Text in it; `anchor`: "start", "middle" or "end" is at `x`. */
void html_figure_text(const struct html *html, double x, double y,
                      const char *anchor, const char *text);

/* The packets that decide, between client and server. */
void html_ladder(const struct html *html, const struct finding *finding);

/* Whose turn it was, as one bar; nothing of what took less than a second. */
void html_turns(const struct html *html, const struct finding *finding);

/* How long the server's answers took, and what failed; the bracket of its
 * write timeout as a band. Nothing where nothing was timed. */
void html_answers(const struct html *html, const struct server_facts *server);

/* The window of HTTP/2 that was used up: what was left of it, as steps over
 * time, with the time that it blocked. Nothing where none was. */
void html_window(const struct html *html, const struct finding *finding);

#endif
