#include "live/session_inner.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* How often is looked around, written and told. */
#define TICK          (250 * NANOS_PER_MILLI)
#define METRICS_EVERY (5 * NANOS_PER_SECOND)
#define DROPS_TOLD    (10 * NANOS_PER_SECOND)

/* When it is to end, what the kernel still holds is read: it hands packets
 * over a tenth of a second late. */
#define LAST_PACKETS (250 * NANOS_PER_MILLI)

/* Of a link faster than we are there is no last packet. */
#define LAST_LIMIT (5 * NANOS_PER_SECOND)

/* Who has not read all for so long is behind what the kernel holds. */
#define IS_BEHIND (500 * NANOS_PER_MILLI)

enum {
    BATCH = 512, /* packets between two looks at the clock */
    WORDS_SIZE = 512
};

static void tell_status(struct session *session)
{
    const struct report *report = session_report(session);
    const struct judge_counts *counts = &report->counts;

    session_say(
        session,
        "%" PRIu64 " packets, %" PRIu64 " dropped, %" PRIu64
        " connections open, %" PRIu64 " over, %" PRIu64 " exchanges (%" PRIu64
        " complete, %" PRIu64 " not); findings: %" PRIu64 " errors, %" PRIu64
        " warnings, %" PRIu64 " info",
        report->packets, session->drops.kernel + session->drops.interface,
        report->open_connections, counts->connections, counts->exchanges,
        counts->complete, counts->exchanges - counts->complete,
        counts->by_severity[SEVERITY_ERROR],
        counts->by_severity[SEVERITY_WARNING],
        counts->by_severity[SEVERITY_INFO]);
}

