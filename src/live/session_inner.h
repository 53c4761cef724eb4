/*
 * What the files of the session share, each calling only those to its right:
 *
 *     session.c --> session_start.c --> session_pipeline.c --> session_facts.c
 *     opens and     as root, then as    passes on what is      what is known
 *     closes        the user            found
 *              \--> session_run.c, which session_start.c waits by, too
 */
#ifndef LIVE_SESSION_INNER_H
#define LIVE_SESSION_INNER_H

#include "capture/follow.h"
#include "capture/live.h"
#include "live/metrics_file.h"
#include "live/output.h"
#include "live/session.h"
#include "record/recorder.h"

/* How long is waited when nothing is there. */
#define SESSION_NAP (100 * NANOS_PER_MILLI)

struct session {
    const struct options *options;
    struct session_listener listener;
    struct pipeline *pipeline;
    struct live *live;
    struct follow *follow;
    struct keylog *keylog;
    struct recorder *recorder;
    struct metrics_file *metrics_file;
    struct live_outputs live_outputs;
    struct capture_input input; /* of the interface */
    struct live_drops drops;
    nanos packet_time; /* of the latest packet, by its own clock */
    nanos read_at;     /* when it was read, by ours */
    nanos seen;        /* by ours: all that came until then is read */
    nanos next_tick;   /* by our clock, as those that follow */
    nanos next_second;
    nanos next_metrics;
    nanos next_warning;
    nanos end;
    nanos drops_since; /* by the packets' clock: none before */
    uint64_t packets;
    size_t files; /* that are followed, told of so far */
    uint64_t unreadable;
    uint64_t dropped_lines; /* told of so far */
    uint64_t dropped;       /* packets, told of so far */
    int signals;
    int recordings;      /* their folder; -1: none */
    uint64_t settled_by; /* packets read when it was up with the kernel again,
                            which had dropped some; UINT64_MAX: it is not */
    bool losing;         /* dropped some, and no later packet is read yet */
    bool stop;
    bool interrupted; /* by a signal, after which another one is deadly */
    bool is_down;
    bool metrics_failed;
};

/* A line for standard error. */
__attribute__((format(printf, 2, 3))) void
session_say(const struct session *session, const char *format, ...);

/*
 * Opens what is watched and where it goes, and gives up all privileges. False
 * with `fail` set.
 */
bool session_start(struct session *session, struct fail *fail);

/* What takes packets; the recorder is open by then, if there is one. */
void session_open_pipeline(struct session *session);

/* Files that are followed, when they could not be read, or not to their end. */
void session_tell_files(struct session *session, bool is_end);

/* Lines that no reader took, when they have become many, or at the end. */
void session_tell_lines(struct session *session, bool is_end);

/*
 * The packets' clock. It goes on when none comes, but only as far as that is
 * known: to a process that did not run for a while, the answer to what seems
 * to hang may have come meanwhile.
 */
nanos session_now(const struct session *session);

/* What is known by now. */
const struct report *session_report(struct session *session);

/* The same with the interface's figures as the latest session_report had them:
 * to ask for them takes system calls, and what is told needs but its name. */
const struct report *session_report_to_tell(struct session *session);

struct metrics_gauges session_gauges(const struct session *session);

/*
 * At the end, which may wait for a reader that takes nothing: nobody looks for
 * signals any more, so that the second one must end the program by itself.
 */
void session_release_signals(struct session *session);

/*
 * Waits for packets (`file`, -1: there is nothing to poll), signals or readers,
 * no longer than `patience`, and does what has become due. False when the
 * session is to end.
 */
bool session_wait(struct session *session, int file, nanos patience);

#endif
