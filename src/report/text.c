#include "report/filter.h"
#include "report/known_as.h"
#include "report/mask.h"
#include "report/page.h"
#include "report/render.h"
#include "report/text_endpoint.h"
#include "wire/endpoint.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/*
 * Worst first, one block for what failed alike at one server: the first of
 * them in full, the others in a line each.
 */

enum {
    LABEL = 11,
    LISTED_ALIKE = 8,
    LINE_SIZE = 4096
};

static enum ink ink_of(enum severity severity)
{
    static const enum ink ink[] = {
        [SEVERITY_INFO] = INK_BLUE,
        [SEVERITY_WARNING] = INK_YELLOW,
        [SEVERITY_ERROR] = INK_RED,
    };

    static_assert(sizeof ink / sizeof *ink == SEVERITY_COUNT,
                  "every severity has its ink");
    return ink[severity];
}

/* Two findings that text shows as one block. */
static bool is_alike(const struct finding *a, const struct finding *b)
{
    return a->code == b->code && a->severity == b->severity &&
           a->server == b->server;
}

static void add_request(struct text *text, const struct finding *finding,
                        const struct report_options *options)
{
    const struct exchange *x = finding->incident->exchange;

    if (!x) {
        text_add(text, "the connection");
        return;
    }
    text_add_visible(text, span_of_text(x->method ? x->method : "a request"));
    text_add(text, " ");
    if (x->host && x->host[0] && x->target && x->target[0] == '/')
        text_add_visible(text, span_of_text(x->host));
    mask_add_target(text, x->target ? x->target : "", options->show_secrets);
}

static void write_head(const struct page *page,
                       const struct report_options *options,
                       const struct finding *finding)
{
    const struct conn *conn = &finding->incident->conn;
    char client[ENDPOINT_TEXT_SIZE];
    char server[ENDPOINT_TEXT_SIZE];
    struct text text;

    page_ink(page, ink_of(finding->severity), "%s",
             severity_name(finding->severity));
    (void)fputs("  ", page->out);
    page_ink(page, INK_BOLD, "%s", verdict_slug(finding->code));
    (void)fprintf(page->out, " (%s)\n", confidence_name(finding->confidence));
    page_paragraph(page, 2, "", finding->title);
    (void)fputc('\n', page->out);
    text_init(&text, LINE_SIZE);
    add_request(&text, finding, options);
    (void)fprintf(page->out, "  %s\n", text_string(&text));
    text_release(&text);
    (void)fprintf(page->out, "  from %s to %s, tcp.stream %" PRIu64 "\n",
                  endpoint_print(client, &conn->endpoint[conn->client]),
                  endpoint_print(server, &conn->endpoint[conn_server(conn)]),
                  conn->id);
}

/* The path without its folders. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

/*
 * The frame as its own file numbers it in the report of one file; with
 * several, the number over all and the file's name.
 */
static void write_evidence(const struct page *page, const struct report *report,
                           const struct finding *finding)
{
    static const char *const from[] = {[FROM_CLIENT] = "client",
                                       [FROM_SERVER] = "server",
                                       [FROM_PATH] = "path  "};
    uint64_t shown = UINT64_MAX;

    for (size_t i = 0; i < finding->evidences; i++) {
        const struct evidence *e = &finding->evidence[i];
        const char *file = report->inputs > 1 && e->at.file < report->inputs
                               ? report->input[e->at.file].path
                               : "";
        char label[64];
        struct text what;

        (void)snprintf(label, sizeof label, "  %11.6f  #%-6" PRIu64 " %s  ",
                       nanos_seconds(nanos_between(report->zero, e->at.time)),
                       mark_frame(e->at), from[e->from]);
        text_init(&what, LINE_SIZE);
        text_add(&what, e->what);
        if (file[0] && e->at.file != shown)
            text_addf(&what, " [%s]", file_name(file));
        shown = e->at.file;
        page_paragraph(page, 31, label, text_string(&what));
        text_release(&what);
    }
}

