#include "files/hint.h"

#include "report/explain.h"

#include <string.h>
#include <sys/stat.h>

enum {
    SAID_MOST = 400 /* bytes of a text that is repeated */
};

/* Without a blank, and with what names have: a.pcap, captures/a */
static bool is_like_a_name(const char *path)
{
    return !strchr(path, ' ') && strpbrk(path, "./");
}

static bool is_missing(const struct capture_input *input)
{
    struct stat found;

    return input->trouble == CAPTURE_UNREADABLE &&
           stat(input->path, &found) != 0;
}

/* In quotes as a shell takes them; what none would take stays a word for it. */
static void add_quoted(struct text *text, const char *said)
{
    if (!strpbrk(said, "'\\"))
        text_addf(text, "'%s'", said);
    else if (!strpbrk(said, "\"$`\\!"))
        text_addf(text, "\"%s\"", said);
    else
        text_add(text, "'TEXT'");
}

void hint_add(struct text *text, const struct report *report)
{
    bool is_text = false;
    struct text said;

    text_init(&said, SAID_MOST);
    for (size_t i = 0; i < report->inputs; i++) {
        const struct capture_input *input = &report->input[i];

        if (!is_missing(input))
            continue;
        is_text |= !is_like_a_name(input->path);
        text_addf(&said, "%s%s", said.size ? " " : "", input->path);
    }
    if (is_text && !said.cut && explain_knows(text_string(&said))) {
        text_add(text, "for an error that a client printed, try: whyeof "
                       "--explain ");
        add_quoted(text, text_string(&said));
    }
    text_release(&said);
}
