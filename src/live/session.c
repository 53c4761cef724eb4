#include "live/session_inner.h"

#include "base/arena.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

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
    keylog_free(session->keylog);
    if (session->recordings >= 0)
        (void)close(session->recordings);
    if (session->signals >= 0)
        (void)close(session->signals);
    free(session);
}
