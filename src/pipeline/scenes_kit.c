#include "pipeline/scenes_kit.h"

void kit_read_file(const char *path, struct text *text)
{
    if (!text_add_file(text, path))
        fail_msg("cannot read '%s'", path);
}

void tape_add(struct tape *tape, const struct frame *frame)
{
    struct frame *kept = &tape->frame[tape->frames++];

    assert_true(tape->frames <= TAPE_FRAMES_MAX);
    *kept = *frame;
    kept->data.at = (uint8_t *)arena_keep(&tape->arena, frame->data);
}

bool tape_read(struct tape *tape, const char *path)
{
    const char *const paths[] = {path};
    struct fail fail = {0};
    struct capture_options options = {
        .secrets = {.context = tape->keylog, .take = keylog_take_block}
    };
    struct capture *capture = capture_open(paths, 1, &options, &fail);
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

void tape_record(struct tape *tape)
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

void tape_init(struct tape *tape, const char *path)
{
    *tape = (struct tape){.name = path_name(path)};
    arena_init(&tape->arena);
    tape->keylog = keylog_new();
    tape->frame = must_calloc(TAPE_FRAMES_MAX, sizeof *tape->frame);
}

void tape_open(struct tape *tape, const char *path)
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

void tape_release(struct tape *tape)
{
    scene_release(&tape->scene);
    arena_release(&tape->arena);
    free(tape->frame);
    keylog_free(tape->keylog);
}

struct run run_frames(struct keylog *keylog, const struct frame *frame,
                      size_t frames, const struct capture_input *input)
{
    struct pipeline_options options = {.judge.settings = diagnose_defaults(),
                                       .keylog = keylog};
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

struct run tape_run(const struct tape *tape)
{
    return run_frames(tape->keylog, tape->frame, tape->frames, &tape->input);
}

void run_release(struct run *run)
{
    pipeline_free(run->pipeline);
}

void tell_findings(const struct report *report, struct text *out)
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

void find_scenes(glob_t *found)
{
    size_t patterns = sizeof scene_patterns / sizeof *scene_patterns;

    for (size_t i = 0; i < patterns; i++)
        assert_int_equal(
            glob(scene_patterns[i], i ? GLOB_APPEND : 0, NULL, found), 0);
}
