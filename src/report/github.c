/*
 * Workflow commands of GitHub Actions, which become annotations: of each
 * severity a step may have ten, so the last one counts what is left.
 * docs.github.com, "Workflow commands for GitHub Actions".
 */
#include "report/groups.h"
#include "report/phrases.h"
#include "report/render.h"
#include "wire/endpoint.h"

enum {
    ANNOTATIONS_MOST = 10, /* of a severity, in a step */
    LINE_SIZE = 1 << 14
};

static const char *command_of(enum severity severity)
{
    static const char *const command[] = {
        [SEVERITY_INFO] = "notice",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_ERROR] = "error",
    };

    return command[severity];
}

/* `special` are written as %XX, as is what would end the line. */
static void write_escaped(FILE *out, const char *text, const char *special)
{
    for (; *text; text++) {
        if (strchr("%\r\n", *text) || strchr(special, *text))
            (void)fprintf(out, "%%%02X", (unsigned)(uint8_t)*text);
        else
            (void)fputc(*text, out);
    }
}

static void write_command(FILE *out, enum severity severity, const char *title,
                          const char *message)
{
    (void)fprintf(out, "::%s title=", command_of(severity));
    write_escaped(out, title, ":,");
    (void)fputs("::", out);
    write_escaped(out, message, "");
    (void)fputc('\n', out);
}

static void write_group(FILE *out, const struct report_options *options,
                        const struct finding_group *group)
{
    const struct finding *finding = group->finding[0];
    char server[ENDPOINT_TEXT_SIZE];
    struct text title;
    struct text message;

    text_init(&title, LINE_SIZE);
    text_init(&message, LINE_SIZE);
    text_addf(&title, "%s (%s) at %s", verdict_slug(finding->code),
              confidence_name(finding->confidence),
              endpoint_print(server, &finding->connection.server));
    text_addf(&message, "%s, %zu time%s\n", finding->title, group->count,
              group->count == 1 ? "" : "s");
    phrase_request(&message, finding, options);
    text_addf(&message, ", frame %" PRIu64 ", ", mark_frame(finding->asked));
    phrase_place(&message, finding);
    text_add(&message, "\n");
    text_add_visible(&message, span_of_text(finding->explanation));
    if (finding->advices) {
        text_add(&message, "\nWhat to do: ");
        text_add_visible(&message, span_of_text(finding->advice[0]));
    }
    write_command(out, finding->severity, text_string(&title),
                  text_string(&message));
    text_release(&title);
    text_release(&message);
}

/* How many of that severity there are, from `group` on. */
static size_t count_severity(const struct finding_group *group, size_t count)
{
    size_t same = 0;

    while (same < count &&
           group[same].finding[0]->severity == group[0].finding[0]->severity)
        same++;
    return same;
}

static void write_rest(FILE *out, const struct finding_group *group,
                       size_t count)
{
    char title[64];
    struct text codes;
    const char *between = "";

    (void)snprintf(title, sizeof title, "%zu more of whyeof", count);
    text_init(&codes, LINE_SIZE);
    for (size_t i = 0; i < count; i++) {
        char server[ENDPOINT_TEXT_SIZE];
        const struct finding *first = group[i].finding[0];

        text_addf(&codes, "%s%s at %s", between, verdict_slug(first->code),
                  endpoint_print(server, &first->connection.server));
        between = ", ";
    }
    write_command(out, group[0].finding[0]->severity, title,
                  text_string(&codes));
    text_release(&codes);
}

static void write_severity(FILE *out, const struct report_options *options,
                           const struct finding_group *group, size_t count)
{
    size_t told = count <= ANNOTATIONS_MOST ? count : ANNOTATIONS_MOST - 1;

    for (size_t i = 0; i < told; i++)
        write_group(out, options, &group[i]);
    if (told < count)
        write_rest(out, group + told, count - told);
}

/* What an earlier run has told is not annotated again: how many findings. */
static size_t leave_out_known(struct finding_groups *groups,
                              const struct report_options *options)
{
    size_t known = 0;
    size_t kept = 0;

    for (size_t i = 0; i < groups->count; i++) {
        if (group_is_known(&groups->group[i], options))
            known += groups->group[i].count;
        else
            groups->group[kept++] = groups->group[i];
    }
    groups->count = kept;
    return known;
}

static bool render_github(const struct report *report,
                          const struct report_options *options, FILE *out)
{
    struct finding_groups groups = groups_of(report);
    size_t known = leave_out_known(&groups, options);
    struct text summary;
    size_t same;

    for (size_t i = 0; i < groups.count; i += same) {
        same = count_severity(&groups.group[i], groups.count - i);
        write_severity(out, options, &groups.group[i], same);
    }
    groups_release(&groups);
    text_init(&summary, LINE_SIZE);
    phrase_summary(&summary, report);
    if (known)
        text_addf(&summary, "; not annotated, as the baseline knows them: %zu",
                  known);
    (void)fprintf(out, "whyeof: %s\n", text_string(&summary));
    text_release(&summary);
    return fflush(out) == 0 && !ferror(out);
}

const struct renderer github_renderer = {
    .name = "github",
    .render = render_github,
};
