/*
 * gather takes what the model hands over: it counts, tells infer, and puts on
 * the docket what did not go well.
 */
#ifndef JUDGE_INTAKE_H
#define JUDGE_INTAKE_H

#include "judge/cases.h"

/* A connection that worked: it may explain, or ease, what befell others. */
struct worked {
    struct endpoint server;
    nanos first;
};

enum {
    GATHER_WORKED_KEPT = 256
};

struct gather {
    const struct judge_options *options;
    struct infer *infer;
    struct docket docket;
    struct timeline timeline;
    uint64_t listed; /* exchanges that the watcher was told of */
    bool has_stream; /* the connection that --stream asks for was there */
    struct judge_counts counts;
    struct worked worked[GATHER_WORKED_KEPT]; /* the latest, in a ring */
    uint64_t workeds;
};

void gather_init(struct gather *gather, const struct judge_options *options);
void gather_release(struct gather *gather);

struct model_sink gather_model_sink(struct gather *gather);

#endif
