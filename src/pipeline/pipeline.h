/*
 * The pipeline is the one place that knows every stage. Frames go in, a
 * report comes out. It keeps no state between two runs and none outside
 * itself.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "diagnose/why.h"
#include "http/http.h"
#include "report/report.h"
#include "tls/keylog.h"
#include "wire/wire.h"

/* A packet of a connection (tcp.stream) that goes on; `headers` of its bytes
 * stand before the TCP payload. */
typedef void packet_watcher(void *context, uint64_t connection,
                            const struct frame *frame, size_t headers);

/* A TCP segment, borrowed, and its connection; NULL: that is over already, or
 * not known yet. */
typedef void segment_watcher(void *context, const struct conn *conn,
                             const struct segment *segment);

struct pipeline_options {
    struct wire_options wire;
    struct tcp_options tcp;
    struct http_options http;
    struct keylog *keylog; /* borrowed; NULL: TLS is not read */
    struct judge_options judge;
    const struct recorder *recorder; /* borrowed, for the report; may be NULL */
    packet_watcher *packet;   /* of the judge's watcher; NULL: not told */
    segment_watcher *segment; /* the same */
};

struct pipeline;

/* The options are copied. The caller owns it. */
struct pipeline *pipeline_new(const struct pipeline_options *options);
void pipeline_free(struct pipeline *pipeline);

void pipeline_take(struct pipeline *pipeline, const struct frame *frame);

/* A frame was recorded that a filter refuses: the capture goes on. */
void pipeline_pass(struct pipeline *pipeline, const struct frame *frame);

/*
 * It is `now`, by the packets' clock: what stands still is found while nothing
 * arrives. To be called a few times a second, also when packets do.
 */
void pipeline_tick(struct pipeline *pipeline, nanos now);

/*
 * The capture itself dropped packets since `from`, until now. Said again with
 * the same `from`, it is the same loss, that goes on.
 */
void pipeline_lose(struct pipeline *pipeline, nanos from, uint64_t packets);

/*
 * What is known by now. No findings are listed, and counts move. Borrowed
 * until the next call.
 */
const struct report *pipeline_report(struct pipeline *pipeline,
                                     const struct capture_input *input,
                                     size_t inputs);

/* The capture is at its end. `inputs` is borrowed by the report. */
const struct report *pipeline_finish(struct pipeline *pipeline,
                                     const struct capture_input *input,
                                     size_t inputs);

/*
 * After pipeline_finish, with options.why: the incidents that are asked about,
 * in order of time, the connection last. What `take` is given is borrowed for
 * the call. Returns how many there were; those past a limit are not shown.
 */
uint64_t pipeline_why(struct pipeline *pipeline,
                      void (*take)(void *context, const struct why *why),
                      void *context);

#endif
