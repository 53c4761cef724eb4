#include "compare/compare.h"

#include "base/path.h"
#include "compare/words.h"
#include "report/page.h"
#include "report/phrases.h"
#include "report/text_finding.h"
#include "wire/endpoint.h"

enum {
    LABEL = 13,
    LINE_SIZE = 4096,
    LONE_LISTED_MOST = 8
};

static void write_text(const struct page *page, unsigned indent,
                       const char *label, struct text *text)
{
    page_paragraph(page, indent, label, text_string(text));
    text_clear(text);
}

static void write_head(const struct page *page, const struct comparison *c,
                       struct text *text)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct trace *trace = &c->trace[side];
        const struct report *report = c->report[side];

        text_addf(text,
                  "%s: %" PRIu64 " packet%s, %" PRIu32 " TCP connection%s",
                  path_name(report->input->path), report->packets,
                  phrase_plural(report->packets), trace->connections,
                  phrase_plural(trace->connections));
        if (trace->left_out)
            text_addf(text,
                      "; %" PRIu64 " segments at its end were not compared: "
                      "no more are kept",
                      trace->left_out);
        write_text(page, LABEL, words_side(side), text);
    }
    if (c->swapped)
        page_paragraph(page, LABEL, "",
                       "The captures are the other way round than they were "
                       "named: the second is nearer to the clients");
    words_add_clock(text, &c->clock);
    write_text(page, LABEL, "clocks", text);
    (void)fputc('\n', page->out);
}

static void add_ends(struct text *text, const struct compared *connection,
                     unsigned side)
{
    const struct trace_connection *of = connection->of[side];
    char client[ENDPOINT_TEXT_SIZE];
    char server[ENDPOINT_TEXT_SIZE];

    text_addf(text, "%s to %s",
              endpoint_print(client, &of->endpoint[of->client]),
              endpoint_print(server, &of->endpoint[1 - of->client]));
}

static void add_stream(struct text *text, const struct compared *connection,
                       unsigned side)
{
    uint64_t stream = connection->of[side]->stream;

    if (stream == TRACE_NO_STREAM)
        text_addf(text, "no tcp.stream at the %s", words_side(side));
    else
        text_addf(text, "%s-side tcp.stream %" PRIu64,
                  side == CLIENT_SIDE ? "client" : "server", stream);
}

static void write_names(const struct page *page, const struct compared *c,
                        struct text *text)
{
    page_ink(page, text_ink(c->worst), "%s", severity_name(c->worst));
    (void)fputs("  ", page->out);
    add_ends(text, c, CLIENT_SIDE);
    page_ink(page, INK_BOLD, "%s\n", text_string(text));
    text_clear(text);
    add_stream(text, c, CLIENT_SIDE);
    text_add(text, ", ");
    add_stream(text, c, SERVER_SIDE);
    if (c->match.translated) {
        text_add(text, ", where it is ");
        add_ends(text, c, SERVER_SIDE);
    }
    if (c->match.shifted)
        text_add(text, ", with other sequence numbers");
    text_addf(text, "; that they are one is %s",
              confidence_name(c->match.confidence));
    write_text(page, 2, "", text);
    (void)fputc('\n', page->out);
}

static void write_located(const struct page *page,
                          const struct report_options *options,
                          const struct located *located, struct text *text)
{
    unsigned side = located->finding[CLIENT_SIDE] ? CLIENT_SIDE : SERVER_SIDE;
    const struct finding *f = located->finding[side];

    text_addf(text, "%s (%s), ", verdict_slug(f->code),
              confidence_name(f->confidence));
    if (located->finding[1 - side])
        text_addf(text,
                  "client-side finding %" PRIu64 ", server-side finding "
                  "%" PRIu64 ": ",
                  located->finding[CLIENT_SIDE]->id,
                  located->finding[SERVER_SIDE]->id);
    else
        text_addf(text, "%s-side finding %" PRIu64 " alone: ",
                  side == CLIENT_SIDE ? "client" : "server", f->id);
    phrase_request(text, f, options);
    write_text(page, LABEL, "  finding", text);
    words_add_where(text, located);
    write_text(page, LABEL, "  where", text);
}

static void write_connection(const struct page *page,
                             const struct report_options *options,
                             const struct comparison *comparison,
                             const struct compared *c, struct text *text)
{
    write_names(page, c, text);
    for (size_t i = 0; i < c->locateds; i++)
        write_located(page, options, &comparison->located[c->located + i],
                      text);
    for (size_t i = 0; i < c->events; i++) {
        char label[LABEL + 1];

        (void)snprintf(label, sizeof label, "  %s",
                       words_event(c->event[i].kind));
        words_add_event(text, c, &c->event[i]);
        write_text(page, LABEL, label, text);
    }
    if (c->events_left_out)
        (void)fprintf(page->out, "%*sand %" PRIu64 " more\n", LABEL, "",
                      c->events_left_out);
    words_add_way(text, c, WAY_UP);
    write_text(page, LABEL, "  to server", text);
    words_add_way(text, c, WAY_DOWN);
    write_text(page, LABEL, "  to client", text);
    (void)fputc('\n', page->out);
}

