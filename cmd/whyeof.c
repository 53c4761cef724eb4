/* The command line: options in, a report out, an exit status. */
#include "live/session.h"

#include "base/text.h"
#include "capture/live.h"
#include "files/compare_run.h"
#include "files/merge_run.h"
#include "files/progress.h"
#include "files/run.h"
#include "files/schema.h"
#include "options/completion.h"
#include "options/versions.h"
#include "report/baseline.h"
#include "report/explain.h"
#include "sandbox/safe_file.h"

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
    WIDTH_LEAST = 40,
    WIDTH_MAX = 120
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

static int run_action(const struct options *options)
{
    struct fail fail = {0};

    errno = 0;
    switch (options->action) {
    case ACTION_HELP:
        options_help(stdout);
        break;
    case ACTION_VERSION:
        versions_print(stdout);
        break;
    case ACTION_LIST_CODES:
        explain_list(stdout);
        break;
    case ACTION_COMPLETION:
        completion_print(stdout, options->shell);
        break;
    case ACTION_SCHEMA:
        schema_print(stdout);
        break;
    case ACTION_CAPTURE_HINT:
        explain_capture(stdout);
        break;
    case ACTION_LIST_INTERFACES:
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

static unsigned columns_of(int descriptor, unsigned otherwise)
{
    struct winsize size;

    if (!isatty(descriptor) || ioctl(descriptor, TIOCGWINSZ, &size) != 0 ||
        size.ws_col == 0)
        return otherwise;
    return size.ws_col;
}

static unsigned terminal_width(void)
{
    unsigned columns = columns_of(STDOUT_FILENO, WIDTH_DEFAULT);

    if (columns < WIDTH_LEAST)
        return WIDTH_LEAST;
    return columns > WIDTH_MAX ? WIDTH_MAX : columns;
}

/* What was shown of a run's progress, on a line of standard error. */
struct shown {
    nanos began;
    nanos next;
    size_t size; /* columns of the line that stands there */
};

/* Over the line before, what is left of which goes. */
static void show_line(struct shown *shown, const char *line)
{
    size_t size = strlen(line);

    if (shown->size > size)
        (void)fprintf(stderr, "\r%*s", (int)shown->size, "");
    (void)fprintf(stderr, "\r%s", line);
    (void)fflush(stderr);
    shown->size = size;
}

static void show_progress(void *context, const struct capture *capture,
                          uint64_t packets)
{
    struct shown *shown = context;
    nanos now = live_clock();
    struct progress progress = {.packets = packets,
                                .elapsed = now - shown->began};
    struct text text;

    if (!capture && shown->size)
        show_line(shown, "");
    if (!capture)
        shown->began = now;
    if (!capture || now < shown->next)
        return;
    shown->next = now + PROGRESS_STEP;
    capture_progress(capture, &progress.done, &progress.total);
    text_init(&text, WIDTH_MAX);
    progress_print(&text, &progress,
                   columns_of(STDERR_FILENO, WIDTH_DEFAULT) - 1);
    show_line(shown, text_string(&text));
    text_release(&text);
}

static void say(void *context, const char *text)
{
    struct shown *shown = context;

    if (shown && shown->size)
        show_line(shown, "");
    (void)complain("%s", text);
}

/* Whoever reads messages reads the report, too. */
static bool shows_report(const struct options *options)
{
    return !options->pipeline.judge.why.asked &&
           strcmp(options->format->name, "text") == 0 &&
           isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

static int finding_status(const struct options *options,
                          const struct report *report)
{
    for (int i = options->fail_on; i < SEVERITY_COUNT; i++) {
        if (options->report.baseline
                ? baseline_new(report, &options->report, (enum severity)i) > 0
                : report->counts.by_severity[i] > 0)
            return STATUS_FOUND;
    }
    return report->unjudged && options->fail_unjudged ? STATUS_FOUND
                                                      : STATUS_CLEAN;
}

/* Who hears of a run over files; `shown` is what it has on the terminal. */
static struct file_run_listener listener_of(const struct options *options,
                                            struct shown *shown)
{
    bool is_shown = is_wanted(options->progress, STDERR_FILENO);
    nanos now = live_clock();

    *shown = (struct shown){.began = now, .next = now + PROGRESS_STEP};
    return (struct file_run_listener){.context = shown,
                                      .say = say,
                                      .progress =
                                          is_shown ? show_progress : NULL};
}

static int run_files(const struct options *options)
{
    struct shown shown;
    struct file_run_listener listener = listener_of(options, &shown);
    struct fail fail = {0};
    struct file_run *run;
    const struct report *report;
    bool trouble;
    int status;

    listener.shows_report = shows_report(options);
    run = file_run_open(options, &listener, &fail);
    if (!run)
        return complain("%s", fail.text);
    report = file_run_finish(run, &trouble);
    status = trouble ? STATUS_TROUBLE : finding_status(options, report);
    file_run_close(run);
    return status;
}

/* What was known before is read first: nothing is said without it. */
static int run_against(struct options *options)
{
    struct fail fail = {0};
    struct baseline *baseline = NULL;
    int status;

    if (options->baseline) {
        baseline = baseline_read(options->baseline, &fail);
        if (!baseline)
            return complain("--baseline: %s", fail.text);
    }
    options->report.baseline = baseline;
    status = run_files(options);
    baseline_free(baseline);
    return status;
}

static int run_compare(const struct options *options)
{
    struct shown shown;
    const struct file_run_listener listener = listener_of(options, &shown);
    struct fail fail = {0};
    struct compare_run *run = compare_run_open(options, &listener, &fail);
    const struct comparison *comparison;
    bool trouble;
    int status = STATUS_CLEAN;

    if (!run)
        return complain("%s", fail.text);
    comparison = compare_run_finish(run, &trouble);
    for (int i = options->fail_on; i < SEVERITY_COUNT; i++) {
        if (comparison->by_severity[i] > 0)
            status = STATUS_FOUND;
    }
    if (comparison->connections == 0 && options->fail_unjudged)
        status = STATUS_FOUND;
    compare_run_close(run);
    return trouble ? STATUS_TROUBLE : status;
}

/* Whoever read the output has gone: the report is for whoever is left. */
static void report_on_stderr(const struct options *options,
                             const struct report *report)
{
    struct report_options plain = options->report;

    plain.color = false;
    plain.width = WIDTH_DEFAULT;
    (void)text_renderer.render(report, &plain, stderr);
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

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/*
 * Ctrl-C ends every program of a pipe. Here the first one only ends what
 * feeds it: the report is still wanted. The second ends this one too.
 */
static void let_the_pipe_end(void)
{
    struct sigaction action = {.sa_handler = interrupt,
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

/* `whyeof merge`; a capture of that name is "./merge". */
static int run_merge(int argc, char *argv[])
{
    struct fail fail = {0};
    bool found;

    if (!merge_run(argc, argv, stdout, &found, &fail))
        return complain("%s", fail.text);
    return found ? STATUS_FOUND : STATUS_CLEAN;
}

int main(int argc, char *argv[])
{
    struct options options;
    struct fail fail = {0};

    safe_file_fill_standard();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit is told as a write error */
    if (argc > 1 && strcmp(argv[1], "merge") == 0)
        return run_merge(argc - 1, argv + 1);
    if (!options_parse(&options, argc, argv, &fail)) {
        (void)complain("%s", fail.text);
        (void)fputs("try 'whyeof --help'\n", stderr);
        return STATUS_TROUBLE;
    }
    if (options.action != ACTION_NONE)
        return run_action(&options);
    options.report.color = wants_color(&options);
    options.report.width = terminal_width();
    if (!options.format)
        options.format = renderer_find(
            is_session(&options) && !isatty(STDOUT_FILENO) ? "ndjson" : "text");
    if (is_session(&options))
        return run_session(&options);
    options.capture.interrupted = &interrupted;
    for (size_t i = 0; i < options.paths; i++) {
        if (is_pipe(options.path[i]))
            let_the_pipe_end();
    }
    return options.compare ? run_compare(&options) : run_against(&options);
}
