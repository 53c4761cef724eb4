#include "pipeline/pipeline_inner.h"

#include "base/arena.h"
#include "judge/chains.h"

#include <stdlib.h>

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
    struct pipeline *pipeline = must_calloc(1, sizeof *pipeline);
    struct model_sink to_judge;
    struct http_sink to_model;
    struct tcp_sink to_http;

    pipeline->options = *options;
    pipeline->options.judge.http = &pipeline->options.http;
    pipeline->report.live = options->judge.live;
    pipeline->report.recorder = options->recorder;
    arena_init(&pipeline->texts);
    intake_init(&pipeline->intake, &pipeline->options.judge);
    to_judge = intake_model_sink(&pipeline->intake);
    pipeline->model = model_new(&to_judge);
    to_model = model_http_sink(pipeline->model);
    pipeline->http = http_new(&options->http, &to_model);
    to_http = http_tcp_sink(pipeline->http);
    pipeline->tls = tls_new(options->keylog, &to_http);
    to_http = tls_tcp_sink(pipeline->tls);
    pipeline->options.tcp.watch = intake_stage_watch(&pipeline->intake);
    pipeline->tcp = tcp_new(&pipeline->options.tcp, &to_http);
    pipeline->wire = wire_new(&options->wire);
    return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
    tcp_free(pipeline->tcp);
    tls_free(pipeline->tls);
    http_free(pipeline->http);
    model_free(pipeline->model);
    intake_release(&pipeline->intake);
    wire_free(pipeline->wire);
    arena_release(&pipeline->texts);
    free(pipeline);
}

static void show_packet(const struct pipeline *pipeline,
                        const struct conn *conn, const struct frame *frame,
                        const struct segment *segment)
{
    size_t headers = frame->data.size;

    if (segment->payload.size)
        headers = (size_t)(segment->payload.at - frame->data.at);
    pipeline->options.packet(pipeline->options.judge.watcher.context, conn->id,
                             frame, headers);
}

void pipeline_pass(struct pipeline *pipeline, const struct frame *frame)
{
    coverage_tick(&pipeline->intake.coverage,
                  (struct mark){.time = frame->time,
                                .frame = frame->number & 0xffffffffffff,
                                .file = (uint16_t)frame->file});
}

void pipeline_take(struct pipeline *pipeline, const struct frame *frame)
{
    struct segment segment;
    const struct conn *conn;

    if (pipeline->packets++ == 0)
        pipeline->report.zero = frame->time;
    pipeline_pass(pipeline, frame);
    if (!wire_take(pipeline->wire, frame, &segment)) {
        if (segment.quoted)
            tcp_take_quoted(pipeline->tcp, &segment);
        return;
    }
    conn = tcp_take(pipeline->tcp, &segment);
    if (pipeline->options.segment)
        pipeline->options.segment(pipeline->options.judge.watcher.context, conn,
                                  &segment);
    if (conn && pipeline->options.packet)
        show_packet(pipeline, conn, frame, &segment);
}

void pipeline_tick(struct pipeline *pipeline, nanos now)
{
    coverage_pass(&pipeline->intake.coverage, now);
    tcp_tick(pipeline->tcp, now);
    if (pipeline->options.judge.live)
        tcp_look(pipeline->tcp, now);
    cases_look_again(&pipeline->intake.cases, now);
}

void pipeline_lose(struct pipeline *pipeline, nanos from, uint64_t packets)
{
    coverage_lose(&pipeline->intake.coverage, from, packets);
}

static void report_ignored(struct pipeline *pipeline)
{
    for (size_t i = 0; i < WIRE_IGNORED_COUNT; i++) {
        uint64_t packets =
            wire_ignored_count(pipeline->wire, (enum wire_ignored)i);

        if (packets)
            pipeline->ignored[pipeline->report.ignoreds++] =
                (struct report_ignored){wire_ignored_name((enum wire_ignored)i),
                                        packets};
    }
}

const struct report *pipeline_report(struct pipeline *pipeline,
                                     const struct capture_input *input,
                                     size_t inputs)
{
    struct report *report = &pipeline->report;
    struct tcp_counts tcp = tcp_counts(pipeline->tcp);

    report->input = input;
    report->inputs = inputs;
    report->packets = pipeline->packets;
    report->tcp_segments = wire_segments(pipeline->wire);
    report->open_connections = tcp.open;
    report->counts = pipeline->intake.counts;
    report->tls = &pipeline->intake.tls;
    report->counts.connections += tcp.unanswered;
    report->counts.evicted = tcp.evicted;
    report->counts.holes_given_up = tcp.held_budget;
    report->server = infer_first(pipeline->intake.infer);
    report->servers_forgotten = infer_forgotten(pipeline->intake.infer);
    return report;
}

/*
 * A recorder may say until when it looked on after its last packet. It is
 * believed for as long as a capture may stand still.
 */
static void look_on(struct pipeline *pipeline,
                    const struct capture_input *input, size_t inputs)
{
    struct coverage *coverage = &pipeline->intake.coverage;

    for (size_t i = 0; i < inputs; i++) {
        nanos after = nanos_between(coverage->last.time, input[i].end_time);

        if (input[i].end_time != NANOS_NEVER && after > 0)
            coverage_pass(coverage,
                          coverage->last.time + (after < COVERAGE_STANDSTILL
                                                     ? after
                                                     : COVERAGE_STANDSTILL));
    }
}

const struct report *pipeline_finish(struct pipeline *pipeline,
                                     const struct capture_input *input,
                                     size_t inputs)
{
    struct report *report = &pipeline->report;
    struct intake *intake = &pipeline->intake;

    look_on(pipeline, input, inputs);
    for (size_t i = 0; i < inputs; i++)
        coverage_hold(&intake->coverage, input[i].first_time,
                      input[i].last_time);
    tcp_finish(pipeline->tcp);
    infer_find_pools(intake->infer);
    cases_finish(&intake->cases);
    chains_add(&intake->cases);
    cases_order(&intake->cases);
    (void)pipeline_report(pipeline, input, inputs);
    report->finding = (const struct finding *const *)intake->cases.finding;
    report->findings = intake->cases.findings;
    report->listed = intake->listed;
    report->ignored = pipeline->ignored;
    report->warning = pipeline->warning;
    report_ignored(pipeline);
    pipeline_warn(pipeline, input, inputs);
    return report;
}

uint64_t pipeline_why(struct pipeline *pipeline,
                      void (*take)(void *context, const struct why *why),
                      void *context)
{
    return cases_why(&pipeline->intake.cases, take, context);
}