static void write_unarrived(const struct page *page, const struct comparison *c,
                            const struct unarrived *u, struct text *text)
{
    const struct trace_connection *of = u->connection;
    const struct trace_segment *first =
        &c->trace[CLIENT_SIDE].segment[of->first];
    char from[ENDPOINT_TEXT_SIZE];
    char to[ENDPOINT_TEXT_SIZE];

    page_ink(page, text_ink(SEVERITY_WARNING), "%s",
             severity_name(SEVERITY_WARNING));
    (void)fputs("  ", page->out);
    page_ink(page, INK_BOLD, "%s to %s\n",
             endpoint_print(from, &of->endpoint[first->from]),
             endpoint_print(to, &of->endpoint[!first->from]));
    if (of->stream != TRACE_NO_STREAM)
        text_addf(text, "client-side tcp.stream %" PRIu64 ", ", of->stream);
    text_add(text, "nothing of it at the server side");
    write_text(page, 2, "", text);
    (void)fputc('\n', page->out);
    if (u->finding) {
        text_addf(text, "%s (%s), client-side finding %" PRIu64,
                  verdict_slug(u->finding->code),
                  confidence_name(u->finding->confidence), u->finding->id);
        write_text(page, LABEL, "  finding", text);
    }
    text_addf(text, "%" PRIu32 " SYN%s, from ", of->segments,
              phrase_plural(of->segments));
    words_add_frame(text, CLIENT_SIDE, first);
    text_add(text, " on: left, and did not come to the server side, where "
                   "other connections to there did");
    write_text(page, LABEL, "  lost", text);
    (void)fputc('\n', page->out);
}

static void write_all_unarrived(const struct page *page,
                                const struct comparison *c, struct text *text)
{
    size_t i;

    for (i = 0; i < c->unarriveds && i < LONE_LISTED_MOST; i++)
        write_unarrived(page, c, &c->unarrived[i], text);
    if (c->unarriveds + c->unarrived_left_out > i)
        (void)fprintf(page->out,
                      "%zu more connections whose SYNs did not "
                      "come\n\n",
                      c->unarriveds + (size_t)c->unarrived_left_out - i);
}

static void write_summary(const struct page *page, const struct comparison *c,
                          struct text *text)
{
    const uint64_t *by = c->by_severity;

    if (c->connections == 0)
        text_add(text, "no connection is in both");
    else
        text_addf(text, "%zu connection%s in both", c->connections,
                  c->connections == 1 ? " is" : "s are");
    for (unsigned side = 0; side < 2; side++)
        text_addf(text, ", %zu at the %s alone",
                  c->trace[side].connections - c->connections,
                  words_side(side));
    if (c->matches.ambiguous)
        text_addf(text,
                  ", of which %" PRIu32 " fit more than one of the other side",
                  c->matches.ambiguous);
    if (c->elsewhere[0] + c->elsewhere[1])
        text_addf(text,
                  " (with %" PRIu64 " finding%s, which a capture tells by "
                  "itself)",
                  c->elsewhere[0] + c->elsewhere[1],
                  phrase_plural(c->elsewhere[0] + c->elsewhere[1]));
    if (by[SEVERITY_ERROR] + by[SEVERITY_WARNING] + by[SEVERITY_INFO] == 0) {
        text_add(text, c->connections ? ": nothing to report" : "");
    } else {
        text_add(text, ": ");
        phrase_severities(text, by);
    }
    write_text(page, 0, "", text);
}

bool comparison_write_text(const struct comparison *comparison,
                           const struct report_options *options, FILE *out)
{
    const struct page page = {out, options->width, options->color};
    struct text text;

    text_init(&text, LINE_SIZE);
    write_head(&page, comparison, &text);
    for (size_t i = 0; i < comparison->connections; i++) {
        if (comparison->connection[i].is_told)
            write_connection(&page, options, comparison,
                             &comparison->connection[i], &text);
    }
    write_all_unarrived(&page, comparison, &text);
    for (unsigned side = 0; side < 2; side++) {
        const struct report *report = comparison->report[side];

        for (size_t i = 0; i < report->warnings; i++) {
            text_addf(&text, "%s: %s", words_side(side), report->warning[i]);
            write_text(&page, 6, "note:", &text);
        }
    }
    write_summary(&page, comparison, &text);
    text_release(&text);
    return fflush(out) == 0 && !ferror(out);
}
