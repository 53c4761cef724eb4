/*
 * gather takes what the model hands over, tells infer, and keeps the
 * incidents until the whole capture has been seen; then it has them judged.
 */
#ifndef PIPELINE_GATHER_H
#define PIPELINE_GATHER_H

#include "pipeline/pipeline.h"

/* Incidents held for judgement at the end; more are judged as they come, with
 * what is known by then, and counted only. */
enum {
    GATHER_INCIDENTS_MAX = 10000
};

/* Pauses longer than this say that the capture itself stood still: files
 * joined together, a laptop asleep. Nobody is blamed for them. */
#define GATHER_STANDSTILL (15 * 60 * NANOS_PER_SECOND)

enum {
    GATHER_RUNS_MAX = 256
};

/* A connection that worked: it may explain, or ease, what befell others. */
struct worked {
    struct endpoint server;
    nanos first;
};

enum {
    GATHER_WORKED_KEPT = 256
};

struct gather {
    const struct pipeline_options *options;
    struct infer *infer;
    struct incident **incident;
    size_t incidents;
    size_t waiting; /* of them, those that a later connection may explain */
    struct finding **finding;
    size_t findings;
    struct report_exchange *exchange;
    size_t exchanges;
    bool has_stream; /* the connection that --stream asks for was there */
    struct report_counts counts;
    struct worked worked[GATHER_WORKED_KEPT]; /* the latest, in a ring */
    uint64_t workeds;
    struct mark last;                 /* the latest packet of the present run */
    nanos now;                        /* time of the packet before */
    struct mark run[GATHER_RUNS_MAX]; /* the latest packets of earlier runs */
    size_t runs;
};

void gather_init(struct gather *gather, const struct pipeline_options *options);
void gather_release(struct gather *gather);

struct model_sink gather_model_sink(struct gather *gather);

/* A packet was recorded. */
void gather_tick(struct gather *gather, struct mark at);

/* Judges what was kept: findings and counts are complete after it. */
void gather_judge(struct gather *gather);

#endif
