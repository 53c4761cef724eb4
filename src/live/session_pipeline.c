/* What the pipeline finds goes to whoever is to know. */
#include "live/session_inner.h"

/* After its end the ports of a connection are its own for so long: twice the
 * lifetime of a segment, as Linux counts it. */
#define FORGET (60 * NANOS_PER_SECOND)

static void take_finding(void *context, const struct finding *finding)
{
    struct session *session = context;

    live_outputs_tell(&session->live_outputs, session_report_to_tell(session),
                      finding);
    if (session->recorder)
        recorder_finding(session->recorder, finding);
    if (session->metrics_file)
        metrics_file_finding(session->metrics_file, finding);
}

static void take_exchange(void *context, const struct listed_exchange *exchange)
{
    struct session *session = context;

    live_outputs_tell_exchange(&session->live_outputs,
                               session_report_to_tell(session), exchange);
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
    if (session->options->keylogs > 0 || session->follow)
        options.keylog = session->keylog;
    options.judge.watcher = (struct judge_watcher){
        .context = session,
        .finding = take_finding,
        .exchange = take_exchange,
        .over = session->recorder ? take_over : NULL,
    };
    options.recorder = session->recorder;
    options.packet = session->recorder ? take_packet : NULL;
    session->pipeline = pipeline_new(&options);
}
