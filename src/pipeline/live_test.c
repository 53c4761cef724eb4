/*
 * Live: what is told while a capture goes on comes to what is found when it
 * is read as a file, and nothing that was told is left standing wrongly.
 */
#include "pipeline/trial_kit.h"

enum {
    TOLD_MAX = 4096,
    LINE_SIZE = 200
};

#define TICK (250 * NANOS_PER_MILLI)

/* What was told under one id. */
struct word {
    unsigned revision;
    enum standing standing;
    enum verdict code;
    char line[LINE_SIZE];
};

struct listener {
    struct word word[TOLD_MAX];
    size_t words;
    unsigned revisions;
    unsigned withdrawn;
    unsigned ongoing;
};

static void take_finding(void *context, const struct finding *finding)
{
    struct listener *listener = context;
    struct word *word = &listener->word[finding->id];

    assert_in_range(finding->id, 1, TOLD_MAX - 1);
    if (finding->id > listener->words) {
        assert_int_equal(finding->id, listener->words + 1);
        assert_int_equal(finding->revision, 0);
        listener->words = finding->id;
    } else {
        assert_int_equal(finding->revision, word->revision + 1);
        listener->revisions++;
    }
    /* whatever it says rests on frames that were seen by then */
    if (finding->explanation)
        assert_null(strstr(finding->explanation, "#0"));
    listener->withdrawn += finding->standing == STANDING_WITHDRAWN;
    listener->ongoing += finding->standing == STANDING_GOES_ON;
    word->revision = finding->revision;
    word->standing = finding->standing;
    word->code = finding->code;
    (void)snprintf(word->line, sizeof word->line, "%s %s %s in %u",
                   verdict_slug(finding->code),
                   severity_name(finding->severity),
                   symptom_name(finding->symptom),
                   (unsigned)finding->connection.id);
}

/* As the program would, with the clock of the packets. */
static void run_live(const struct tape *tape, struct listener *listener,
                     struct judge_counts *counts)
{
    struct pipeline_options options = {
        .keylog = tape->keylog,
        .judge.settings = diagnose_defaults(),
        .judge.at_once = true,
        .judge.live = true,
        .judge.watcher = {.context = listener, .finding = take_finding}
    };
    struct pipeline *pipeline = pipeline_new(&options);
    nanos tick = 0;

    for (size_t i = 0; i < tape->frames; i++) {
        struct frame frame = tape->frame[i];

        if (i && frame.time - tick > 3600 * NANOS_PER_SECOND)
            tick = frame.time;
        for (; i && tick < frame.time; tick += TICK)
            pipeline_tick(pipeline, tick);
        if (i == 0)
            tick = frame.time;
        frame.number = i + 1;
        pipeline_take(pipeline, &frame);
    }
    *counts = pipeline_finish(pipeline, &tape->input, 1)->counts;
    pipeline_free(pipeline);
}

/* What stands at the end, in an order that does not depend on times. */
static void tell_words(struct listener *listener, struct text *out)
{
    char **line = must_calloc(listener->words + 1, sizeof *line);
    size_t lines = 0;

    for (size_t id = 1; id <= listener->words; id++) {
        if (listener->word[id].standing != STANDING_WITHDRAWN)
            line[lines++] = listener->word[id].line;
    }
    qsort(line, lines, sizeof *line, by_text);
    for (size_t i = 0; i < lines; i++)
        text_addf(out, "%s%s", i ? ", " : "", line[i]);
    if (!lines)
        text_add(out, "nothing");
    free(line);
}

static bool try_live(const struct tape *tape, unsigned told[static 3])
{
    static struct listener listener;
    struct judge_counts counts;
    struct run run = tape_run(tape);
    struct text file;
    struct text live;
    bool same = true;

    listener = (struct listener){.words = 0};
    run_live(tape, &listener, &counts);
    text_init(&file, SIGNATURE_SIZE);
    text_init(&live, SIGNATURE_SIZE);
    tell_signature(run.report, &file);
    tell_words(&listener, &live);
    for (size_t id = 1; id <= listener.words; id++)
        same &= listener.word[id].standing != STANDING_GOES_ON;
    same &= strcmp(text_string(&file), text_string(&live)) == 0 &&
            memcmp(&counts, &run.report->counts, sizeof counts) == 0;
    if (!same)
        print_message("# %s: file: %s; live: %s\n", tape->name,
                      text_string(&file), text_string(&live));
    told[0] += listener.revisions;
    told[1] += listener.withdrawn;
    told[2] += listener.ongoing;
    text_release(&file);
    text_release(&live);
    run_release(&run);
    return same;
}

static void test_scenes(void **state)
{
    glob_t found = {0};
    unsigned different = 0;
    unsigned told[3] = {0};

    (void)state;
    find_scenes(&found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct tape tape;

        tape_open(&tape, found.gl_pathv[i]);
        different += !try_live(&tape, told);
        tape_release(&tape);
    }
    print_message("# %zu scenes: %u revisions, %u withdrawn, %u ongoing\n",
                  found.gl_pathc, told[0], told[1], told[2]);
    globfree(&found);
    assert_int_equal(different, 0);
    /* hangs are told while they last */
    assert_in_range(told[2], 5, UINT32_MAX);
}

/* A capture of the lab; false when it is larger than a tape. */
static bool open_capture(struct tape *tape, const char *path)
{
    const char *const paths[] = {path};
    struct fail fail = {0};
    struct capture *capture = capture_open(paths, 1, NULL, &fail);
    struct frame frame;
    size_t count;

    *tape = (struct tape){.name = path_name(path)};
    arena_init(&tape->arena);
    tape->frame = must_calloc(TAPE_FRAMES_MAX, sizeof *tape->frame);
    assert_non_null(capture);
    while (tape->frames < TAPE_FRAMES_MAX && capture_next(capture, &frame))
        tape_add(tape, &frame);
    tape->input = *capture_inputs(capture, &count);
    tape->input.format = "";
    capture_close(capture);
    return tape->frames < TAPE_FRAMES_MAX;
}

static void test_lab(void **state)
{
    glob_t found = {0};
    unsigned different = 0;
    unsigned told[3] = {0};

    (void)state;
    assert_int_equal(glob("testdata/captures/*.pcap*", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct tape tape;

        if (open_capture(&tape, found.gl_pathv[i]))
            different += !try_live(&tape, told);
        scene_release(&tape.scene);
        arena_release(&tape.arena);
        free(tape.frame);
    }
    print_message("# %zu captures: %u revisions, %u withdrawn, %u ongoing\n",
                  found.gl_pathc, told[0], told[1], told[2]);
    globfree(&found);
    assert_int_equal(different, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_lab),
    };

    return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
