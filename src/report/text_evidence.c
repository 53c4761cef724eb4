#include "report/text_evidence.h"

#include "base/path.h"
#include "report/phrases.h"

enum {
    LISTED = 34, /* columns before what is said */
    DRAWN = 37,
    SHAFT = 17, /* of an arrow */
    LABEL_SIZE = 64,
    LINE_SIZE = 4096
};

/* Of this connection: what is of another leg has arrows of its own. */
static bool is_drawn_to(const struct evidence *e)
{
    return e->from == FROM_CLIENT || e->from == FROM_SERVER;
}

/* "#4", "------ #4 ----->" or "<----- #7 ------" */
static void draw_arrow(char shaft[static SHAFT + 1], const struct evidence *e)
{
    bool to_server = e->from == FROM_CLIENT;
    char number[32];
    size_t size;
    size_t at;

    (void)snprintf(number, sizeof number, " #%" PRIu64 " ", mark_frame(e->at));
    size = strlen(number);
    memset(shaft, is_drawn_to(e) ? '-' : ' ', SHAFT);
    shaft[SHAFT] = '\0';
    if (is_drawn_to(e))
        shaft[to_server ? SHAFT - 1 : 0] = to_server ? '>' : '<';
    if (size > SHAFT - 2)
        size = SHAFT - 2;
    at = (SHAFT - size) / 2;
    memcpy(shaft + at, number, size);
}

static void label_of(char label[static LABEL_SIZE], const struct report *report,
                     const struct evidence *e, bool is_drawn)
{
    double time = nanos_seconds(nanos_between(report->zero, e->at.time));
    char shaft[SHAFT + 1];

    draw_arrow(shaft, e);
    if (is_drawn)
        (void)snprintf(label, LABEL_SIZE, "  %11.6f  |%s|  ", time, shaft);
    else
        (void)snprintf(label, LABEL_SIZE, "  %11.6f  #%-6" PRIu64 " %-8s  ",
                       time, mark_frame(e->at), phrase_witness(e->from));
}

/* Of another leg, which has a client and a server of its own. */
static const char *leg_of(const struct evidence *e)
{
    if (e->from == FROM_UPSTREAM)
        return "upstream: ";
    return e->from == FROM_FRONT ? "in front: " : "";
}

/*
 * The frame as its own file numbers it in the report of one file; with
 * several, the number over all and the file's name.
 */
void text_evidence(const struct page *page, const struct report *report,
                   const struct report_options *options,
                   const struct finding *finding)
{
    uint64_t shown = UINT64_MAX;

    if (options->ladder)
        (void)fputs("            client            server\n", page->out);
    for (size_t i = 0; i < finding->evidences; i++) {
        const struct evidence *e = &finding->evidence[i];
        const char *file = report->inputs > 1 && e->at.file < report->inputs
                               ? report->input[e->at.file].path
                               : "";
        char label[LABEL_SIZE];
        struct text what;

        label_of(label, report, e, options->ladder);
        text_init(&what, LINE_SIZE);
        text_addf(&what, "%s%s", options->ladder ? leg_of(e) : "", e->what);
        if (file[0] && e->at.file != shown)
            text_addf(&what, " [%s]", path_name(file));
        shown = e->at.file;
        page_paragraph(page, options->ladder ? DRAWN : LISTED, label,
                       text_string(&what));
        text_release(&what);
    }
}
