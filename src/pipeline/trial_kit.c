#include "pipeline/trial_kit.h"

/* Variants and violations so far. */
struct tally {
    unsigned variants;
    unsigned violations;
};

void complain(struct trial *trial, const char *format, ...)
{
    char text[SIGNATURE_SIZE];
    va_list args;

    if (++trial->violations > SHOWN_MAX)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_message("# %s: %s\n", trial->tape.name, text);
}

bool same_connection(const struct view *a, const struct view *b)
{
    return (a->source == b->source && a->destination == b->destination) ||
           (a->source == b->destination && a->destination == b->source);
}

int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

void tell_signature(const struct report *report, struct text *out)
{
    char **line = must_calloc(report->findings + 1, sizeof *line);

    for (size_t i = 0; i < report->findings; i++) {
        const struct finding *finding = report->finding[i];

        assert_true(asprintf(&line[i], "%s %s %s in %u",
                             verdict_slug(finding->code),
                             severity_name(finding->severity),
                             symptom_name(finding->symptom),
                             (unsigned)finding->connection.id) > 0);
    }
    qsort(line, report->findings, sizeof *line, by_text);
    for (size_t i = 0; i < report->findings; i++) {
        text_addf(out, "%s%s", i ? ", " : "", line[i]);
        free(line[i]);
    }
    if (!report->findings)
        text_add(out, "nothing");
    free(line);
}

void must_be_same(struct trial *trial, const char *what, size_t at, size_t part)
{
    struct run run = run_frames(trial->tape.keylog, trial->reel.frame,
                                trial->reel.frames, &trial->tape.input);

    text_clear(&trial->after);
    tell_signature(run.report, &trial->after);
    trial->variants++;
    if (strcmp(text_string(&trial->before), text_string(&trial->after)) != 0)
        complain(trial, "%s #%zu (%zu): %s -> %s", what, at + 1, part,
                 text_string(&trial->before), text_string(&trial->after));
    run_release(&run);
}

static void begin_trial(struct trial *trial)
{
    reel_init(&trial->reel);
    text_init(&trial->before, SIGNATURE_SIZE);
    text_init(&trial->after, SIGNATURE_SIZE);
    trial->whole = tape_run(&trial->tape);
    tell_signature(trial->whole.report, &trial->before);
}

static void end_trial(struct trial *trial)
{
    run_release(&trial->whole);
    text_release(&trial->before);
    text_release(&trial->after);
    reel_release(&trial->reel);
    tape_release(&trial->tape);
}

static void try_tape(struct trial *trial, property *holds, struct tally *tally)
{
    begin_trial(trial);
    holds(trial);
    tally->variants += trial->variants;
    tally->violations += trial->violations;
    end_trial(trial);
}

static void tell_tally(const struct tally *tally)
{
    print_message("# %u variants\n", tally->variants);
    if (tally->violations)
        fail_msg("%u of %u variants say something else", tally->violations,
                 tally->variants);
}

static void try_scenes(property *holds, struct tally *tally)
{
    glob_t found = {0};

    find_scenes(&found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct trial trial = {.variants = 0};

        tape_open(&trial.tape, found.gl_pathv[i]);
        try_tape(&trial, holds, tally);
    }
    globfree(&found);
}

void for_each_scene(property *holds)
{
    struct tally tally = {0};

    try_scenes(holds, &tally);
    tell_tally(&tally);
}

/*
 * The captures that HONESTY_CAPTURES names, by patterns with a blank between,
 * are tried as well: the lab's, and cases. Long ones are left out.
 */
static void try_captures(property *holds, struct tally *tally)
{
    char *patterns = strdup(getenv("HONESTY_CAPTURES"));
    char *rest = NULL;
    glob_t found = {0};
    int flags = 0;

    for (char *pattern = strtok_r(patterns, " ", &rest); pattern;
         pattern = strtok_r(NULL, " ", &rest)) {
        (void)glob(pattern, flags, NULL, &found);
        flags = GLOB_APPEND;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct trial trial = {.variants = 0};

        tape_init(&trial.tape, found.gl_pathv[i]);
        if (tape_read(&trial.tape, found.gl_pathv[i]) &&
            trial.tape.frames <= HONESTY_FRAMES)
            try_tape(&trial, holds, tally);
        else
            tape_release(&trial.tape);
    }
    globfree(&found);
    free(patterns);
}

void for_each_recording(property *holds)
{
    struct tally tally = {0};

    try_scenes(holds, &tally);
    if (getenv("HONESTY_CAPTURES"))
        try_captures(holds, &tally);
    tell_tally(&tally);
}
