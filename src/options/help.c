#include "options/options.h"
#include "options/table.h"
#include "report/page.h"

#include "base/text.h"

enum {
    HELP_WIDTH = 80,
    HELP_INDENT = 31,
    HELP_SIZE = 1 << 10
};

/* Beside what is typed, or below where that is long. */
static void write_option(FILE *out, const struct option_row *row)
{
    const struct page page = {.out = out, .width = HELP_WIDTH};
    struct text text;
    char left[64];

    if (!row->name[0]) {
        (void)fprintf(out, "\n%s\n", row->help);
        return;
    }
    (void)snprintf(left, sizeof left, "  %s%c%c --%s%s%s",
                   row->letter ? "-" : " ", row->letter ? row->letter : ' ',
                   row->letter ? ',' : ' ', row->name, row->argument ? " " : "",
                   row->argument ? row->argument : "");
    text_init(&text, HELP_SIZE);
    if (strcmp(row->name, "format") == 0)
        renderer_list(&text);
    text_add(&text, row->help);
    page_paragraph(&page, HELP_INDENT, left, text_string(&text));
    text_release(&text);
}

void options_help(FILE *out)
{
    (void)fputs("usage: whyeof [OPTIONS] FILE...\n"
                "       tcpdump --immediate-mode -U -w - ... | whyeof -\n"
                "       whyeof [OPTIONS] -i IFACE [FILTER...]\n"
                "       whyeof [OPTIONS] --compare CLIENT_SIDE SERVER_SIDE\n"
                "       whyeof merge [-F json|text] REPORT...\n\n"
                "Says why an HTTP client saw an EOF, a cut response, a reset "
                "or a hang.\n",
                out);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        write_option(out, &option_rows[i]);
    (void)fputs("\nexit status: 0 nothing at or above --fail-on, 1 something, "
                "2 wrong usage or\nan input or output that failed\n",
                out);
}
