#include "base/arena.h"
#include "base/hex.h"
#include "base/mask.h"
#include "report/grpc.h"
#include "report/page.h"
#include "report/phrases.h"
#include "report/render.h"
#include "report/text_endpoint.h"
#include "report/text_finding.h"
#include "report/text_groups.h"
#include "wire/endpoint.h"

#include <errno.h>
#include <stdlib.h>

enum {
    ENDPOINTS_LISTED_MOST = 10,
    LINE_SIZE = 4096
};

static void write_exchange(const struct page *page,
                           const struct report_options *options,
                           const struct listed_exchange *e)
{
    const struct exchange *x = e->x;
    struct text text;
    char duration[NANOS_TEXT_SIZE];

    text_init(&text, LINE_SIZE);
    mask_add(&text, span_of_text(x->method ? x->method : "?"), MASK_TEXT,
             options->show_secrets);
    text_add(&text, " ");
    mask_add(&text, span_of_text(x->target ? x->target : ""), MASK_TARGET,
             options->show_secrets);
    (void)nanos_print_duration(duration, nanos_between(x->request.start.time,
                                                       x->response.end.time));
    (void)fprintf(page->out, "#%-6" PRIu64 " tcp.stream %-4" PRIu64 " %s  %s",
                  mark_frame(x->request.start), e->connection,
                  text_string(&text), e->complete ? duration : "not complete");
    text_clear(&text);
    if (e->not_judged)
        text_addf(&text, "  not judged: %s", doubt_name(e->not_judged));
    if (x->grpc_status) {
        text_add(&text, "  grpc ");
        grpc_add_status(&text, x, options->show_secrets);
    }
    (void)fprintf(page->out, "%s\n", text_string(&text));
    text_release(&text);
}

static void write_summary(const struct page *page, const struct report *report)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    phrase_summary(&text, report);
    page_paragraph(page, 0, "", text_string(&text));
    text_release(&text);
}

static struct page page_for(const struct report_options *options, FILE *out)
{
    return (struct page){.out = out,
                         .width = options->width,
                         .color = options->color};
}

/* Those that have something to tell. */
static void write_endpoints(const struct page *page,
                            const struct report *report,
                            const struct report_options *options)
{
    size_t told = 0;

    for (const struct server_facts *s = report->server; s; s = s->next) {
        if (!text_endpoint_tells(s))
            continue;
        if (++told <= ENDPOINTS_LISTED_MOST)
            text_endpoint(page, s, options);
    }
    if (told > ENDPOINTS_LISTED_MOST)
        (void)fprintf(page->out,
                      "  and %zu more servers with failures or timeouts "
                      "(--format json)\n",
                      told - ENDPOINTS_LISTED_MOST);
}

/* What to look for in a key log. */
static void write_opaque(const struct page *page, const struct report *report,
                         const struct report_options *options)
{
    for (size_t i = 0; i < report->tls->listed; i++) {
        const struct opaque_conn *one = &report->tls->list[i];
        char random[2 * sizeof one->random + 1];
        struct text text;

        text_init(&text, LINE_SIZE);
        text_addf(&text, "tcp.stream %-4" PRIu64 " TLS not opened: %s",
                  one->connection,
                  tls_unopened_name((enum tls_unopened)one->why));
        if (one->name[0]) {
            text_add(&text, "  ");
            mask_add(&text, span_of_text(one->name), MASK_TEXT,
                     options->show_secrets);
        }
        text_addf(&text, "  client random %s",
                  hex_print(random, one->random, sizeof one->random));
        (void)fprintf(page->out, "%s\n", text_string(&text));
        text_release(&text);
    }
    if (report->tls->listed)
        (void)fputc('\n', page->out);
}

static void write_end(const struct page *page, const struct report *report,
                      const struct report_options *options)
{
    if (options->list_exchanges)
        write_opaque(page, report, options);
    if (!options->summary)
        write_endpoints(page, report, options);
    for (size_t i = 0; i < report->warnings; i++)
        page_paragraph(page, 6, "note:", report->warning[i]);
    write_summary(page, report);
}

static bool render_text(const struct report *report,
                        const struct report_options *options, FILE *out)
{
    struct page page = page_for(options, out);

    if (report->listed)
        (void)fputc('\n', out);
    text_groups(&page, report, options);
    write_end(&page, report, options);
    return fflush(out) == 0 && !ferror(out);
}

static bool is_told(struct live_memory *memory, const struct finding *finding)
{
    const struct endpoint *server = &finding->connection.server;
    uint64_t kept =
        memory->tolds < LIVE_MEMORY_KEPT ? memory->tolds : LIVE_MEMORY_KEPT;

    for (uint64_t i = 0; i < kept; i++) {
        if (endpoint_same(&memory->told[i].server, server) &&
            memory->told[i].code == finding->code &&
            memory->told[i].severity == finding->severity)
            return true;
    }
    kept = memory->tolds++ % LIVE_MEMORY_KEPT;
    memory->told[kept].server = *server;
    memory->told[kept].code = finding->code;
    memory->told[kept].severity = finding->severity;
    return false;
}

static void tell_finding(struct live_memory *memory,
                         const struct report *report,
                         const struct report_options *options,
                         const struct finding *finding, FILE *out)
{
    struct page page = page_for(options, out);

    if (finding->standing == STANDING_WITHDRAWN || is_told(memory, finding)) {
        text_finding_line(&page, options, finding);
        return;
    }
    text_finding(&page, report, options, finding);
    (void)fputc('\n', out);
}

static void tell_exchange(const struct report *report,
                          const struct report_options *options,
                          const struct listed_exchange *exchange, FILE *out)
{
    struct page page = page_for(options, out);

    (void)report;
    write_exchange(&page, options, exchange);
}

static void tell_warning(const char *text, FILE *out)
{
    (void)fprintf(out, "note: %s\n", text);
}

static void tell_recording(const struct report_options *options,
                           const struct recording *recording, FILE *out)
{
    struct page page = page_for(options, out);
    size_t more = recording->findings - 1;

    (void)fprintf(out, "recorded: finding %" PRIu64, recording->finding[0]);
    if (more)
        (void)fprintf(out, " and %zu more of tcp.stream %" PRIu64, more,
                      recording->conn);
    (void)fputs(", in\n", out);
    page_shown(&page, 2, "", recording->path);
}

static void end_live(const struct report *report,
                     const struct report_options *options, FILE *out)
{
    struct page page = page_for(options, out);

    (void)fputc('\n', out);
    write_end(&page, report, options);
}

static const struct live_format live = {
    .finding = tell_finding,
    .exchange = tell_exchange,
    .warning = tell_warning,
    .recording = tell_recording,
    .end = end_live,
};

const struct renderer text_renderer = {
    .name = "text",
    .render = render_text,
    .live = &live,
};
