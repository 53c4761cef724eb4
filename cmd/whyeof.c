/* The command line: options in, a report out, an exit status. */
#include "pipeline/session.h"

#include "base/safe_file.h"
#include "base/text.h"
#include "capture/live.h"
#include "pipeline/file_outputs.h"
#include "pipeline/recorder.h"
#include "pipeline/versions.h"
#include "pipeline/why_output.h"
#include "report/explain.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    STATUS_CLEAN,
    STATUS_FOUND,
    STATUS_TROUBLE
};

enum {
    WIDTH_DEFAULT = 80,
    WIDTH_MAX = 120,
    PROGRESS_EVERY = 65536
};

enum {
    COMPLAINT_MAX = 16 << 10
};

/* What is named in it may be anything: it must not steer the terminal. */
__attribute__((format(printf, 1, 2))) static int complain(const char *format,
                                                          ...)
{
    char said[COMPLAINT_MAX];
    struct text text;
    va_list values;

    va_start(values, format);
    (void)vsnprintf(said, sizeof said, format, values);
    va_end(values);
    text_init(&text, sizeof said * 4);
    text_add_visible(&text, span_of_text(said));
    (void)fprintf(stderr, "whyeof: %s\n", text_string(&text));
    text_release(&text);
    return STATUS_TROUBLE;
}

/* A reader that has seen enough closes the pipe: that is no failure. */
static int write_failed(const char *path)
{
    if (errno == EPIPE)
        return STATUS_CLEAN;
    return complain("cannot write '%s': %s", path, strerror(errno));
}

static int run_errand(const struct options *options)
{
    struct fail fail = {0};

    errno = 0;
    switch (options->errand) {
    case ERRAND_HELP:
        options_help(stdout);
        break;
    case ERRAND_VERSION:
        versions_print(stdout);
        break;
    case ERRAND_LIST_CODES:
        explain_list(stdout);
        break;
    case ERRAND_CAPTURE_HINT:
        explain_capture(stdout);
        break;
    case ERRAND_LIST_INTERFACES:
        if (!live_list(stdout, &fail))
            return complain("%s", fail.text);
        break;
    default:
        if (!explain(stdout, options->explain))
            return complain("'%s' is no code and no error message that is "
                            "known; --list-codes has the codes",
                            options->explain);
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        return write_failed("standard output");
    return STATUS_CLEAN;
}

static bool is_wanted(enum when when, int descriptor)
{
    if (when == WHEN_AUTO)
        return isatty(descriptor);
    return when == WHEN_ALWAYS;
}

static bool wants_color(const struct options *options)
{
    const char *no_color = getenv("NO_COLOR");

    if (options->color == WHEN_AUTO && no_color && *no_color)
        return false;
    return is_wanted(options->color, STDOUT_FILENO);
}

static unsigned terminal_width(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO) ||
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 ||
        size.ws_col < WIDTH_DEFAULT)
        return WIDTH_DEFAULT;
    return size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col;
}

static void show_progress(const struct capture *capture, uint64_t packets)
{
    uint64_t done;
    uint64_t total;

    capture_progress(capture, &done, &total);
    if (total)
        (void)fprintf(stderr, "\r%3" PRIu64 " %%, %" PRIu64 " packets ",
                      done * 100 / total, packets);
    else
        (void)fprintf(stderr, "\r%" PRIu64 " packets ", packets);
}

static void say(void *context, const char *text)
{
    (void)context;
    (void)complain("%s", text);
}

/* A run over files, from its first packet to its report. */
struct file_run {
    struct pipeline *pipeline;
    struct recorder *recorder; /* NULL: nobody asked for recordings */
    struct file_outputs *outputs;
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

static void take_exchange(void *context, const struct report_exchange *exchange)
{
    const struct file_run *run = context;

    file_outputs_exchange(run->outputs, pipeline_report(run->pipeline, NULL, 0),
                          exchange);
}

/* The packets of what failed, out of files. NULL: nobody asked for them. */
static struct recorder *open_recorder(const struct options *options,
                                      struct fail *fail)
{
    struct recorder_options recording = options_recorder(options);

    if (!recording.folder)
        return NULL;
    recording.complain = say;
    return recorder_open(&recording, fail);
}

/* False with `fail` set when there can be no recordings. */
static bool open_run(struct file_run *run, const struct options *options,
                     struct fail *fail)
{
    const struct file_outputs_listener listener = {.complain = say};
    struct pipeline_options pipeline = options->pipeline;

    run->recorder = open_recorder(options, fail);
    if (fail->set)
        return false;
    pipeline.watcher =
        (struct pipeline_watcher){.context = run, .exchange = take_exchange};
    if (run->recorder) {
        pipeline.at_once = true;
        pipeline.watcher.packet = take_packet;
        pipeline.watcher.finding = take_finding;
        pipeline.watcher.over = take_over;
    }
    run->outputs = file_outputs_open(options, listener);
    run->pipeline = pipeline_new(&pipeline);
    return true;
}

static void close_run(struct file_run *run)
{
    pipeline_free(run->pipeline);
    recorder_close(run->recorder);
    file_outputs_close(run->outputs);
}

static void read_all(const struct options *options, struct capture *capture,
                     struct pipeline *pipeline)
{
    bool progress = is_wanted(options->progress, STDERR_FILENO);
    struct frame frame;
    uint64_t packets = 0;

