#include "pipeline/noise_kit.h"

/* The findings but those of the other connections, with their confidence. */
static void tell_own(const struct report *report, struct text *out)
{
    char **line = must_calloc(report->findings + 1, sizeof *line);
    size_t lines = 0;

    for (size_t i = 0; i < report->findings; i++) {
        const struct finding *finding = report->finding[i];
        const struct endpoint *client = &finding->connection.client;

        if (client->address.byte[1] != OTHERS)
            assert_true(asprintf(&line[lines++], "%s %s %s %s port %u",
                                 verdict_slug(finding->code),
                                 severity_name(finding->severity),
                                 confidence_name(finding->confidence),
                                 symptom_name(finding->symptom),
                                 client->port) > 0);
    }
    qsort(line, lines, sizeof *line, by_text);
    for (size_t i = 0; i < lines; i++) {
        text_addf(out, "%s%s", i ? ", " : "", line[i]);
        free(line[i]);
    }
    if (!lines)
        text_add(out, "nothing");
    free(line);
}

void tell_run(const struct frame *frame, size_t frames,
              const struct capture_input *input, struct text *out)
{
    struct run run = run_frames(NULL, frame, frames, input);

    text_clear(out);
    tell_own(run.report, out);
    run_release(&run);
}

void compare(struct trial *trial, const char *what, size_t at)
{
    trial->variants++;
    if (strcmp(text_string(&trial->before), text_string(&trial->after)) != 0)
        complain(trial, "%s behind #%zu: %s -> %s", what, at + 1,
                 text_string(&trial->before), text_string(&trial->after));
}
