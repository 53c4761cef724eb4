#include "files/run.h"

#include "base/arena.h"
#include "files/annotated.h"
#include "files/held_frames.h"
#include "files/hint.h"
#include "files/progress.h"
#include "files/why_output.h"
#include "record/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    HINT_MOST = 4096
};

struct file_run {
    struct file_run_listener listener;
    const struct options *options;
    struct keylog *keylog;
    struct capture *capture;
    struct pipeline *pipeline;
    struct recorder *recorder; /* NULL: nobody asked for recordings */
    struct file_outputs *outputs;
    struct held_frames *held;    /* NULL: all that is read can be read again */
    struct annotated *annotated; /* NULL: nobody asked for it */
};

static void take_packet(void *context, uint64_t connection,
                        const struct frame *frame, size_t headers)
{
    const struct file_run *run = context;

    recorder_take(run->recorder, connection, frame, headers);
    recorder_tick(run->recorder, frame->time);
}

static void take_finding(void *context, const struct finding *finding)
{
    const struct file_run *run = context;

    recorder_finding(run->recorder, finding);
}

static void take_over(void *context, uint64_t connection, nanos now)
{
    const struct file_run *run = context;

    recorder_over(run->recorder, connection, now);
}

static void look_at(const struct file_run *run, const struct frame *frame,
                    bool refused)
{
    if (refused)
        pipeline_pass(run->pipeline, frame);
    else
        pipeline_take(run->pipeline, frame);
}

/* Of a pipe, those that have waited enough, or all. */
static void look_at_held(const struct file_run *run, bool all)
{
    struct frame frame;
    bool refused;

    while (held_frames_take(run->held, all, &frame, &refused))
        look_at(run, &frame, refused);
}

static void take_frame(const struct file_run *run, const struct frame *frame,
                       bool refused)
{
    if (!run->held) {
        look_at(run, frame, refused);
        return;
    }
    held_frames_put(run->held, frame, refused);
    look_at_held(run, false);
}

static void take_refused(void *context, const struct frame *frame)
{
    take_frame(context, frame, true);
}

static void take_exchange(void *context, const struct listed_exchange *exchange)
{
    const struct file_run *run = context;

    file_outputs_exchange(run->outputs, pipeline_report(run->pipeline, NULL, 0),
                          exchange);
}

/* The packets of what failed, out of files. NULL: nobody asked for them. */
static struct recorder *open_recorder(const struct options *options,
                                      const struct keylog *keylog,
                                      const struct file_run_listener *listener,
                                      struct fail *fail)
{
    struct recorder_options recording = options_recorder(options);

    if (!recording.folder)
        return NULL;
    recording.keylog = options->watch.no_secrets ? NULL : keylog;
    recording.context = listener->context;
    recording.complain = listener->say;
    return recorder_open(&recording, fail);
}

static bool is_pcapng(const struct capture_input *input)
{
    return input->format && strncmp(input->format, "pcapng", 6) == 0;
}

/* What can be read once more: a file, by its name. */
static bool is_file(const struct capture_input *input)
{
    struct stat found;

    return strcmp(input->path, "-") != 0 && stat(input->path, &found) == 0 &&
           S_ISREG(found.st_mode);
}

/* A secret was missed: the rest of the files may hold it. */
static void look_ahead(void *context)
{
    const struct file_run *run = context;
    struct capture_options options = {
        .secrets = {
                    .context = run->keylog, .take = keylog_take_block, .alone = true}
    };
    size_t inputs;
    const struct capture_input *input = capture_inputs(run->capture, &inputs);

    for (size_t i = 0; i < inputs; i++) {
        struct capture *ahead = NULL;
        struct fail fail = {0};
        struct frame frame;

        if ((is_pcapng(&input[i]) || !input[i].format) && is_file(&input[i]))
            ahead = capture_open(&input[i].path, 1, &options, &fail);
        while (ahead && capture_next(ahead, &frame))
            continue;
        capture_close(ahead);
    }
}

/* Where secrets may lie behind the packets that need them. */
static void prepare_for_late_secrets(struct file_run *run)
{
    size_t inputs;
    const struct capture_input *input = capture_inputs(run->capture, &inputs);

    for (size_t i = 0; i < inputs; i++) {
        if (input[i].format && !is_pcapng(&input[i]))
            continue;
        if (is_file(&input[i]))
            keylog_set_ahead(run->keylog, look_ahead, run);
        else if (!run->held)
            run->held = held_frames_new();
    }
}

/* Only pcapng can have some inside; of what is closed for now it is not said.
 */
static bool may_have_secrets(const struct file_run *run)
{
    size_t inputs;
    const struct capture_input *input = capture_inputs(run->capture, &inputs);
    bool may = run->options->keylogs > 0;

    for (size_t i = 0; i < inputs; i++)
        may |= !input[i].format || is_pcapng(&input[i]);
    return may;
}

