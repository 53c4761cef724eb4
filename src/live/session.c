#include "live/session_inner.h"

#include "base/arena.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* After its end the ports of a connection are its own for so long: twice the
 * lifetime of a segment, as Linux counts it. */
#define FORGET (60 * NANOS_PER_SECOND)

enum {
    WORDS_SIZE = 1024
};

void session_say(const struct session *session, const char *format, ...)
{
    char words[WORDS_SIZE];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(words, sizeof words, format, values);
    va_end(values);
    session->listener.say(session->listener.context, words);
}

/* Figures of the interface are those of the latest session_report: to ask for
 * them takes system calls, and what is told needs but its name. */
static const struct report *report_to_tell(struct session *session)
{
    const struct capture_input *input = &session->input;
    size_t inputs = 1;

    if (session->follow)
        input = follow_inputs(session->follow, &inputs);
    return pipeline_report(session->pipeline, input, inputs);
}

const struct report *session_report(struct session *session)
{
    if (session->live)
        live_facts(session->live, &session->input);
    return report_to_tell(session);
}

static void take_finding(void *context, const struct finding *finding)
{
    struct session *session = context;

    live_outputs_tell(&session->live_outputs, report_to_tell(session), finding);
    if (session->recorder)
        recorder_finding(session->recorder, finding);
    if (session->metrics_file)
        metrics_file_finding(session->metrics_file, finding);
}

static void take_exchange(void *context, const struct listed_exchange *exchange)
{
    struct session *session = context;

    live_outputs_tell_exchange(&session->live_outputs, report_to_tell(session),
                               exchange);
}

static void take_packet(void *context, uint64_t connection,
                        const struct frame *frame, size_t headers)
{
    struct session *session = context;

    recorder_take(session->recorder, connection, frame, headers);
}

static void take_over(void *context, uint64_t connection, nanos now)
{
    struct session *session = context;

    /* our clock stands still while the last packets are told */
    if (now < session_now(session))
        now = session_now(session);
    recorder_over(session->recorder, connection, now);
}

void session_open_pipeline(struct session *session)
{
    struct pipeline_options options = session->options->pipeline;

    options.judge.at_once = true;
    options.judge.live = true;
    options.tcp.forget = FORGET;
    options.judge.watcher = (struct judge_watcher){
        .context = session,
        .finding = take_finding,
        .exchange = take_exchange,
        .over = session->recorder ? take_over : NULL,
    };
    options.packet = session->recorder ? take_packet : NULL;
    session->pipeline = pipeline_new(&options);
}

static bool open_signals(struct session *session, struct fail *fail)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    session->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return session->signals >= 0 ||
           fail_set(fail, "cannot wait for signals: %s", strerror(errno));
}

struct session *session_open(const struct options *options,
                             const struct session_listener *listener,
                             struct fail *fail)
{
    struct session *session = must_calloc(1, sizeof *session);
    nanos now = live_clock();

    session->options = options;
    session->signals = -1;
    session->recordings = -1;
    session->listener = *listener;
    session->next_tick = now;
    session->next_second = now + NANOS_PER_SECOND;
    session->next_metrics = now;
    if (options->watch.duration)
        session->end = now + options->watch.duration;
    if (open_signals(session, fail) && session_start(session, fail))
        return session;
    session_close(session);
    return NULL;
}

static bool end_files(struct session *session, struct fail *fail)
{
    session_tell_files(session, true);
    return session->unreadable == 0 ||
           fail_set(fail, "%" PRIu64 " file%s could not be read",
                    session->unreadable, session->unreadable == 1 ? "" : "s");
}

static bool end_recordings(struct session *session, struct fail *fail)
{
    uint64_t failures;

    recorder_finish(session->recorder, session_now(session));
    failures = recorder_counts(session->recorder).failures;
    return failures == 0 ||
           fail_set(fail, "%" PRIu64 " recording%s could not be written",
                    failures, failures == 1 ? "" : "s");
}

bool session_finish(struct session *session, const struct report **report,
                    struct fail *fail)
{
    const struct report *now = session_report(session);
    struct metrics_gauges gauges;
    bool good = end_files(session, fail);

    session_release_signals(session);
    *report = pipeline_finish(session->pipeline, now->input, now->inputs);
    if (session->recorder)
        good &= end_recordings(session, fail);
    gauges = session_gauges(session);
    if (session->metrics_file)
        good &=
            metrics_file_write(session->metrics_file, *report, &gauges, fail);
    good &= live_outputs_end(&session->live_outputs, *report, fail);
    session_tell_lines(session, true);
    return good;
}

bool session_is_unheard(const struct session *session)
{
    return live_outputs_are_alone(&session->live_outputs);
}

void session_close(struct session *session)
{
    if (session->pipeline)
        pipeline_free(session->pipeline);
    recorder_close(session->recorder);
    metrics_file_close(session->metrics_file);
    live_outputs_close(&session->live_outputs);
    live_close(session->live);
    follow_close(session->follow);
    if (session->recordings >= 0)
        (void)close(session->recordings);
    if (session->signals >= 0)
        (void)close(session->signals);
    free(session);
}
