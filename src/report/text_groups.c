#include "report/text_groups.h"

#include "report/groups.h"
#include "report/phrases.h"
#include "report/text_finding.h"
#include "wire/endpoint.h"

enum {
    ALIKE_LISTED_MOST = 8, /* and of more only some */
    ALIKE_OF_MANY = 3,
    SERVERS_IN_FULL = 3, /* of one code; of more the first is told in full */
    SERVERS_LISTED_MOST = 20,
    GROUPS_SEEN_AT_ONCE = 8, /* of more a table comes first */
    LINE_SIZE = 4096
};

static void write_alike(const struct page *page,
                        const struct report_options *options,
                        const struct finding *finding)
{
    const struct exchange *x = finding->exchange;
    struct text text;
    char duration[NANOS_TEXT_SIZE];

    text_init(&text, LINE_SIZE);
    text_addf(&text, "#%" PRIu64 ", tcp.stream %" PRIu64 ", ",
              mark_frame(finding->asked), finding->connection.id);
    if (x && x->is_h2)
        text_addf(&text, "stream %" PRIu64 ", ", x->stream);
    phrase_request(&text, finding, options);
    if (finding->is_too_late)
        text_add(&text, ", sent after the close");
    else
        text_addf(&text, ", ended after %s",
                  nanos_print_duration(duration, finding->wait));
    page_shown(page, 4, "   ", text_string(&text));
    text_release(&text);
}

static void write_in_full(const struct page *page, const struct report *report,
                          const struct report_options *options,
                          const struct finding_group *group)
{
    size_t alike = group->count - 1;
    size_t listed = alike <= ALIKE_LISTED_MOST ? alike : ALIKE_OF_MANY;

    text_finding(page, report, options, group->finding[0]);
    if (alike)
        (void)fprintf(page->out, "\n  %zu more like it at this server:\n",
                      alike);
    for (size_t i = 1; i <= listed; i++)
        write_alike(page, options, group->finding[i]);
    if (listed < alike)
        (void)fprintf(page->out, "    and %zu more (--format json)\n",
                      alike - listed);
    (void)fputc('\n', page->out);
}

/* " (truncated) at 10.0.0.1:80, first #12": which group it is. */
static void add_group(struct text *text, const struct finding_group *group)
{
    const struct finding *first = group->finding[0];
    char server[ENDPOINT_TEXT_SIZE];

    if (first->symptom != SYMPTOM_NONE &&
        first->symptom != SYMPTOM_ERROR_STATUS)
        text_addf(text, " (%s)", symptom_name(first->symptom));
    text_addf(text, " at %s, first #%" PRIu64,
              endpoint_print(server, &first->connection.server),
              mark_frame(first->asked));
}

static void write_lines(const struct page *page,
                        const struct finding_group *group, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char label[32];
        struct text text;

        (void)snprintf(label, sizeof label, "%-8s%6zu",
                       severity_name(group[i].finding[0]->severity),
                       group[i].count);
        text_init(&text, LINE_SIZE);
        phrase_code(&text, group[i].finding[0]);
        add_group(&text, &group[i]);
        page_paragraph(page, 16, label, text_string(&text));
        text_release(&text);
    }
    if (count)
        (void)fputc('\n', page->out);
}

/* Of a code's groups several may be of one server. */
static size_t count_servers(const struct finding_group *group)
{
    size_t servers = 0;

    for (size_t i = 0; i < group->alike; i++) {
        size_t k = 0;

        while (k < i && !endpoint_same(&group[k].finding[0]->connection.server,
                                       &group[i].finding[0]->connection.server))
            k++;
        servers += k == i;
    }
    return servers;
}

/* One line for each code, of many groups. */
static void write_codes(const struct page *page,
                        const struct finding_groups *groups)
{
    (void)fputs("In short, and how often:\n", page->out);
    for (size_t i = 0; i < groups->count;) {
        const struct finding_group *group = &groups->group[i];
        const struct finding *first = group->finding[0];
        size_t servers = count_servers(group);
        size_t times = 0;

        for (size_t k = 0; k < group->alike; k++)
            times += group[k].count;
        (void)fputs("  ", page->out);
        page_ink(page, text_ink(first->severity), "%-8s",
                 severity_name(first->severity));
        (void)fprintf(page->out, "%6zu  %s, %zu server%s\n", times,
                      verdict_slug(first->code), servers,
                      phrase_plural(servers));
        i += group->alike;
    }
    (void)fputc('\n', page->out);
}

static void write_servers(const struct page *page,
                          const struct finding_group *group, size_t count)
{
    size_t listed = count < SERVERS_LISTED_MOST ? count : SERVERS_LISTED_MOST;

    (void)fputs("The same code elsewhere:\n", page->out);
    for (size_t i = 0; i < listed; i++) {
        struct text text;

        text_init(&text, LINE_SIZE);
        text_addf(&text, "%zu time%s", group[i].count,
                  phrase_plural(group[i].count));
        add_group(&text, &group[i]);
        page_paragraph(page, 2, "", text_string(&text));
        text_release(&text);
    }
    if (listed < count)
        (void)fprintf(page->out, "  and at %zu more (--format json)\n",
                      count - listed);
    (void)fputc('\n', page->out);
}

/* Those of one code; how many of them were told in full. */
static uint64_t write_code(const struct page *page, const struct report *report,
                           const struct report_options *options,
                           const struct finding_group *group, uint64_t left)
{
    uint64_t full = group->alike <= SERVERS_IN_FULL ? group->alike : 1;

    if (full > left)
        full = left;
    for (size_t i = 0; i < full; i++)
        write_in_full(page, report, options, &group[i]);
    if (full && full < group->alike)
        write_servers(page, group + full, group->alike - full);
    return full;
}

void text_groups(const struct page *page, const struct report *report,
                 const struct report_options *options)
{
    struct finding_groups groups = groups_of(report);
    uint64_t left = options->limit ? options->limit : UINT64_MAX;
    size_t i = 0;

    if (groups.count > GROUPS_SEEN_AT_ONCE)
        write_codes(page, &groups);
    if (groups.count == 0)
        return;
    if (options->summary)
        left = 0;
    for (; i < groups.count && left > 0; i += groups.group[i].alike)
        left -= write_code(page, report, options, &groups.group[i], left);
    if (i < groups.count && !options->summary)
        (void)fputs("Not shown in full (--limit):\n", page->out);
    write_lines(page, groups.group + i, groups.count - i);
    groups_release(&groups);
}
