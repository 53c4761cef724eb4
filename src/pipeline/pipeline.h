/*
 * The pipeline is the one place that knows every stage. Frames go in, a
 * report comes out. It keeps no state between two runs and none outside
 * itself.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "diagnose/diagnose.h"
#include "http/http.h"
#include "report/report.h"
#include "wire/wire.h"

struct pipeline_options {
    struct wire_options wire;
    struct tcp_options tcp;
    struct http_options http;
    struct diagnose_settings settings;
    bool list_exchanges;
    bool has_stream; /* report only this tcp.stream */
    uint64_t stream;
    bool only[VERDICT_COUNT]; /* any set: no other codes */
    bool ignore[VERDICT_COUNT];
};

struct pipeline;

/* The options are copied. The caller owns it. */
struct pipeline *pipeline_new(const struct pipeline_options *options);
void pipeline_free(struct pipeline *pipeline);

void pipeline_take(struct pipeline *pipeline, const struct frame *frame);

/* The capture is at its end. `inputs` is borrowed by the report. */
const struct report *pipeline_finish(struct pipeline *pipeline,
                                     const struct capture_input *input,
                                     size_t inputs);

#endif
