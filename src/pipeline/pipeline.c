#include "pipeline/pipeline.h"

#include "base/arena.h"
#include "base/text.h"
#include "judge/chains.h"
#include "judge/intake.h"
#include "model/model.h"
#include "tls/tls.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WARNINGS_MAX = 48,
    INPUT_WARNINGS_MAX = 32, /* other kinds are fewer than what is left */
    WARNING_SIZE = 512
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

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
    struct pipeline *pipeline = must_calloc(1, sizeof *pipeline);
    struct model_sink to_judge;
    struct http_sink to_model;
    struct tcp_sink to_http;

    pipeline->options = *options;
    pipeline->options.judge.http = &pipeline->options.http;
    pipeline->report.live = options->judge.live;
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

__attribute__((format(printf, 2, 3))) static void
warn(struct pipeline *pipeline, const char *format, ...)
{
    char text[WARNING_SIZE];
    va_list args;

    assert(pipeline->report.warnings < WARNINGS_MAX);
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pipeline->warning[pipeline->report.warnings++] =
        arena_keep(&pipeline->texts, span_of_text(text));
}

static bool has_room_for_input(const struct pipeline *pipeline,
                               uint64_t *left_out)
{
    if (pipeline->report.warnings < INPUT_WARNINGS_MAX)
        return true;
    ++*left_out;
    return false;
}

static void warn_of_inputs(struct pipeline *pipeline,
                           const struct capture_input *input, size_t inputs)
{
    uint64_t left_out = 0;

    for (size_t i = 0; i < inputs; i++) {
        if (input[i].problem[0] && has_room_for_input(pipeline, &left_out))
            warn(pipeline, "%s", input[i].problem);
        if (input[i].interface_drops && has_room_for_input(pipeline, &left_out))
            warn(pipeline,
                 "'%s': %" PRIu64 " packets were dropped while capturing; "
                 "what is missing may be theirs",
                 input[i].path, input[i].interface_drops);
        if (input[i].last_time == INT64_MAX &&
            has_room_for_input(pipeline, &left_out))
            warn(pipeline,
                 "'%s': its last packet's time is beyond what can be told (the "
                 "year 2262): times and durations to there are too short",
                 input[i].path);
        if (input[i].snapped && has_room_for_input(pipeline, &left_out))
            warn(pipeline,
                 "'%s': %" PRIu64 " packets were recorded cut short (snap "
                 "length): bodies are counted as their headers say",
                 input[i].path, input[i].snapped);
    }
    if (left_out)
        warn(pipeline,
             "%" PRIu64 " more notes of these kinds, about other inputs",
             left_out);
}

/* "3 exchanges could not be judged (2 bytes-lost, 1 snaplen): ..." */
static void warn_of_doubts(struct pipeline *pipeline)
{
    const struct judge_counts *counts = &pipeline->report.counts;
    struct text text;

    text_init(&text, WARNING_SIZE);
    for (size_t i = 0; i < DOUBT_COUNT; i++) {
        if (counts->not_judged_by[i])
            text_addf(&text, "%s%" PRIu64 " %s", text.size ? ", " : "",
                      counts->not_judged_by[i], doubt_name((enum doubt)i));
    }
    warn(pipeline,
         "%" PRIu64 " exchange%s could not be judged (%s): the capture lacks "
         "bytes that the outcome depends on, or they are no HTTP",
         counts->not_judged, counts->not_judged == 1 ? "" : "s",
         text_string(&text));
    text_release(&text);
}

/* What could be read of TLS is HTTP, and not counted here. */
static void warn_of_tls(struct pipeline *pipeline)
{
    const struct judge_counts *counts = &pipeline->report.counts;
    struct tls_counts tls = tls_counts(pipeline->tls);

    if (counts->tls_connections)
        warn(pipeline,
             "%" PRIu64 " connection%s TLS, which is read only with its "
             "secrets (--keylog, or in the capture)",
             counts->tls_connections,
             counts->tls_connections == 1 ? " carries" : "s carry");
    if (tls.no_key)
        warn(pipeline, "%" PRIu64 " of them: no secrets of theirs were logged",
             tls.no_key);
    if (tls.no_suite)
        warn(pipeline, "%" PRIu64 " of them: a cipher suite that is not read",
             tls.no_suite);
    if (tls.failed)
        warn(pipeline,
             "%" PRIu64 " times TLS records were missing or did not open, of "
             "%" PRIu64 " connection%s that could be read",
             tls.failed, tls.opened, tls.opened == 1 ? "" : "s");
}