static void let_signals_through(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void pass_over(int number)
{
    (void)number;
}

static void take_signals(struct session *session)
{
    struct signalfd_siginfo got;
    struct fail fail = {0};

    while (read(session->signals, &got, sizeof got) == (ssize_t)sizeof got) {
        switch (got.ssi_signo) {
        case SIGUSR1:
            tell_status(session);
            break;
        case SIGHUP:
            if (!live_outputs_reopen(&session->live_outputs, &fail))
                session_say(session, "%s", fail.text);
            break;
        default:
            session->stop = true;
            session->interrupted = true;
            /* from now on a second one ends the program at once; a shell
               ignores the first of them for what it starts with '&' */
            (void)signal(SIGINT, SIG_DFL);
            let_signals_through();
        }
    }
}

void session_release_signals(struct session *session)
{
    struct sigaction once = {.sa_handler = pass_over,
                             .sa_flags = SA_RESTART | (int)SA_RESETHAND};

    take_signals(session);
    if (session->interrupted)
        return;
    (void)sigaction(SIGINT, &once, NULL);
    (void)sigaction(SIGTERM, &once, NULL);
    let_signals_through();
}

static uint64_t lost_packets(const struct session *session)
{
    return session->drops.kernel + session->drops.interface;
}

/*
 * The kernel drops what comes behind what it holds already: those packets are
 * of a time that is not reached before all of that is read, and a later packet
 * too.
 */
static void follow_losses(struct session *session, uint64_t fresh, nanos now)
{
    session->losing |= fresh > 0;
    if (session->losing)
        pipeline_lose(session->pipeline, session->drops_since, fresh);
    if (now - session->seen > IS_BEHIND) {
        session->settled_by = UINT64_MAX;
    } else if (!session->losing || session->packets > session->settled_by) {
        session->losing = false;
        session->settled_by = UINT64_MAX;
        session->drops_since = session_now(session);
    } else if (session->settled_by == UINT64_MAX) {
        session->settled_by = session->packets;
    }
}

/* What the kernel could not hold for us is missing from what we say. */
static void look_at_drops(struct session *session, nanos now)
{
    uint64_t before = lost_packets(session);

    if (session->live && live_drops(session->live, &session->drops) &&
        session->packet_time)
        follow_losses(session, lost_packets(session) - before, now);
}

static void warn_of_drops(struct session *session, nanos now)
{
    uint64_t lost = lost_packets(session);
    char words[WORDS_SIZE];

    if (lost == session->dropped || now < session->next_warning)
        return;
    (void)snprintf(words, sizeof words,
                   "%" PRIu64 " packets were dropped while capturing (%" PRIu64
                   " of them since this was said last): what is found "
                   "meanwhile is less sure",
                   lost, lost - session->dropped);
    session->dropped = lost;
    session->next_warning = now + DROPS_TOLD;
    live_outputs_warn(&session->live_outputs, words);
    session_say(session, "%s", words);
}

/* One that is not at its end may only be written to just now. */
void session_tell_files(struct session *session, bool is_end)
{
    const struct capture_input *file;
    size_t files;

    if (!session->follow)
        return;
    file = follow_inputs(session->follow, &files);
    for (size_t i = session->files; i < files; i++) {
        bool unreadable = file[i].trouble == CAPTURE_UNREADABLE;

        if (i + 1 == files && !unreadable && !is_end)
            break;
        if (unreadable || (i + 1 < files && file[i].trouble != CAPTURE_SOUND))
            session_say(session, "%s", file[i].problem);
        session->unreadable += unreadable;
        session->files++;
    }
}

void session_tell_lines(struct session *session, bool is_end)
{
    uint64_t dropped = live_outputs_dropped(&session->live_outputs);
    uint64_t known = session->dropped_lines;

    if (dropped <= (is_end ? known : 2 * known))
        return;
    session_say(session,
                "lines of output that were dropped, since nobody took them "
                "in time: %" PRIu64,
                dropped);
    session->dropped_lines = dropped;
}

static void look_at_outputs(struct session *session)
{
    const char *name;
    const char *why = live_outputs_failure(&session->live_outputs, &name);

    if (why)
        session_say(session, "%s", why);
    session_tell_lines(session, false);
    if (live_outputs_are_alone(&session->live_outputs))
        session->stop = true;
}

static void write_metrics(struct session *session)
{
    struct metrics_gauges gauges = session_gauges(session);
    struct fail fail = {0};
    bool failed = !metrics_file_write(session->metrics_file,
                                      session_report(session), &gauges, &fail);

    if (failed && !session->metrics_failed)
        session_say(session, "%s", fail.text);
    session->metrics_failed = failed;
}

static void do_what_is_due(struct session *session)
{
    nanos now = live_clock();

    if (now >= session->next_tick) {
        session->next_tick = now + TICK;
        if (session->packet_time)
            pipeline_tick(session->pipeline, session_now(session));
        live_outputs_flush(&session->live_outputs);
        session_tell_files(session, false);
        look_at_outputs(session);
    }
    if (now >= session->next_second) {
        session->next_second = now + NANOS_PER_SECOND;
        look_at_drops(session, now);
        warn_of_drops(session, now);
        if (session->recorder && session->packet_time)
            recorder_tick(session->recorder, session_now(session));
    }
    if (session->metrics_file && now >= session->next_metrics) {
        session->next_metrics = now + METRICS_EVERY;
        write_metrics(session);
    }
    if (session->end && now >= session->end)
        session->stop = true;
}

bool session_wait(struct session *session, int file, nanos patience)
{
    struct pollfd place[LIVE_OUTPUTS_MAX + 2] = {
        {.fd = session->signals, .events = POLLIN},
        {.fd = file,             .events = POLLIN},
    };
    struct timespec most = {.tv_nsec = patience};
    size_t places = 2 + live_outputs_poll(&session->live_outputs, place + 2);

    /* a negative descriptor is passed over */
    if (ppoll(place, (nfds_t)places, &most, NULL) > 0) {
        if (place[0].revents)
            take_signals(session);
        if (places > 2)
            live_outputs_flush(&session->live_outputs);
    }
    do_what_is_due(session);
    return !session->stop;
}

static bool is_enough(const struct session *session)
{
    uint64_t most = session->options->watch.count;

    return most && session->packets >= most;
}

static void take_frame(struct session *session, const struct frame *frame)
{
    session->packet_time = frame->time;
    session->packets++;
    pipeline_take(session->pipeline, frame);
    session->stop |= is_enough(session);
}

static enum live_answer read_batch(struct session *session)
{
    nanos begun = live_clock();
    struct frame frame;

    for (unsigned i = 0; i < BATCH && !is_enough(session); i++) {
        enum live_answer answer = live_next(session->live, &frame);

        if (answer != LIVE_FRAME) {
            session->seen = begun;
            return answer;
        }
        session->read_at = begun;
        take_frame(session, &frame);
    }
    return LIVE_FRAME;
}

static void tell_link(struct session *session, enum live_answer answer)
{
    const char *name = session->options->watch.interface;

    if (answer == LIVE_DOWN && !session->is_down)
        session_say(session, "'%s' is down: waiting for it to come back", name);
    if (answer != LIVE_DOWN && session->is_down)
        session_say(session, "'%s' is back", name);
    session->is_down = answer == LIVE_DOWN;
}

static void read_last_packets(struct session *session)
{
    nanos end = live_clock();

    while (session->seen < end + LAST_PACKETS &&
           live_clock() < end + LAST_LIMIT && !is_enough(session)) {
        if (read_batch(session) != LIVE_FRAME)
            (void)poll(NULL, 0, 20);
    }
}

static bool run_live(struct session *session, struct fail *fail)
{
    int file = live_descriptor(session->live);
    enum live_answer answer;

    do {
        answer = read_batch(session);
        if (answer == LIVE_GONE)
            return fail_set(fail, "%s", live_problem(session->live));
        tell_link(session, answer);
    } while (
        session_wait(session, file, answer == LIVE_FRAME ? 0 : SESSION_NAP));
    read_last_packets(session);
    look_at_drops(session, live_clock());
    return true;
}

/* The files' own reader waits, at the end of each. */
static bool run_follow(struct session *session)
{
    struct frame frame;

    while (!session->stop && follow_next(session->follow, &frame)) {
        session->read_at = live_clock();
        take_frame(session, &frame);
        if (session->packets % BATCH == 0)
            (void)session_wait(session, -1, 0);
    }
    return true;
}

bool session_run(struct session *session, struct fail *fail)
{
    session->read_at = live_clock();
    session->seen = session->read_at;
    session->settled_by = UINT64_MAX;
    return session->live ? run_live(session, fail) : run_follow(session);
}
