/*
 * The intake takes what the model hands over: it counts, tells infer, and makes
 * cases of what did not go well.
 */
#ifndef JUDGE_INTAKE_H
#define JUDGE_INTAKE_H

#include "judge/cases.h"
#include "judge/followed.h"
#include "judge/tls_tally.h"

struct intake {
    const struct judge_options *options;
    struct infer *infer;
    struct cases cases;
    struct followed followed;
    struct coverage coverage;
    uint64_t listed; /* exchanges that the watcher was told of */
    struct judge_counts counts;
    struct tls_tally tls;
};

void intake_init(struct intake *intake, const struct judge_options *options);
void intake_release(struct intake *intake);

struct model_sink intake_model_sink(struct intake *intake);

/* Who counts connections, for tcp_options. */
struct stage_watch intake_stage_watch(struct intake *intake);

#endif