static void write_words(const struct page *page, const struct finding *finding)
{
    static const char *const called[] = {
        [REPORTER_CURL] = "",
        [REPORTER_GO] = "Go ",
        [REPORTER_NODE] = "Node ",
        [REPORTER_PYTHON] = "Python ",
        [REPORTER_HAPROXY] = "HAProxy ",
        [REPORTER_ENVOY] = "Envoy ",
    };
    struct text text;

    text_init(&text, LINE_SIZE);
    for (size_t i = 0; i < REPORTER_COUNT; i++) {
        const char *said = known_as(finding, (enum reporter)i);

        if (said)
            text_addf(&text, "%s%s\"%s\"", text.size ? ", " : "", called[i],
                      said);
    }
    if (text.size)
        page_paragraph(page, LABEL, "  known as", text_string(&text));
    text_release(&text);
}

static bool ends_with(const char *text, char last)
{
    size_t size = strlen(text);

    return size > 0 && text[size - 1] == last;
}

static void write_reasons(const struct page *page,
                          const struct finding *finding)
{
    struct text text;

    page_paragraph(page, LABEL, "  symptom",
                   finding->code == VERDICT_CLIENT_ABORT
                       ? "none: the client itself left"
                       : symptom_name(finding->symptom));
    write_words(page, finding);
    page_paragraph(page, LABEL, "  why", finding->explanation);
    text_init(&text, LINE_SIZE);
    for (size_t i = 0; i < finding->alternatives; i++) {
        const struct alternative *a = &finding->alternative[i];

        text_clear(&text);
        text_addf(&text, "%s: %s. Settled by %s%s", verdict_slug(a->code),
                  a->why_possible, a->settled_by,
                  ends_with(a->settled_by, '?') ? "" : ".");
        page_paragraph(page, LABEL, "  or", text_string(&text));
    }
    text_release(&text);
    for (size_t i = 0; i < finding->advices; i++)
        page_paragraph(page, LABEL + 2, i ? "           -" : "  do       -",
                       finding->advice[i]);
}

static void write_alike(const struct page *page,
                        const struct report_options *options,
                        const struct finding *finding)
{
    struct text text;
    char duration[NANOS_TEXT_SIZE];

    text_init(&text, LINE_SIZE);
    text_addf(&text, "#%" PRIu64 ", tcp.stream %" PRIu64 ", ",
              mark_frame(finding->asked), finding->incident->conn.id);
    add_request(&text, finding, options);
    text_addf(&text, ", ended after %s",
              nanos_print_duration(duration, finding->wait));
    page_paragraph(page, 4, "   ", text_string(&text));
    text_release(&text);
}

/* The account that was used up: what it held, and what became of that. */
static void write_ledger(const struct page *page, const struct finding *finding)
{
    const struct h2_window *window = &finding->window;

    (void)fprintf(page->out,
                  "  %s window of HTTP/2, in bytes\n"
                  "    at start %12" PRId64 "\n"
                  "    credited %12" PRIu64 "\n"
                  "    sent     %12" PRIu64 "\n"
                  "    left     %12" PRId64 "    blocked from #%" PRIu64,
                  finding->window_of, window->start, window->credited,
                  window->sent, h2_window_left(window),
                  mark_frame(finding->blocked_from));
    if (mark_is_set(finding->blocked_until))
        (void)fprintf(page->out, " to #%" PRIu64 "\n\n",
                      mark_frame(finding->blocked_until));
    else
        (void)fputs(" to the end\n\n", page->out);
}

static void write_group(const struct page *page, const struct report *report,
                        const struct report_options *options, size_t first)
{
    const struct finding *finding = report->finding[first];
    char filter[FILTER_SIZE];
    uint64_t alike = 0;

    write_head(page, options, finding);
    (void)fputc('\n', page->out);
    write_evidence(page, report, finding);
    (void)fputc('\n', page->out);
    if (finding->has_window)
        write_ledger(page, finding);
    write_reasons(page, finding);
    (void)fprintf(page->out, "  %-*s%s\n", LABEL - 2, "filter",
                  filter_print(filter, finding));
    for (size_t i = first + 1; i < report->findings; i++)
        alike += is_alike(finding, report->finding[i]);
    if (alike)
        (void)fprintf(page->out, "\n  %" PRIu64 " more like it:\n", alike);
    for (size_t i = first + 1, listed = 0;
         i < report->findings && listed < LISTED_ALIKE; i++) {
        if (!is_alike(finding, report->finding[i]))
            continue;
        write_alike(page, options, report->finding[i]);
        listed++;
    }
    if (alike > LISTED_ALIKE)
        (void)fprintf(page->out, "    and %" PRIu64 " more (--format json)\n",
                      alike - LISTED_ALIKE);
    (void)fputc('\n', page->out);
}

