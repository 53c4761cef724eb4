/* What a report says of what could not be seen. */
#include "pipeline/pipeline_inner.h"

#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    INPUT_WARNINGS_MAX = 32, /* other kinds are fewer than what is left */
    WARNING_SIZE = 512
};

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

/* "2 TLS connections were not opened (1 no-key, 1 suite): ..." */
static void warn_of_opaque(struct pipeline *pipeline)
{
    const struct tls_tally *tally = &pipeline->intake.tls;
    struct text text;

    text_init(&text, WARNING_SIZE);
    for (size_t i = 0; i < TLS_UNOPENED_COUNT; i++) {
        if (tally->by[i])
            text_addf(&text, "%s%" PRIu64 " %s", text.size ? ", " : "",
                      tally->by[i], tls_unopened_name((enum tls_unopened)i));
    }
    warn(pipeline,
         "%" PRIu64 " TLS connection%s not opened (%s): what is told of "
         "requests there rests on records and TCP alone, and is possible at "
         "most; secrets (--keylog, or in the capture) open %s",
         tally->opaque, tally->opaque == 1 ? " was" : "s were",
         text_string(&text), tally->opaque == 1 ? "it" : "them");
    text_release(&text);
}

static void warn_of_tls(struct pipeline *pipeline)
{
    const struct tls_tally *tally = &pipeline->intake.tls;
    struct tls_counts tls = tls_counts(pipeline->tls);

    if (tally->opaque)
        warn_of_opaque(pipeline);
    if (tally->opened)
        warn(pipeline, "%" PRIu64 " TLS connection%s opened with %s secrets",
             tally->opened, tally->opened == 1 ? " was" : "s were",
             tally->opened == 1 ? "its" : "their");
    if (tls.late)
        warn(pipeline,
             "%" PRIu64 " time%s secrets came too late, when their connection "
             "was given up: let them come first (editcap --inject-secrets), "
             "or read a file",
             tls.late, tls.late == 1 ? "" : "s");
    if (tls.failed)
        warn(pipeline,
             "%" PRIu64 " times TLS records were missing or did not open, of "
             "%" PRIu64 " connection%s whose secrets are known",
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

/* Files are read as one capture; some are none. */
static void warn_of_apart(struct pipeline *pipeline,
                          const struct capture_input *input, size_t inputs)
{
    char least[NANOS_TEXT_SIZE];
    size_t files = 0;
    nanos pause;

    for (size_t i = 0; i < inputs; i++)
        files += input[i].packets > 0;
    if (files < 2 ||
        coverage_apart(&pipeline->intake.coverage, &pause) != files - 1)
        return;
    warn(pipeline,
         "the %zu captures have nothing in common: they lie %s or more apart, "
         "and no connection is in two of them. Each is judged to its own end. "
         "What is told of a server rests on all captures with its address: if "
         "they were taken in different networks, run whyeof on each by itself",
         files, nanos_print_duration(least, pause));
}

/* First of all: whoever asks for one connection looks for nothing else. */
static void warn_of_stream(struct pipeline *pipeline)
{
    const struct judge_options *options = &pipeline->options.judge;
    struct report *report = &pipeline->report;
    uint64_t there = report->counts.connections;

    if (!asks_stream(options) || asked_stream(options) < there)
        return;
    if (there == 0)
        warn(pipeline,
             "there is no tcp.stream %" PRIu64 ": the capture has no TCP "
             "connection",
             asked_stream(options));
    else
        warn(pipeline,
             "there is no tcp.stream %" PRIu64 ": the capture has %" PRIu64
             " connection%s, numbered from 0",
             asked_stream(options), there, there == 1 ? "" : "s");
    report->no_stream = pipeline->warning[report->warnings - 1];
}

void pipeline_warn(struct pipeline *pipeline, const struct capture_input *input,
                   size_t inputs)
{
    warn_of_stream(pipeline);
    warn_of_inputs(pipeline, input, inputs);
    warn_of_apart(pipeline, input, inputs);
    warn_of_connections(pipeline);
    warn_of_silence(pipeline);
}
