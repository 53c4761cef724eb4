#include "report/text_finding.h"

#include "base/mask.h"
#include "base/path.h"
#include "report/baseline.h"
#include "report/filter.h"
#include "report/grpc.h"
#include "report/phrases.h"
#include "report/text_evidence.h"
#include "wire/endpoint.h"

#include <assert.h>

enum {
    LABEL = 17,
    BAR = 30,
    LINE_SIZE = 4096
};

enum ink text_ink(enum severity severity)
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

/* Live: which finding it is, of when, and whether it is the last word. */
static void write_standing(const struct page *page,
                           const struct finding *finding)
{
    char time[NANOS_TEXT_SIZE];

    (void)nanos_print_time(time, finding->ended.time);
    (void)fprintf(page->out, "  finding %" PRIu64 ", %.8s UTC%s%s", finding->id,
                  strlen(time) > 19 ? time + 11 : "",
                  finding->revision ? ", revised" : "",
                  finding->standing == STANDING_GOES_ON ? ", still going on"
                                                        : "");
}

void text_finding_line(const struct page *page,
                       const struct report_options *options,
                       const struct finding *finding)
{
    const struct finding_connection *connection = &finding->connection;
    char server[ENDPOINT_TEXT_SIZE];
    char duration[NANOS_TEXT_SIZE];
    struct text text;

    if (finding->standing == STANDING_WITHDRAWN)
        (void)fputs("withdrawn", page->out);
    else
        page_ink(page, text_ink(finding->severity), "%s",
                 severity_name(finding->severity));
    (void)fputs("  ", page->out);
    page_ink(page, INK_BOLD, "%s", verdict_slug(finding->code));
    if (finding->standing != STANDING_WITHDRAWN)
        (void)fprintf(page->out, " (%s)", confidence_name(finding->confidence));
    write_standing(page, finding);
    text_init(&text, LINE_SIZE);
    phrase_request(&text, finding, options);
    text_addf(&text, ", %s, tcp.stream %" PRIu64,
              endpoint_print(server, &connection->server), connection->id);
    if (finding->standing == STANDING_WITHDRAWN)
        text_add(&text, ": what followed says otherwise");
    else if (finding->is_too_late)
        text_add(&text, ", sent after the close");
    else
        text_addf(&text, ", %s %s",
                  finding->standing == STANDING_GOES_ON ? "for" : "after",
                  nanos_print_duration(duration, finding->wait));
    (void)fputc('\n', page->out);
    page_shown(page, 7, "", text_string(&text));
    text_release(&text);
}

static void add_process(struct text *text, const char *end,
                        const struct process *process,
                        const struct report_options *options)
{
    if (!process->pid)
        return;
    text_addf(text, "%s%s ", text->size ? ", " : "", end);
    mask_add(text, span_of_text(process->name), MASK_TEXT,
             options->show_secrets);
    text_addf(text, " (pid %" PRIu32 ")", process->pid);
}

static void write_processes(const struct page *page,
                            const struct finding_connection *connection,
                            const struct report_options *options)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    add_process(&text, "client", &connection->client_process, options);
    add_process(&text, "server", &connection->server_process, options);
    if (text.size)
        page_shown(page, 2, "", text_string(&text));
    text_release(&text);
}

static void write_head(const struct page *page, const struct report *report,
                       const struct report_options *options,
                       const struct finding *finding)
{
    char label[16];
    struct text text;

    (void)snprintf(label, sizeof label,
                   "%s:", severity_name(finding->severity));
    page_heading(page, text_ink(finding->severity), label, finding->title);
    (void)fputs("  ", page->out);
    page_ink(page, INK_BOLD, "%s", verdict_slug(finding->code));
    (void)fprintf(page->out, " (%s)%s", confidence_name(finding->confidence),
                  baseline_knows(options->baseline, finding, options)
                      ? ", known before"
                      : "");
    if (report->live)
        write_standing(page, finding);
    (void)fputs("\n\n", page->out);
    text_init(&text, LINE_SIZE);
    phrase_request(&text, finding, options);
    page_shown(page, 2, "", text_string(&text));
    text_clear(&text);
    phrase_place(&text, finding);
    page_shown(page, 2, "", text_string(&text));
    text_release(&text);
    write_processes(page, &finding->connection, options);
}

static void write_words(const struct page *page, const struct finding *finding)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    phrase_known_as(&text, finding);
    if (text.size)
        page_paragraph(page, LABEL, "  clients print", text_string(&text));
    text_release(&text);
}

