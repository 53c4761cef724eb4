/*
 * JUnit's XML as Jenkins and GitLab read it: a suite for the capture, a test
 * for each code at each server. Errors are failures; warnings and the rest are
 * tests that passed and have something to say. Without findings there is a
 * test, too: no test at all is an error to some.
 */
#include "report/groups.h"
#include "report/phrases.h"
#include "report/render.h"
#include "report/text_finding.h"
#include "wire/endpoint.h"

#include <stdlib.h>

enum {
    BODY_WIDTH = 100,
    BODIES_MOST = 24 << 20, /* bytes; Jenkins and GitLab take some 30 MB */
    LINE_SIZE = 1 << 12
};

/* XML 1.0, 2.2: control characters, surrogates and two more are none of it. */
static size_t forbidden(const char *at)
{
    const uint8_t *byte = (const uint8_t *)at;

    if (byte[0] < ' ' && byte[0] != '\n' && byte[0] != '\t')
        return 1;
    return byte[0] == 0xef && byte[1] == 0xbf && byte[2] >= 0xbe ? 3 : 0;
}

static void write_escaped(FILE *out, const char *text)
{
    while (*text) {
        size_t size = forbidden(text);

        for (size_t i = 0; i < size; i++)
            (void)fprintf(out, "\\x%02x", (unsigned)(uint8_t)text[i]);
        if (size == 0 && strchr("<>&\"'", *text))
            (void)fprintf(out, "&#%d;", *text);
        else if (size == 0)
            (void)fputc(*text, out);
        text += size ? size : 1;
    }
}

static void write_attribute(FILE *out, const char *name, const char *value)
{
    (void)fprintf(out, " %s=\"", name);
    write_escaped(out, value);
    (void)fputc('"', out);
}

/* The finding as text has it. Owned by the caller; NULL without memory. */
static char *body_of(const struct report *report,
                     const struct report_options *options,
                     const struct finding *finding)
{
    char *bytes = NULL;
    size_t size;
    struct page page = {.out = open_memstream(&bytes, &size),
                        .width = BODY_WIDTH};

    if (!page.out)
        return NULL;
    text_finding(&page, report, options, finding);
    return fclose(page.out) == 0 ? bytes : NULL;
}

/* What is in both kinds of a test's output; the size of it. */
static size_t write_body(FILE *out, const struct report *report,
                         const struct report_options *options,
                         const struct finding_group *group, size_t room)
{
    char *body = room ? body_of(report, options, group->finding[0]) : NULL;
    size_t size = body ? strlen(body) : 0;

    if (size <= room && body)
        write_escaped(out, body);
    if (group->count > 1)
        (void)fprintf(out, "\n%zu more like it at this server.\n",
                      group->count - 1);
    free(body);
    return size < room ? size : room;
}

/* Of one code at one server there may be several, by what clients see. */
static void write_names(FILE *out, const struct finding *finding)
{
    char server[ENDPOINT_TEXT_SIZE];
    struct text name;

    text_init(&name, LINE_SIZE);
    phrase_code(&name, finding);
    text_addf(&name, " (%s, %s)", severity_name(finding->severity),
              symptom_name(finding->symptom));
    (void)fputs("    <testcase", out);
    write_attribute(out, "classname",
                    endpoint_print(server, &finding->connection.server));
    write_attribute(out, "name", text_string(&name));
    (void)fprintf(out, " time=\"%.6f\">\n", nanos_seconds(finding->wait));
    text_release(&name);
}

static bool is_failure(const struct finding_group *group,
                       const struct report_options *options)
{
    return group->finding[0]->severity == SEVERITY_ERROR &&
           !group_is_known(group, options);
}

static size_t write_test(FILE *out, const struct report *report,
                         const struct report_options *options,
                         const struct finding_group *group, size_t room)
{
    const struct finding *finding = group->finding[0];
    bool fails = is_failure(group, options);
    size_t size;

    write_names(out, finding);
    if (group_is_known(group, options))
        (void)fputs("      <skipped message=\"known to the baseline\"/>\n",
                    out);
    if (fails) {
        (void)fputs("      <failure", out);
        write_attribute(out, "type", verdict_slug(finding->code));
        write_attribute(out, "message", finding->title);
        (void)fputs(">", out);
    } else {
        (void)fputs("      <system-out>", out);
    }
    size = write_body(out, report, options, group, room);
    (void)fprintf(out, "</%s>\n    </testcase>\n",
                  fails ? "failure" : "system-out");
    return size;
}

/* The one test of a capture without findings. */
static void write_whole(FILE *out, const struct report *report,
                        const char *summary)
{
    (void)fputs("    <testcase classname=\"capture\" name=\"exchanges\" "
                "time=\"0\">\n",
                out);
    if (report->unjudged) {
        (void)fputs("      <skipped", out);
        write_attribute(out, "message", summary);
        (void)fputs("/>\n", out);
    }
    (void)fputs("    </testcase>\n", out);
}

static void write_head(FILE *out, const struct report *report,
                       const struct report_options *options,
                       const struct finding_groups *groups)
{
    char counts[160];
    char time[NANOS_TEXT_SIZE] = "";
    size_t failures = 0;
    size_t skipped = !groups->count && report->unjudged;

    for (size_t i = 0; i < groups->count; i++) {
        failures += is_failure(&groups->group[i], options);
        skipped += group_is_known(&groups->group[i], options);
    }
    (void)snprintf(counts, sizeof counts,
                   "name=\"whyeof\" tests=\"%zu\" failures=\"%zu\" "
                   "errors=\"0\" time=\"0\"",
                   groups->count ? groups->count : 1, failures);
    if (report->packets)
        (void)nanos_print_time(time, report->zero);
    (void)fprintf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<testsuites %s>\n  <testsuite %s skipped=\"%zu\"",
                  counts, counts, skipped);
    if (time[0])
        (void)fprintf(out, " timestamp=\"%.19s\"", time);
    (void)fputs(">\n", out);
}

static bool render_junit(const struct report *report,
                         const struct report_options *options, FILE *out)
{
    struct finding_groups groups = groups_of(report);
    size_t room = BODIES_MOST;
    struct text summary;

    text_init(&summary, LINE_SIZE);
    phrase_summary(&summary, report);
    write_head(out, report, options, &groups);
    for (size_t i = 0; i < groups.count; i++)
        room -= write_test(out, report, options, &groups.group[i], room);
    if (!groups.count)
        write_whole(out, report, text_string(&summary));
    (void)fputs("    <system-out>", out);
    write_escaped(out, text_string(&summary));
    for (size_t i = 0; i < report->warnings; i++) {
        (void)fputs("\nnote: ", out);
        write_escaped(out, report->warning[i]);
    }
    (void)fputs("</system-out>\n  </testsuite>\n</testsuites>\n", out);
    text_release(&summary);
    groups_release(&groups);
    return fflush(out) == 0 && !ferror(out);
}

const struct renderer junit_renderer = {
    .name = "junit",
    .render = render_junit,
};
