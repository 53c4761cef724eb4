/*
 * Markdown as GitHub and GitLab read it, for a job's summary or a comment: a
 * table of what was found, then each kind with its reasons, worst first, as far
 * as a comment may be long. Words of the wire are only words: what Markdown
 * or HTML would read in them is written as character references.
 */
#include "report/filter.h"
#include "report/groups.h"
#include "report/phrases.h"
#include "report/render.h"
#include "wire/endpoint.h"

enum {
    COMMENT_MOST = 60000, /* bytes; GitHub's comments have 65536 characters */
    ROWS_MOST = 100,
    LINE_SIZE = 1 << 16
};

/* In text, and in the cell of a table; it was escaped before. */
static void add_shown(struct text *to, const char *shown)
{
    for (const char *at = shown; *at; at++) {
        bool is_url = *at == ':' && at[1] == '/' && at[2] == '/';

        if (strchr("&<>|`*_[]#@~\\$!", *at) || is_url)
            text_addf(to, "&#%d;", *at);
        else
            text_add_bytes(to, (struct span){(const uint8_t *)at, 1});
    }
}

static void add_plain(struct text *to, const char *text)
{
    struct text visible;

    text_init(&visible, LINE_SIZE);
    text_add_visible(&visible, span_of_text(text));
    add_shown(to, text_string(&visible));
    text_release(&visible);
}

static void add_line(struct text *to, const char *label, const char *text)
{
    text_addf(to, "\n**%s** ", label);
    add_plain(to, text);
    text_add(to, "\n");
}

static void add_evidence(struct text *to, const struct report *report,
                         const struct finding *finding)
{
    text_add(to, "\n| time | frame | from | what |\n|---:|---:|---|---|\n");
    for (size_t i = 0; i < finding->evidences; i++) {
        const struct evidence *e = &finding->evidence[i];

        text_addf(to, "| %.6f | %" PRIu64 " | %s | ",
                  nanos_seconds(nanos_between(report->zero, e->at.time)),
                  mark_frame(e->at), phrase_witness(e->from));
        add_plain(to, e->what);
        text_add(to, " |\n");
    }
}

static void add_alternatives(struct text *to, const struct finding *finding)
{
    struct text text;

    if (finding->alternatives)
        text_add(to, "\n**Could also be**\n\n");
    text_init(&text, LINE_SIZE);
    for (size_t i = 0; i < finding->alternatives; i++) {
        text_clear(&text);
        phrase_alternative(&text, &finding->alternative[i]);
        text_add(to, "- ");
        add_plain(to, text_string(&text));
        text_add(to, "\n");
    }
    text_release(&text);
}

static void add_advice(struct text *to, const struct finding *finding)
{
    if (finding->advices)
        text_add(to, "\n**What to do**\n\n");
    for (size_t i = 0; i < finding->advices; i++) {
        text_add(to, "- ");
        add_plain(to, finding->advice[i]);
        text_add(to, "\n");
    }
}

static void add_request(struct text *to, const struct finding *finding,
                        const struct report_options *options)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    phrase_request(&text, finding, options);
    text_add(&text, ", ");
    phrase_place(&text, finding);
    text_add(to, "\n");
    add_shown(to, text_string(&text));
    text_add(to, "\n");
    text_release(&text);
}

static void add_group(struct text *to, const struct report *report,
                      const struct report_options *options,
                      const struct finding_group *group)
{
    const struct finding *finding = group->finding[0];
    char server[ENDPOINT_TEXT_SIZE];
    char filter[FILTER_SIZE];
    struct text known;

    text_addf(to, "\n### %s: ", severity_name(finding->severity));
    add_plain(to, finding->title);
    text_addf(to, "\n\n`%s` (%s), %zu time%s at %s\n",
              verdict_slug(finding->code), confidence_name(finding->confidence),
              group->count, group->count == 1 ? "" : "s",
              endpoint_print(server, &finding->connection.server));
    add_request(to, finding, options);
    add_evidence(to, report, finding);
    add_line(to, "Client sees", phrase_symptom(finding));
    text_init(&known, LINE_SIZE);
    phrase_known_as(&known, finding);
    if (known.size)
        add_line(to, "Clients print", text_string(&known));
    text_release(&known);
    add_line(to, "Why", finding->explanation);
    add_alternatives(to, finding);
    add_advice(to, finding);
    text_addf(to, "\n**In Wireshark** `%s`\n", filter_print(filter, finding));
    if (report_recording(report, finding))
        add_line(to, "Recorded in", report_recording(report, finding));
}

static void add_table(struct text *to, const struct finding_groups *groups)
{
    size_t rows = groups->count < ROWS_MOST ? groups->count : ROWS_MOST;

    if (rows)
        text_add(to, "\n| severity | code | server | times | first frame |\n"
                     "|---|---|---|---:|---:|\n");
    for (size_t i = 0; i < rows; i++) {
        const struct finding_group *group = &groups->group[i];
        const struct finding *first = group->finding[0];
        char server[ENDPOINT_TEXT_SIZE];

        text_addf(to, "| %s | `%s` | %s | %zu | %" PRIu64 " |\n",
                  severity_name(first->severity), verdict_slug(first->code),
                  endpoint_print(server, &first->connection.server),
                  group->count, mark_frame(first->asked));
    }
    if (rows < groups->count)
        text_addf(to, "\n%zu more rows are left out.\n", groups->count - rows);
}

/* As many as fit; what does not is counted. */
static void add_groups(struct text *to, const struct report *report,
                       const struct report_options *options,
                       const struct finding_groups *groups)
{
    size_t most = options->limit ? options->limit : SIZE_MAX;
    struct text block;
    size_t i;

    text_init(&block, COMMENT_MOST);
    for (i = 0; i < groups->count && i < most; i++) {
        text_clear(&block);
        add_group(&block, report, options, &groups->group[i]);
        if (block.cut || to->size + block.size > COMMENT_MOST)
            break;
        text_add(to, text_string(&block));
    }
    if (i < groups->count)
        text_addf(to, "\n%zu more of the table are not told here.\n",
                  groups->count - i);
    text_release(&block);
}

static bool render_markdown(const struct report *report,
                            const struct report_options *options, FILE *out)
{
    struct finding_groups groups = groups_of(report);
    struct text text;

    text_init(&text, 2 * COMMENT_MOST);
    text_add(&text, "## whyeof\n\n");
    phrase_summary(&text, report);
    text_add(&text, "\n");
    add_table(&text, &groups);
    if (!options->summary)
        add_groups(&text, report, options, &groups);
    for (size_t i = 0; i < report->warnings && text.size < COMMENT_MOST; i++)
        add_line(&text, "Note", report->warning[i]);
    (void)fputs(text_string(&text), out);
    text_release(&text);
    groups_release(&groups);
    return fflush(out) == 0 && !ferror(out);
}

const struct renderer markdown_renderer = {
    .name = "markdown",
    .render = render_markdown,
};