/* What the server itself said of a gRPC call that failed. */
static void write_grpc(const struct page *page,
                       const struct report_options *options,
                       const struct finding *finding)
{
    const struct exchange *x = finding->exchange;
    struct text text;

    if (!x || x->grpc_status == 0)
        return;
    text_init(&text, LINE_SIZE);
    grpc_add_status(&text, x, options->show_secrets);
    page_shown(page, LABEL, "  gRPC status", text_string(&text));
    text_release(&text);
}

/* "server      1.50 s  ###########": its part of what lasted. */
static void write_turn(const struct page *page, const char *label,
                       enum holder holder, const struct turns *turns)
{
    nanos parts = turns->of[holder] / (turns_total(turns) / BAR);
    size_t size = parts < BAR ? (size_t)parts : BAR;
    char part[NANOS_TEXT_SIZE];
    char bar[BAR + 1];

    memset(bar, '#', sizeof bar);
    bar[size ? size : 1] = '\0';
    (void)fprintf(page->out, "%-*s%-20s %8s", LABEL, label, holder_name(holder),
                  nanos_print_duration(part, turns->of[holder]));
    if (size < BAR && page->width >= LABEL + 31 + BAR)
        (void)fprintf(page->out, "  %s", bar);
    (void)fputc('\n', page->out);
}

/* Of what lasted: who had how much of it, but for what is next to nothing. */
static void write_turns(const struct page *page, const struct finding *finding)
{
    nanos total = turns_total(&finding->turns);
    const char *label = "  waited for";

    if (total < NANOS_PER_SECOND)
        return;
    for (unsigned i = 0; i < HOLDER_COUNT; i++) {
        if (finding->turns.of[i] <= total / 100)
            continue;
        write_turn(page, label, (enum holder)i, &finding->turns);
        label = "";
    }
}

/* "gateway-timeout on tcp.stream 2": its other end, which the report has. */
static void add_linked(struct text *text, const struct finding *other)
{
    text_addf(text, "%s%s on tcp.stream %" PRIu64, text->size ? ", " : "",
              verdict_slug(other->code), other->connection.id);
}

/* What it is the effect of, and what its own effects are: one story. */
static void write_links(const struct page *page, const struct report *report,
                        const struct finding *finding)
{
    struct text cause;
    struct text effects;

    if (!finding->caused_by && !finding->effects)
        return;
    text_init(&cause, LINE_SIZE);
    text_init(&effects, LINE_SIZE);
    for (size_t i = 0; i < report->findings; i++) {
        const struct finding *other = report->finding[i];

        if (finding->caused_by && other->id == finding->caused_by)
            add_linked(&cause, other);
        if (other->caused_by && other->caused_by == finding->id)
            add_linked(&effects, other);
    }
    if (cause.size)
        page_paragraph(page, LABEL, "  caused by", text_string(&cause));
    if (effects.size)
        page_paragraph(page, LABEL, "  causes", text_string(&effects));
    text_release(&cause);
    text_release(&effects);
}

static void write_reasons(const struct page *page,
                          const struct report_options *options,
                          const struct finding *finding)
{
    struct text text;

    page_paragraph(page, LABEL, "  client sees", phrase_symptom(finding));
    write_grpc(page, options, finding);
    write_words(page, finding);
    page_paragraph(page, LABEL, "  why", finding->explanation);
    write_turns(page, finding);
    text_init(&text, LINE_SIZE);
    for (size_t i = 0; i < finding->alternatives; i++) {
        const struct alternative *a = &finding->alternative[i];

        text_clear(&text);
        phrase_alternative(&text, a);
        page_paragraph(page, LABEL, i ? "" : "  could also be",
                       text_string(&text));
    }
    text_release(&text);
    for (size_t i = 0; i < finding->advices; i++)
        page_paragraph(page, LABEL + 2,
                       i ? "                 -" : "  what to do     -",
                       finding->advice[i]);
}

/* The window that was used up: what it held, and what became of that. */
static void write_window(const struct page *page, const struct finding *finding)
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

/* A line of its own: it is long, and is to be copied whole. */
static void write_recording(const struct page *page, const char *path)
{
    if (!path)
        return;
    (void)fputs("  recorded in\n", page->out);
    page_shown(page, 4, "", path);
}

void text_finding(const struct page *page, const struct report *report,
                  const struct report_options *options,
                  const struct finding *finding)
{
    char filter[FILTER_SIZE];

    write_head(page, report, options, finding);
    (void)fputc('\n', page->out);
    text_evidence(page, report, options, finding);
    (void)fputc('\n', page->out);
    if (finding->has_window)
        write_window(page, finding);
    write_links(page, report, finding);
    write_reasons(page, options, finding);
    page_paragraph(page, LABEL, "  in Wireshark",
                   filter_print(filter, finding));
    write_recording(page, report_recording(report, finding));
}
