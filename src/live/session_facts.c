/* What a session knows and says. */
#include "live/session_inner.h"

#include <stdarg.h>

/* What came so lately may not be handed over yet. */
#define HANDED_OVER (150 * NANOS_PER_MILLI)

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

const struct report *session_report_to_tell(struct session *session)
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
    return session_report_to_tell(session);
}

nanos session_now(const struct session *session)
{
    nanos quiet = session->seen - session->read_at - HANDED_OVER;

    return session->packet_time + (quiet > 0 ? quiet : 0);
}

struct metrics_gauges session_gauges(const struct session *session)
{
    struct metrics_gauges gauges = {
        .received = session->drops.received,
        .kernel_drops = session->drops.kernel,
        .interface_drops = session->drops.interface,
        .lines_dropped = live_outputs_dropped(&session->live_outputs),
    };

    if (session->recorder) {
        struct recorder_counts counts = recorder_counts(session->recorder);

        gauges.recordings = counts.files;
        gauges.removed = counts.removed;
        gauges.missed = counts.lost;
        gauges.held_connections = counts.connections;
        gauges.held_packets = counts.packets;
        gauges.trimmed = counts.trimmed;
        gauges.shortened = counts.shortened;
        gauges.given_up = counts.dropped;
    }
    return gauges;
}
