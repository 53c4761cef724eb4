/*
 * What the files of the session share: session.c opens and closes, and passes
 * on what is found; session_run.c waits.
 */
#ifndef PIPELINE_SESSION_INNER_H
#define PIPELINE_SESSION_INNER_H

#include "capture/follow.h"
#include "capture/live.h"
#include "pipeline/meter.h"
#include "pipeline/recorder.h"
#include "pipeline/session.h"
#include "pipeline/voice.h"

struct session {
    const struct options *options;
    struct session_listener listener;
    struct pipeline *pipeline;
    struct live *live;
    struct follow *follow;
    struct recorder *recorder;
    struct meter *meter;
    struct voices voices;
    struct capture_input input; /* of the interface */
    struct live_drops drops;
    nanos packet_time; /* of the latest packet, by its own clock */
    nanos read_at;     /* when it was read, by ours */
    nanos next_tick;   /* by our clock, as those that follow */
    nanos next_second;
    nanos next_metrics;
    nanos next_warning;
    nanos end;
    nanos drops_since; /* by the packets' clock */
    uint64_t packets;
    uint64_t dropped_lines; /* told of so far */
    uint64_t dropped;       /* packets, told of so far */
    int signals;
    bool stop;
    bool is_down;
    bool metrics_failed;
};

/* A line for standard error. */
__attribute__((format(printf, 2, 3))) void
session_say(const struct session *session, const char *format, ...);

/* The packets' clock, which goes on when none comes. */
nanos session_now(const struct session *session);

/* What is known by now. */
const struct report *session_report(struct session *session);

struct metrics_gauges session_gauges(const struct session *session);

/*
 * Waits for packets (`file`, -1: there is nothing to poll), signals or readers,
 * no longer than `patience`, and does what has become due. False when the
 * session is to end.
 */
bool session_wait(struct session *session, int file, nanos patience);

#endif
