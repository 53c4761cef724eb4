/*
 * How long one server takes, and which of its routes are not as the others:
 * lines below the one of text_endpoint.h.
 */
#ifndef REPORT_TEXT_ROUTES_H
#define REPORT_TEXT_ROUTES_H

#include "report/page.h"
#include "report/report.h"

/* Writes nothing of a server with few exchanges. */
void text_routes(const struct page *page, const struct server_facts *server,
                 const struct report_options *options);

#endif