    while (capture_next(capture, &frame)) {
        pipeline_take(pipeline, &frame);
        if (++packets % PROGRESS_EVERY == 0 && progress)
            show_progress(capture, packets);
    }
    if (progress && packets >= PROGRESS_EVERY)
        (void)fputs("\r                                        \r", stderr);
}

/* Every trouble with an input is told; only some of them are failures. */
static int input_status(const struct report *report)
{
    int status = STATUS_CLEAN;

    for (size_t i = 0; i < report->inputs; i++) {
        const struct capture_input *input = &report->input[i];

        if (input->trouble == CAPTURE_SOUND)
            continue;
        (void)complain("%s", input->problem);
        if (input->trouble == CAPTURE_UNREADABLE)
            status = STATUS_TROUBLE;
    }
    return status;
}

static int finding_status(const struct options *options,
                          const struct report *report)
{
    for (int i = options->fail_on; i < SEVERITY_COUNT; i++) {
        if (report->counts.by_severity[i] > 0)
            return STATUS_FOUND;
    }
    return STATUS_CLEAN;
}

static int run_over(struct file_run *run, const struct options *options,
                    struct capture *capture)
{
    const struct report *report;
    const struct capture_input *input;
    size_t inputs;
    int status;

    read_all(options, capture, run->pipeline);
    input = capture_inputs(capture, &inputs);
    report = pipeline_finish(run->pipeline, input, inputs);
    status = input_status(report);
    if (run->recorder && recorder_counts(run->recorder).failures)
        status = STATUS_TROUBLE;
    if (options->pipeline.why.asked &&
        !why_output_write(run->pipeline, options, report, stdout))
        status |= write_failed("standard output");
    if (!file_outputs_write(run->outputs, report))
        status = STATUS_TROUBLE;
    return status == STATUS_CLEAN ? finding_status(options, report) : status;
}

static int run(const struct options *options)
{
    struct fail fail = {0};
    struct file_run run = {0};
    struct capture *capture =
        capture_open(options->path, options->paths, &options->capture, &fail);
    int status;

    if (!capture)
        return complain("%s", fail.text);
    if (!open_run(&run, options, &fail)) {
        capture_close(capture);
        return complain("%s", fail.text);
    }
    status = run_over(&run, options, capture);
    close_run(&run);
    capture_close(capture);
    return status;
}

/* Whoever read the output has gone: the report is for whoever is left. */
static void report_on_stderr(const struct options *options,
                             const struct report *report)
{
    struct report_options plain = options->report;

    plain.color = false;
    plain.width = WIDTH_DEFAULT;
    (void)renderer_find("text")->render(report, &plain, stderr);
}

static int run_session(const struct options *options)
{
    static const struct session_listener listener = {.say = say};
    struct fail fail = {0};
    struct fail unwritten = {0};
    struct session *session = session_open(options, &listener, &fail);
    const struct report *report;
    int status = STATUS_CLEAN;

    if (!session)
        return complain("%s", fail.text);
    if (!session_run(session, &fail))
        status = complain("%s", fail.text);
    if (!session_finish(session, &report, &unwritten))
        status = complain("%s", unwritten.text);
    if (session_is_unheard(session))
        report_on_stderr(options, report);
    if (status == STATUS_CLEAN)
        status = finding_status(options, report);
    session_close(session);
    return status;
}

static bool is_session(const struct options *options)
{
    return options->watch.interface || options->watch.follow;
}

static void ignore(int signal)
{
    (void)signal;
}

/*
 * Ctrl-C ends every program of a pipe. Here the first one only ends what
 * feeds it: the report is still wanted. The second ends this one too.
 */
static void let_the_pipe_end(void)
{
    struct sigaction action = {.sa_handler = ignore,
                               .sa_flags = SA_RESTART | (int)SA_RESETHAND};

    (void)sigaction(SIGINT, &action, NULL);
}

/* A reader that others write to, and that may end with them. */
static bool is_pipe(const char *path)
{
    struct stat about;

    return strcmp(path, "-") == 0 ||
           (stat(path, &about) == 0 && S_ISFIFO(about.st_mode));
}

int main(int argc, char *argv[])
{
    struct options options;
    struct fail fail = {0};

    safe_file_fill_standard();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit is told as a write error */
    if (!options_parse(&options, argc, argv, &fail)) {
        (void)complain("%s", fail.text);
        (void)fputs("try 'whyeof --help'\n", stderr);
        return STATUS_TROUBLE;
    }
    if (options.errand != ERRAND_NONE)
        return run_errand(&options);
    options.report.color = wants_color(&options);
    options.report.width = terminal_width();
    if (!options.format)
        options.format = renderer_find(
            is_session(&options) && !isatty(STDOUT_FILENO) ? "ndjson" : "text");
    if (is_session(&options))
        return run_session(&options);
    for (size_t i = 0; i < options.paths; i++) {
        if (is_pipe(options.path[i]))
            let_the_pipe_end();
    }
    return run(&options);
}
