/*
 * The pipeline is the one place that knows every stage. Frames go in, a
 * report comes out. It keeps no state between two runs and none outside
 * itself.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "diagnose/diagnose.h"
#include "diagnose/why.h"
#include "http/http.h"
#include "report/report.h"
#include "wire/wire.h"

/* Who is told before the end. What is NULL is not told. */
struct pipeline_watcher {
    void *context;
    /* Something was found, or found to be otherwise: finding->id is the same
     * then, and finding->revision counts. Borrowed for the call. */
    void (*finding)(void *context, const struct finding *finding);
    /* With list_exchanges: one has ended. Borrowed for the call. */
    void (*exchange)(void *context, const struct report_exchange *exchange);
    /* A packet of a connection (tcp.stream) that goes on; `headers` of its
     * bytes stand before the TCP payload. */
    void (*packet)(void *context, uint64_t connection,
                   const struct frame *frame, size_t headers);
    /* A connection is over; all that was found of it is told. It is `now`. */
    void (*over)(void *context, uint64_t connection, nanos now);
};

/* --why: of which incidents all answers of the rules are wanted. */
struct why_options {
    bool asked;
    uint64_t connection; /* tcp.stream */
    uint64_t stream;     /* exchange, or HTTP/2 stream, of it; 0: all */
};

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
    bool at_once; /* judge when it happened, not only at the end */
    bool live;    /* and what goes on, too; keep only what is recent */
    struct why_options why; /* of files only */
    struct pipeline_watcher watcher;
};

struct pipeline;

/* The options are copied. The caller owns it. */
struct pipeline *pipeline_new(const struct pipeline_options *options);
void pipeline_free(struct pipeline *pipeline);

void pipeline_take(struct pipeline *pipeline, const struct frame *frame);

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
