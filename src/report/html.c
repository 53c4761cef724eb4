/*
 * One page of HTML that stands alone: no address of anything is in it, and its
 * policy (W3C, CSP3) lets only its own style and script through, so that words
 * of the wire stay words. It reads and prints without a script, which only adds
 * filters and buttons.
 */
#include "report/filter.h"
#include "report/groups.h"
#include "report/html_figures.h"
#include "report/phrases.h"
#include "report/render.h"
#include "report/text_endpoint.h"
#include "wire/endpoint.h"

enum {
    FULL_MOST = 250,        /* findings with their reasons */
    ALIKE_ROWS_MOST = 20,   /* under each */
    GROUP_ROWS_MOST = 2000, /* of the table */
    SERVERS_DRAWN_MOST = 50,
    LINE_SIZE = 1 << 14
};

static void put(const struct html *html, const char *literal)
{
    (void)fputs(literal, html->out);
}

static void put_item(const struct html *html, const char *text)
{
    put(html, "<li>");
    html_text(html, text);
    put(html, "</li>\n");
}

static void put_endpoint(const struct html *html,
                         const struct endpoint *endpoint)
{
    char text[ENDPOINT_TEXT_SIZE];

    html_shown(html, endpoint_print(text, endpoint));
}

static void write_head(const struct html *html)
{
    char style[HTML_HASH_SIZE];
    char script[HTML_HASH_SIZE];

    html_hash(style, html_style);
    html_hash(script, html_script);
    (void)fprintf(html->out,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                  "<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" "
                  "content=\"default-src 'none'; style-src '%s'; script-src "
                  "'%s'; base-uri 'none'; form-action 'none'\">\n"
                  "<meta name=\"viewport\" "
                  "content=\"width=device-width,initial-scale=1\">\n"
                  "<title>whyeof</title>\n<style>%s</style>\n</head>\n<body>\n",
                  style, script, html_style);
}

static void write_summary(const struct html *html)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    phrase_summary(&text, html->report);
    put(html, "<header>\n<h1>whyeof</h1>\n<p>");
    html_shown(html, text_string(&text));
    put(html, "</p>\n<p class=\"soft\">");
    for (size_t i = 0; i < html->report->inputs; i++) {
        put(html, i ? ", <span class=\"mono\">" : "<span class=\"mono\">");
        html_text(html, html->report->input[i].path);
        put(html, "</span>");
    }
    put(html, "</p>\n</header>\n");
    text_release(&text);
}

/* Seen only where a script can use it. */
static void write_filter(const struct html *html)
{
    put(html, "<form id=\"filter\" hidden><label>code <select id=\"code\" "
              "name=\"code\"><option value=\"\">all</option></select></label> "
              "<label>server <select id=\"server\" name=\"server\"><option "
              "value=\"\">all</option></select></label> <label>words <input "
              "name=\"words\" type=\"search\"></label> <span id=\"shown\" "
              "role=\"status\"></span></form>\n");
}

/* What the filter looks at. */
static void put_data(const struct html *html, const struct finding *finding)
{
    (void)fprintf(html->out, " data-code=\"%s\" data-server=\"",
                  verdict_slug(finding->code));
    put_endpoint(html, &finding->connection.server);
    put(html, "\"");
}

static void write_row(const struct html *html,
                      const struct finding_group *group, bool is_told)
{
    const struct finding *first = group->finding[0];
    const char *severity = severity_name(first->severity);

    put(html, "<tr");
    put_data(html, first);
    (void)fprintf(html->out, "><td class=\"%s\">%s</td><td>", severity,
                  severity);
    if (is_told)
        (void)fprintf(html->out, "<a href=\"#f%" PRIu64 "\">%s</a>", first->id,
                      verdict_slug(first->code));
    else
        put(html, verdict_slug(first->code));
    (void)fprintf(html->out, "</td><td>%s</td><td class=\"mono\">",
                  confidence_name(first->confidence));
    put_endpoint(html, &first->connection.server);
    (void)fprintf(html->out,
                  "</td><td class=\"n\">%zu</td><td class=\"n\">%" PRIu64
                  "</td></tr>\n",
                  group->count, mark_frame(first->asked));
}

