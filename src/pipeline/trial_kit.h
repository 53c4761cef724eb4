/*
 * For the tests of this folder: a property tried on every scene. Where it does
 * not hold, the scene, the frame and what was said are told, as comments in
 * TAP.
 */
#ifndef PIPELINE_TRIAL_KIT_H
#define PIPELINE_TRIAL_KIT_H

#include "pipeline/frames_kit.h"

enum {
    SIGNATURE_SIZE = 1 << 14,
    SHOWN_MAX = 12 /* of one scene's violations */
};

static inline bool same_connection(const struct view *a, const struct view *b)
{
    return (a->source == b->source && a->destination == b->destination) ||
           (a->source == b->destination && a->destination == b->source);
}

/* A scene under a property: what is true of it, and how often it failed. */
struct trial {
    struct tape tape;
    struct reel reel;
    struct text before; /* the findings of the scene as it is */
    struct text after;
    unsigned variants;
    unsigned violations;
};

static inline int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The findings in an order that does not depend on times. */
static inline void tell_signature(const struct report *report, struct text *out)
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

/* A new line of comment, for readers of TAP. */
__attribute__((format(printf, 2, 3))) static inline void
complain(struct trial *trial, const char *format, ...)
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

/* Runs the reel: the findings must be those of the scene as it is. */
static inline void must_be_same(struct trial *trial, const char *what,
                                size_t at, size_t part)
{
    struct run run =
        run_frames(trial->reel.frame, trial->reel.frames, &trial->tape.input);

    text_clear(&trial->after);
    tell_signature(run.report, &trial->after);
    trial->variants++;
    if (strcmp(text_string(&trial->before), text_string(&trial->after)) != 0)
        complain(trial, "%s #%zu (%zu): %s -> %s", what, at + 1, part,
                 text_string(&trial->before), text_string(&trial->after));
    run_release(&run);
}

typedef void property(struct trial *trial);

static inline void begin_trial(struct trial *trial, const char *path)
{
    struct run run;

    *trial = (struct trial){.variants = 0};
    tape_open(&trial->tape, path);
    reel_init(&trial->reel);
    text_init(&trial->before, SIGNATURE_SIZE);
    text_init(&trial->after, SIGNATURE_SIZE);
    run = tape_run(&trial->tape);
    tell_signature(run.report, &trial->before);
    run_release(&run);
}

static inline void end_trial(struct trial *trial)
{
    text_release(&trial->before);
    text_release(&trial->after);
    reel_release(&trial->reel);
    tape_release(&trial->tape);
}

static inline void for_each_scene(property *holds)
{
    glob_t found = {0};
    unsigned variants = 0;
    unsigned violations = 0;

    find_scenes(&found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct trial trial;

        begin_trial(&trial, found.gl_pathv[i]);
        holds(&trial);
        variants += trial.variants;
        violations += trial.violations;
        end_trial(&trial);
    }
    globfree(&found);
    print_message("# %u variants\n", variants);
    if (violations)
        fail_msg("%u of %u variants say something else", violations, variants);
}

#endif
