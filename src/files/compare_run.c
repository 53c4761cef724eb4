#include "files/compare_run.h"

#include "base/arena.h"
#include "files/progress.h"
#include "wire/endpoint.h"

#include <errno.h>
#include <stdlib.h>

/* One of the captures, on its way to the comparison. */
struct compare_input {
    struct compare_run *run;
    unsigned number;
    struct keylog *keylog;
    struct capture *capture;
    struct pipeline *pipeline;
};

struct compare_run {
    struct file_run_listener listener;
    const struct options *options;
    struct compare_input input[2];
    struct comparison *comparison;
};

static void take_segment(void *context, const struct conn *conn,
                         const struct segment *segment)
{
    const struct compare_input *input = context;
    uint64_t stream = TRACE_NO_STREAM;
    enum opener opener = OPENER_UNKNOWN;

    if (conn) {
        stream = conn->id;
        opener = endpoint_same(&conn->endpoint[conn->client], &segment->source)
                     ? OPENER_SOURCE
                     : OPENER_DESTINATION;
    }
    comparison_take(input->run->comparison, input->number, stream, opener,
                    segment);
}

static void take_refused(void *context, const struct frame *frame)
{
    const struct compare_input *input = context;

    pipeline_pass(input->pipeline, frame);
}

/* False with `fail` set. */
static bool open_input(struct compare_run *run, unsigned number,
                       struct fail *fail)
{
    struct compare_input *input = &run->input[number];
    struct capture_options capture = run->options->capture;
    struct pipeline_options pipeline = run->options->pipeline;

    input->run = run;
    input->number = number;
    input->keylog = options_keylog(run->options, fail);
    if (!input->keylog)
        return false;
    capture.secrets = (struct capture_secrets){.context = input->keylog,
                                               .take = keylog_take_block};
    capture.refused = (struct capture_refused){input, take_refused};
    input->capture =
        capture_open(&run->options->path[number], 1, &capture, fail);
    if (!input->capture)
        return false;
    pipeline.keylog = input->keylog;
    pipeline.segment = take_segment;
    pipeline.judge.watcher = (struct judge_watcher){.context = input};
    input->pipeline = pipeline_new(&pipeline);
    return true;
}

struct compare_run *compare_run_open(const struct options *options,
                                     const struct file_run_listener *listener,
                                     struct fail *fail)
{
    struct compare_run *run = must_calloc(1, sizeof *run);

    run->listener = *listener;
    run->options = options;
    run->comparison = comparison_new();
    if (open_input(run, 0, fail) && open_input(run, 1, fail))
        return run;
    compare_run_close(run);
    return NULL;
}

void compare_run_close(struct compare_run *run)
{
    comparison_free(run->comparison);
    for (unsigned i = 0; i < 2; i++) {
        if (run->input[i].pipeline)
            pipeline_free(run->input[i].pipeline);
        capture_close(run->input[i].capture);
        keylog_free(run->input[i].keylog);
    }
    free(run);
}

/* Gives the report; false: it could not be read at all. */
static bool read_input(const struct compare_run *run,
                       const struct compare_input *input,
                       const struct report **report)
{
    const struct capture_input *inputs;
    struct frame frame;
    uint64_t packets = 0;
    size_t count;

    while (capture_next(input->capture, &frame)) {
        pipeline_take(input->pipeline, &frame);
        if (++packets % PROGRESS_EVERY == 0 && run->listener.progress)
            run->listener.progress(run->listener.context, input->capture,
                                   packets);
    }
    if (packets >= PROGRESS_EVERY && run->listener.progress)
        run->listener.progress(run->listener.context, NULL, packets);
    inputs = capture_inputs(input->capture, &count);
    *report = pipeline_finish(input->pipeline, inputs, count);
    if (inputs->trouble != CAPTURE_SOUND)
        run->listener.say(run->listener.context, inputs->problem);
    return inputs->trouble != CAPTURE_UNREADABLE;
}

/* A reader that has seen enough closes the pipe: that is no failure. */
static bool write_comparison(const struct compare_run *run)
{
    bool is_json = strcmp(run->options->format->name, "json") == 0;
    char text[256];

    errno = 0;
    if ((is_json ? comparison_write_json : comparison_write_text)(
            run->comparison, &run->options->report, stdout) &&
        fflush(stdout) == 0)
        return true;
    if (errno == EPIPE)
        return true;
    (void)snprintf(text, sizeof text, "cannot write 'standard output': %s",
                   strerror(errno));
    run->listener.say(run->listener.context, text);
    return false;
}

const struct comparison *compare_run_finish(struct compare_run *run,
                                            bool *trouble)
{
    const struct report *report[2];

    *trouble = !read_input(run, &run->input[0], &report[0]);
    *trouble |= !read_input(run, &run->input[1], &report[1]);
    comparison_finish(run->comparison, report);
    *trouble |= !write_comparison(run);
    return run->comparison;
}