static struct pipeline *open_pipeline(struct file_run *run,
                                      const struct options *options)
{
    struct pipeline_options pipeline = options->pipeline;

    pipeline.keylog = may_have_secrets(run) ? run->keylog : NULL;
    pipeline.judge.watcher =
        (struct judge_watcher){.context = run, .exchange = take_exchange};
    if (run->recorder) {
        pipeline.recorder = run->recorder;
        pipeline.judge.at_once = true;
        pipeline.packet = take_packet;
        pipeline.judge.watcher.finding = take_finding;
        pipeline.judge.watcher.over = take_over;
    }
    return pipeline_new(&pipeline);
}

struct file_run *file_run_open(const struct options *options,
                               const struct file_run_listener *listener,
                               struct fail *fail)
{
    const struct file_outputs_listener told = {.context = listener->context,
                                               .complain = listener->say};
    struct capture_options capture = options->capture;
    struct file_run *run = must_calloc(1, sizeof *run);

    run->listener = *listener;
    run->options = options;
    run->keylog = options_keylog(options, fail);
    capture.secrets = (struct capture_secrets){.context = run->keylog,
                                               .take = keylog_take_block};
    capture.refused = (struct capture_refused){run, take_refused};
    if (run->keylog)
        run->capture =
            capture_open(options->path, options->paths, &capture, fail);
    if (run->capture)
        run->recorder = open_recorder(options, run->keylog, listener, fail);
    if (!fail->set)
        run->annotated = annotated_open(options, fail);
    if (fail->set) {
        file_run_close(run);
        return NULL;
    }
    run->outputs = file_outputs_open(options, told);
    run->pipeline = open_pipeline(run, options);
    prepare_for_late_secrets(run);
    return run;
}

void file_run_close(struct file_run *run)
{
    if (run->pipeline)
        pipeline_free(run->pipeline);
    recorder_close(run->recorder);
    if (run->outputs)
        file_outputs_close(run->outputs);
    annotated_close(run->annotated);
    capture_close(run->capture);
    keylog_free(run->keylog);
    held_frames_free(run->held);
    free(run);
}

static void tell_progress(const struct file_run *run,
                          const struct capture *capture, uint64_t packets)
{
    if (run->listener.progress)
        run->listener.progress(run->listener.context, capture, packets);
}

static void read_all(struct file_run *run)
{
    struct frame frame;
    uint64_t packets = 0;

    while (capture_next(run->capture, &frame)) {
        take_frame(run, &frame, false);
        if (++packets % PROGRESS_EVERY == 0)
            tell_progress(run, run->capture, packets);
    }
    if (run->held)
        look_at_held(run, true);
    if (packets >= PROGRESS_EVERY)
        tell_progress(run, NULL, packets);
}

/* It is no part of the report. */
static void tell_hint(const struct file_run *run, const struct report *report)
{
    struct text hint;

    text_init(&hint, HINT_MOST);
    hint_add(&hint, report);
    if (hint.size)
        run->listener.say(run->listener.context, text_string(&hint));
    text_release(&hint);
}

/* Every trouble with an input is told; only some of them are failures. */
static bool tell_inputs(const struct file_run *run, const struct report *report)
{
    bool unreadable = false;

    for (size_t i = 0; i < report->inputs; i++) {
        const struct capture_input *input = &report->input[i];

        if (input->trouble == CAPTURE_SOUND)
            continue;
        if (!run->listener.shows_report)
            run->listener.say(run->listener.context, input->problem);
        unreadable |= input->trouble == CAPTURE_UNREADABLE;
    }
    if (unreadable)
        tell_hint(run, report);
    return unreadable;
}

/* Nothing of one connection is no news of it when it is not there. */
static bool tell_stream(const struct file_run *run, const struct report *report)
{
    if (report->no_stream && !run->listener.shows_report)
        run->listener.say(run->listener.context, report->no_stream);
    return report->no_stream != NULL;
}

/* A reader that has seen enough closes the pipe: that is no failure. */
static bool write_why(const struct file_run *run, const struct report *report)
{
    char text[256];

    if (!run->options->pipeline.judge.why.asked || report->no_stream ||
        why_output_write(run->pipeline, run->options, report, stdout) ||
        errno == EPIPE)
        return true;
    (void)snprintf(text, sizeof text, "cannot write standard output: %s",
                   strerror(errno));
    run->listener.say(run->listener.context, text);
    return false;
}

const struct report *file_run_finish(struct file_run *run, bool *trouble)
{
    const struct report *report;
    const struct capture_input *input;
    size_t inputs;

    read_all(run);
    input = capture_inputs(run->capture, &inputs);
    report = pipeline_finish(run->pipeline, input, inputs);
    *trouble = tell_inputs(run, report);
    *trouble |= tell_stream(run, report);
    *trouble |= run->recorder && recorder_counts(run->recorder).failures;
    *trouble |= !write_why(run, report);
    *trouble |= !file_outputs_write(run->outputs, report);
    *trouble |= !annotated_write(
        run->annotated, report,
        (struct file_outputs_listener){.context = run->listener.context,
                                       .complain = run->listener.say});
    return report;
}