static void warn_of_connections(struct pipeline *pipeline)
{
    const struct judge_counts *counts = &pipeline->report.counts;

    if (counts->not_judged)
        warn_of_doubts(pipeline);
    if (counts->crowded_out)
        warn(pipeline,
             "%" PRIu64 " requests were not followed: more were waiting on "
             "one connection than are kept",
             counts->crowded_out);
    warn_of_tls(pipeline);
    if (counts->one_way)
        warn(pipeline,
             "%" PRIu64 " HTTP connection%s recorded in one direction only, "
             "and cannot be judged",
             counts->one_way, counts->one_way == 1 ? " was" : "s were");
    if (counts->hidden)
        warn(pipeline,
             "%" PRIu64 " finding%s not shown (--only, --ignore or --stream)",
             counts->hidden, counts->hidden == 1 ? " is" : "s are");
    if (pipeline->options.judge.has_stream && !pipeline->intake.has_stream)
        warn(pipeline, "there is no tcp.stream %" PRIu64,
             pipeline->options.judge.stream);
    if (counts->evicted)
        warn(pipeline,
             "%" PRIu64 " connections were given up unjudged: more were open "
             "at once than are kept",
             counts->evicted);
    if (counts->holes_given_up)
        warn(pipeline,
             "%" PRIu64 " holes were given up early: too much was waiting "
             "behind them",
             counts->holes_given_up);
    if (pipeline->report.servers_forgotten)
        warn(pipeline,
             "%" PRIu64 " servers were forgotten: there were more than are "
             "kept, and findings about them rest on less",
             pipeline->report.servers_forgotten);
    if (http_broken(pipeline->http))
        warn(pipeline,
             "%" PRIu64 " time%s the bytes of an HTTP connection were no HTTP",
             http_broken(pipeline->http),
             http_broken(pipeline->http) == 1 ? "" : "s");
    if (counts->not_detailed)
        warn(pipeline, "%" PRIu64 " more findings are counted, not listed",
             counts->not_detailed);
}

/* "84 of 84 packets were left out: 80 udp, 4 icmp" */
static void warn_of_ignored(struct pipeline *pipeline)
{
    const struct report *report = &pipeline->report;
    uint64_t ignored = 0;
    struct text text;

    text_init(&text, WARNING_SIZE);
    for (size_t i = 0; i < report->ignoreds; i++) {
        ignored += report->ignored[i].packets;
        text_addf(&text, "%s%" PRIu64 " %s", i ? ", " : "",
                  report->ignored[i].packets, report->ignored[i].reason);
    }
    if (ignored > report->packets / 2)
        warn(pipeline, "%" PRIu64 " of %" PRIu64 " packets were left out: %s",
             ignored, report->packets, text_string(&text));
    text_release(&text);
}

/* Silence is no good news when nothing could be read. */
static void warn_of_silence(struct pipeline *pipeline)
{
    struct report *report = &pipeline->report;
    const struct judge_counts *counts = &report->counts;
    uint64_t findings = counts->hidden;

    for (size_t i = 0; i < SEVERITY_COUNT; i++)
        findings += counts->by_severity[i];
    report->unjudged = report->packets > 0 && findings == 0 &&
                       counts->exchanges <= counts->not_judged;
    if (report->unjudged && counts->other_connections)
        warn(pipeline, "%" PRIu64 " connection%s neither HTTP nor TLS",
             counts->other_connections,
             counts->other_connections == 1 ? " carries" : "s carry");
    warn_of_ignored(pipeline);
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
    warn_of_inputs(pipeline, input, inputs);
    warn_of_connections(pipeline);
    warn_of_silence(pipeline);
    return report;
}

uint64_t pipeline_why(struct pipeline *pipeline,
                      void (*take)(void *context, const struct why *why),
                      void *context)
{
    return cases_why(&pipeline->intake.cases, take, context);
}
