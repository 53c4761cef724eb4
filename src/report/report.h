/*
 * A report is all that a run has to say, as plain data: the renderers read it
 * and nothing else. It borrows from the pipeline that made it.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "capture/capture.h"
#include "judge/judge.h"
#include "judge/tls_tally.h"
#include "record/recorder.h"

#include <stdio.h>

/* Packets left out, by reason. */
struct report_ignored {
    const char *reason;
    uint64_t packets;
};

struct report {
    bool live; /* the capture is still going on, or was watched to its end */
    const struct capture_input *input;
    size_t inputs;
    nanos zero; /* time of the first packet of all: 0 of every `*_s` */
    uint64_t packets;
    uint64_t tcp_segments;
    uint64_t open_connections;            /* live: followed now */
    uint64_t servers_forgotten;           /* they made room for others */
    const struct report_ignored *ignored; /* those with packets only */
    size_t ignoreds;
    const char *const *warning; /* what could not be seen, in words */
    size_t warnings;
    const char *no_stream; /* the warning that the one connection asked for
                              is not there; NULL: it is, or all are wanted */
    struct judge_counts counts;
    const struct tls_tally *tls;
    const struct finding *const *finding; /* in order of time */
    size_t findings;
    const struct server_facts *server; /* a list, in order of appearance */
    bool unjudged;   /* packets came, and nothing that could be judged */
    uint64_t listed; /* exchanges told of before, one by one */
    const struct recorder *recorder; /* NULL: nothing is recorded */
};

/* The recording of a finding, as recorder_file; NULL: none. */
static inline const char *report_recording(const struct report *report,
                                           const struct finding *finding)
{
    return report->recorder ? recorder_file(report->recorder, finding->told_as)
                            : NULL;
}

struct baseline;

struct report_options {
    bool show_secrets;
    bool color;
    unsigned width;      /* columns; text only */
    bool list_exchanges; /* --exchanges */
    bool summary;        /* --summary: text and Markdown */
    bool ladder;         /* --ladder: text only */
    uint64_t limit;      /* --limit: findings told in full, as text or
                            Markdown; 0: all */
    const struct baseline *baseline; /* --baseline; NULL: none */
    FILE *spool; /* those that wait for a document, by the renderer's
                    own `spool`, from its beginning; NULL: none */
};

#endif