static void write_table(const struct html *html,
                        const struct finding_groups *groups)
{
    size_t rows =
        groups->count < GROUP_ROWS_MOST ? groups->count : GROUP_ROWS_MOST;

    put(html, "<h2>Findings</h2>\n");
    if (rows == 0) {
        put(html, html->report->unjudged
                      ? "<p>Nothing could be judged.</p>\n"
                      : "<p>There is nothing to report.</p>\n");
        return;
    }
    put(html, "<div class=\"scroll\"><table>\n<thead><tr><th>severity</th>"
              "<th>code</th><th>confidence</th><th>server</th>"
              "<th class=\"n\">times</th><th class=\"n\">first frame</th></tr>"
              "</thead>\n<tbody>\n");
    for (size_t i = 0; i < rows; i++)
        write_row(html, &groups->group[i], i < FULL_MOST);
    put(html, "</tbody></table></div>\n");
    if (rows < groups->count)
        (void)fprintf(html->out, "<p>%zu more rows are left out.</p>\n",
                      groups->count - rows);
}

static void write_evidence(const struct html *html,
                           const struct finding *finding)
{
    put(html, "<div class=\"scroll\"><table><thead><tr><th "
              "class=\"n\">time</th><th class=\"n\">frame</th><th>from</th>"
              "<th>what</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < finding->evidences; i++) {
        const struct evidence *e = &finding->evidence[i];

        (void)fprintf(html->out,
                      "<tr><td class=\"n\">%.6f</td><td class=\"n\">%" PRIu64
                      "</td><td>%s</td><td>",
                      nanos_seconds(
                          nanos_between(html->report->zero, e->at.time)),
                      mark_frame(e->at), phrase_witness(e->from));
        html_text(html, e->what);
        put(html, "</td></tr>\n");
    }
    put(html, "</tbody></table></div>\n");
}

static void write_term(const struct html *html, const char *term,
                       const char *text)
{
    (void)fprintf(html->out, "<dt>%s</dt><dd>", term);
    html_text(html, text);
    put(html, "</dd>\n");
}

static void write_known_as(const struct html *html,
                           const struct finding *finding)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    phrase_known_as(&text, finding);
    if (text.size)
        write_term(html, "clients print", text_string(&text));
    text_release(&text);
}

static void write_lists(const struct html *html, const struct finding *finding)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    if (finding->alternatives)
        put(html, "<dt>could also be</dt><dd><ul>");
    for (size_t i = 0; i < finding->alternatives; i++) {
        text_clear(&text);
        phrase_alternative(&text, &finding->alternative[i]);
        put_item(html, text_string(&text));
    }
    put(html, finding->alternatives ? "</ul></dd>\n" : "");
    if (finding->advices)
        put(html, "<dt>what to do</dt><dd><ul>");
    for (size_t i = 0; i < finding->advices; i++) {
        put_item(html, finding->advice[i]);
    }
    put(html, finding->advices ? "</ul></dd>\n" : "");
    text_release(&text);
}

static void write_filter_of(const struct html *html,
                            const struct finding *finding)
{
    char filter[FILTER_SIZE];

    (void)filter_print(filter, finding);
    put(html, "<dt>in Wireshark</dt><dd><code>");
    html_shown(html, filter);
    put(html, "</code> <button type=\"button\" hidden data-copy=\"");
    html_shown(html, filter);
    put(html, "\">copy</button></dd>\n");
}

/* The other findings of its story, by links. */
static void write_links(const struct html *html, const struct finding *finding)
{
    if (finding->caused_by)
        (void)fprintf(html->out,
                      "<dt>caused by</dt><dd><a href=\"#f%" PRIu64
                      "\">finding %" PRIu64 "</a></dd>\n",
                      finding->caused_by, finding->caused_by);
    if (finding->upstream.known)
        (void)fprintf(html->out,
                      "<dt>behind it</dt><dd>tcp.stream %" PRIu64 "%s</dd>\n",
                      finding->upstream.connection,
                      finding->upstream.sure ? "" : ", or another");
    if (finding->front.known)
        (void)fprintf(html->out,
                      "<dt>in front of it</dt><dd>tcp.stream %" PRIu64
                      "%s</dd>\n",
                      finding->front.connection,
                      finding->front.sure ? "" : ", or another");
}