static bool is_shown_before(const struct report *report, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (is_alike(report->finding[i], report->finding[at]))
            return true;
    }
    return false;
}

static void write_findings(const struct page *page, const struct report *report,
                           const struct report_options *options)
{
    for (int severity = SEVERITY_COUNT - 1; severity >= 0; severity--) {
        for (size_t i = 0; i < report->findings; i++) {
            if ((int)report->finding[i]->severity == severity &&
                !is_shown_before(report, i))
                write_group(page, report, options, i);
        }
    }
}

static void write_exchanges(const struct page *page,
                            const struct report *report,
                            const struct report_options *options)
{
    for (size_t i = 0; i < report->exchanges; i++) {
        const struct report_exchange *e = &report->exchange[i];
        const struct exchange *x = e->x;
        struct text text;
        char duration[NANOS_TEXT_SIZE];

        text_init(&text, LINE_SIZE);
        text_add_visible(&text, span_of_text(x->method ? x->method : "?"));
        text_add(&text, " ");
        mask_add_target(&text, x->target ? x->target : "",
                        options->show_secrets);
        (void)fprintf(
            page->out, "#%-6" PRIu64 " tcp.stream %-4" PRIu64 " %s  %s\n",
            mark_frame(x->request.start), e->connection, text_string(&text),
            e->complete
                ? nanos_print_duration(duration,
                                       nanos_between(x->request.start.time,
                                                     x->response.end.time))
                : "not complete");
        text_release(&text);
    }
    if (report->exchanges)
        (void)fputc('\n', page->out);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void add_protocols(struct text *text, const struct report_counts *c)
{
    const struct {
        uint64_t count;
        const char *name;
    } protocol[] = {
        {c->http_connections,  "HTTP/1"},
        {c->h2_connections,    "HTTP/2"},
        {c->tls_connections,   "TLS"   },
        {c->other_connections, "other" },
    };
    const char *before = " (";

    for (size_t i = 0; i < sizeof protocol / sizeof *protocol; i++) {
        if (!protocol[i].count)
            continue;
        text_addf(text, "%s%" PRIu64 " %s", before, protocol[i].count,
                  protocol[i].name);
        before = ", ";
    }
    if (before[0] == ',')
        text_add(text, ")");
}

static void write_summary(const struct page *page, const struct report *report)
{
    const struct report_counts *c = &report->counts;
    const uint64_t *by = c->by_severity;
    struct text text;

    text_init(&text, LINE_SIZE);
    text_addf(&text, "%" PRIu64 " packet%s, %" PRIu64 " connection%s",
              report->packets, plural(report->packets), c->connections,
              plural(c->connections));
    if (c->connections)
        add_protocols(&text, c);
    text_addf(&text,
              ", %" PRIu64 " exchange%s, %" PRIu64 " complete: ", c->exchanges,
              plural(c->exchanges), c->complete);
    if (by[SEVERITY_ERROR] + by[SEVERITY_WARNING] + by[SEVERITY_INFO] == 0)
        text_add(&text, c->exchanges == 0 && c->tls_connections
                            ? "nothing that could be judged"
                            : "nothing to report");
    else
        text_addf(&text,
                  "%" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64
                  " info",
                  by[SEVERITY_ERROR], plural(by[SEVERITY_ERROR]),
                  by[SEVERITY_WARNING], plural(by[SEVERITY_WARNING]),
                  by[SEVERITY_INFO]);
    page_paragraph(page, 0, "", text_string(&text));
    text_release(&text);
}

bool render_text(const struct report *report,
                 const struct report_options *options, FILE *out)
{
    struct page page = {.out = out,
                        .width = options->width,
                        .color = options->color};

    write_exchanges(&page, report, options);
    write_findings(&page, report, options);
    for (const struct server_facts *s = report->server; s; s = s->next)
        text_endpoint(&page, s, options);
    for (size_t i = 0; i < report->warnings; i++)
        page_paragraph(&page, 6, "note:", report->warning[i]);
    write_summary(&page, report);
    return fflush(out) == 0 && !ferror(out);
}
