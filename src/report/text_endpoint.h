/*
 * The line that says what was inferred about one server.
 */
#ifndef REPORT_TEXT_ENDPOINT_H
#define REPORT_TEXT_ENDPOINT_H

#include "report/page.h"
#include "report/report.h"

/* Is anything of it worth saying? */
bool text_endpoint_tells(const struct server_facts *server);

/* What was inferred about it, in a sentence or two. */
void text_endpoint_facts(struct text *text, const struct server_facts *server,
                         const struct report_options *options);

/* The same as a paragraph, and its routes. */
void text_endpoint(const struct page *page, const struct server_facts *server,
                   const struct report_options *options);

#endif
