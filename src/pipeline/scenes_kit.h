/*
 * For the tests of this folder: a scene played into a tape of frames, which a
 * test may alter, and a tape run through the pipeline.
 *
 *     testdata/.../NAME.scene --scene_build--> pcapng --capture--> tape
 *     tape --[altered]--> pipeline --> report --> findings as text
 */
#ifndef PIPELINE_SCENES_KIT_H
#define PIPELINE_SCENES_KIT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"
#include "pipeline/pipeline.h"
#include "scene/scene.h"

enum {
    SCENE_SIZE_MAX = 1 << 20,
    TAPE_FRAMES_MAX = 4096,
    TAPE_PATH_SIZE = 64
};

/* A scene as recorded. Frames own their bytes in the arena. */
struct tape {
    const char *name; /* the file's, without its folder; borrowed */
    struct scene scene;
    struct capture_input input;
    struct frame *frame;
    size_t frames;
    struct arena arena;
};

struct run {
    struct pipeline *pipeline;
    const struct report *report;
};

static inline void kit_read_file(const char *path, struct text *text)
{
    if (!text_add_file(text, path))
        fail_msg("cannot read '%s'", path);
}

static inline void tape_add(struct tape *tape, const struct frame *frame)
{
    struct frame *kept = &tape->frame[tape->frames++];

    assert_true(tape->frames <= TAPE_FRAMES_MAX);
    *kept = *frame;
    kept->data.at = (uint8_t *)arena_keep(&tape->arena, frame->data);
}

/* False: it is no capture, or too long a one for a tape. */
static inline bool tape_read(struct tape *tape, const char *path)
{
    const char *const paths[] = {path};
    struct fail fail = {0};
    struct capture *capture = capture_open(paths, 1, NULL, &fail);
    struct frame frame;
    size_t count;
    bool more = false;

    if (!capture)
        return false;
    while (!more && capture_next(capture, &frame)) {
        more = tape->frames == TAPE_FRAMES_MAX;
        if (!more)
            tape_add(tape, &frame);
    }
    tape->input = *capture_inputs(capture, &count);
    tape->input.path = tape->name;
    tape->input.format =
        arena_keep(&tape->arena, span_of_text(tape->input.format));
    capture_close(capture);
    return !more;
}

/* The capture stage reads files: this one has no name on the disk. */
static inline void tape_record(struct tape *tape)
{
    int file = memfd_create("scene", 0);
    char path[TAPE_PATH_SIZE];

    assert_true(file >= 0);
    assert_int_equal(write(file, tape->scene.pcapng.at,
                           tape->scene.pcapng.size),
                     tape->scene.pcapng.size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    assert_true(tape_read(tape, path));
    assert_int_equal(tape->input.trouble, CAPTURE_SOUND);
    assert_int_equal(close(file), 0);
}

static inline void tape_init(struct tape *tape, const char *path)
{
    *tape = (struct tape){.name = path_name(path)};
    arena_init(&tape->arena);
    tape->frame = must_calloc(TAPE_FRAMES_MAX, sizeof *tape->frame);
}

/* The caller gives it to tape_release. */
static inline void tape_open(struct tape *tape, const char *path)
{
    struct fail fail = {0};
    struct text text;

    tape_init(tape, path);
    text_init(&text, SCENE_SIZE_MAX);
    kit_read_file(path, &text);
    if (!scene_build(span_of_text(text_string(&text)), &tape->scene, &fail))
        fail_msg("'%s': %s", path, fail.text);
    text_release(&text);
    tape_record(tape);
}

static inline void tape_release(struct tape *tape)
{
    scene_release(&tape->scene);
    arena_release(&tape->arena);
    free(tape->frame);
}

/* Runs frames through a pipeline as the program sets it up when nothing is
 * said. They are numbered as they come. */
static inline struct run run_frames(const struct frame *frame, size_t frames,
                                    const struct capture_input *input)
{
    struct pipeline_options options = {.judge.settings = diagnose_defaults()};
    struct run run = {.pipeline = pipeline_new(&options)};

    for (size_t i = 0; i < frames; i++) {
        struct frame numbered = frame[i];

        numbered.number = i + 1;
        numbered.file_number = i + 1;
        pipeline_take(run.pipeline, &numbered);
    }
    run.report = pipeline_finish(run.pipeline, input, 1);
    return run;
}

static inline struct run tape_run(const struct tape *tape)
{
    return run_frames(tape->frame, tape->frames, &tape->input);
}

static inline void run_release(struct run *run)
{
    pipeline_free(run->pipeline);
}

/* The report's findings, a line each: "code severity confidence". */
static inline void tell_findings(const struct report *report, struct text *out)
{
    for (size_t i = 0; i < report->findings; i++) {
        const struct finding *finding = report->finding[i];

        text_addf(out, "#   found %s %s %s (tcp.stream %" PRIu64 ")\n",
                  verdict_slug(finding->code), severity_name(finding->severity),
                  confidence_name(finding->confidence), finding->connection.id);
    }
    if (!report->findings)
        text_add(out, "#   found nothing\n");
}

static const char *const scene_patterns[] = {
    "testdata/verdicts/*.scene",
    "testdata/near-miss/*.scene",
    "testdata/seed/*.scene",
};

/* Every scene there is, in order of name; given to globfree. */
static inline void find_scenes(glob_t *found)
{
    size_t patterns = sizeof scene_patterns / sizeof *scene_patterns;

    for (size_t i = 0; i < patterns; i++)
        assert_int_equal(
            glob(scene_patterns[i], i ? GLOB_APPEND : 0, NULL, found), 0);
}

#endif