static void write_alike(const struct html *html,
                        const struct finding_group *group)
{
    size_t most =
        group->count - 1 < ALIKE_ROWS_MOST ? group->count - 1 : ALIKE_ROWS_MOST;

    if (!most)
        return;
    (void)fprintf(html->out,
                  "<details><summary>%zu more like it at this "
                  "server</summary><ul>\n",
                  group->count - 1);
    for (size_t i = 1; i <= most; i++) {
        const struct finding *finding = group->finding[i];
        char duration[NANOS_TEXT_SIZE];
        struct text text;

        text_init(&text, LINE_SIZE);
        phrase_request(&text, finding, html->options);
        (void)fprintf(html->out,
                      "<li id=\"f%" PRIu64 "\">#%" PRIu64
                      ", tcp.stream %" PRIu64 ", after %s: <span "
                      "class=\"mono\">",
                      finding->id, mark_frame(finding->asked),
                      finding->connection.id,
                      nanos_print_duration(duration, finding->wait));
        html_shown(html, text_string(&text));
        put(html, "</span></li>\n");
        text_release(&text);
    }
    put(html, "</ul></details>\n");
}

static void write_request(const struct html *html,
                          const struct finding *finding)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    phrase_request(&text, finding, html->options);
    put(html, "<p class=\"mono\">");
    html_shown(html, text_string(&text));
    put(html, "<br>");
    text_clear(&text);
    phrase_place(&text, finding);
    html_shown(html, text_string(&text));
    put(html, "</p>\n");
    text_release(&text);
}

static void write_finding(const struct html *html,
                          const struct finding_group *group)
{
    const struct finding *finding = group->finding[0];
    const char *severity = severity_name(finding->severity);

    (void)fprintf(html->out, "<article class=\"%s\" id=\"f%" PRIu64 "\"",
                  severity, finding->id);
    put_data(html, finding);
    (void)fprintf(html->out, "><span class=\"severity\">%s</span>\n<h3>",
                  severity);
    html_text(html, finding->title);
    (void)fprintf(html->out, "</h3>\n<p><code>%s</code> (%s)</p>\n",
                  verdict_slug(finding->code),
                  confidence_name(finding->confidence));
    write_request(html, finding);
    html_ladder(html, finding);
    write_evidence(html, finding);
    put(html, "<dl>\n");
    write_links(html, finding);
    write_term(html, "client sees", phrase_symptom(finding));
    write_known_as(html, finding);
    write_term(html, "why", finding->explanation);
    write_lists(html, finding);
    write_filter_of(html, finding);
    if (report_recording(html->report, finding))
        write_term(html, "recorded in",
                   report_recording(html->report, finding));
    put(html, "</dl>\n");
    html_turns(html, finding);
    html_window(html, finding);
    write_alike(html, group);
    put(html, "</article>\n");
}

static void write_servers(const struct html *html)
{
    size_t drawn = 0;

    for (const struct server_facts *s = html->report->server; s; s = s->next) {
        struct text text;

        if (!text_endpoint_tells(s) || drawn++ >= SERVERS_DRAWN_MOST)
            continue;
        put(html, drawn == 1 ? "<h2>Servers</h2>\n<section>\n" : "<section>\n");
        text_init(&text, LINE_SIZE);
        text_endpoint_facts(&text, s, html->options);
        put(html, "<p>");
        html_text(html, text_string(&text));
        put(html, "</p>\n");
        html_answers(html, s);
        put(html, "</section>\n");
        text_release(&text);
    }
    if (drawn > SERVERS_DRAWN_MOST)
        (void)fprintf(html->out, "<p>%zu more servers are left out.</p>\n",
                      drawn - SERVERS_DRAWN_MOST);
}

static void write_notes(const struct html *html)
{
    const struct report *report = html->report;

    if (report->warnings)
        put(html, "<h2>What could not be seen</h2>\n<ul>\n");
    for (size_t i = 0; i < report->warnings; i++) {
        put_item(html, report->warning[i]);
    }
    put(html, report->warnings ? "</ul>\n" : "");
}

static bool render_html(const struct report *report,
                        const struct report_options *options, FILE *out)
{
    const struct html html = {out, report, options};
    struct finding_groups groups = groups_of(report);

    write_head(&html);
    write_summary(&html);
    if (groups.count)
        write_filter(&html);
    put(&html, "<main>\n");
    write_table(&html, &groups);
    for (size_t i = 0; i < groups.count && i < FULL_MOST; i++)
        write_finding(&html, &groups.group[i]);
    write_servers(&html);
    write_notes(&html);
    put(&html, "</main>\n");
    if (groups.count)
        (void)fprintf(out, "<script>%s</script>\n", html_script);
    put(&html, "</body>\n</html>\n");
    groups_release(&groups);
    return fflush(out) == 0 && !ferror(out);
}

const struct renderer html_renderer = {
    .name = "html",
    .render = render_html,
};
