/* For the sources of the pipeline alone. */
#ifndef PIPELINE_PIPELINE_INNER_H
#define PIPELINE_PIPELINE_INNER_H

#include "judge/intake.h"
#include "model/model.h"
#include "pipeline/pipeline.h"
#include "tls/tls.h"

enum {
    WARNINGS_MAX = 48
};

struct pipeline {
    struct pipeline_options options;
    struct intake intake;
    struct model *model;
    struct http *http;
    struct tls *tls;
    struct tcp *tcp;
    struct wire *wire;
    uint64_t packets;
    struct report report;
    struct report_ignored ignored[WIRE_IGNORED_COUNT];
    struct arena texts;
    const char *warning[WARNINGS_MAX];
};

/* Puts into the report, which is whole but for them, what could not be seen,
 * in words. */
void pipeline_warn(struct pipeline *pipeline, const struct capture_input *input,
                   size_t inputs);

#endif
