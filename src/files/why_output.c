#include "files/why_output.h"

#include "report/why.h"
#include "wire/endpoint.h"

#include <errno.h>

struct why_output {
    struct page page;
    const struct options *options;
    const struct report *report;
    uint64_t shown;
};

static void write_connection(const struct why_output *output,
                             const struct conn *conn)
{
    char client[ENDPOINT_TEXT_SIZE];
    char server[ENDPOINT_TEXT_SIZE];
    const struct diagnose_settings *settings =
        &output->options->pipeline.judge.settings;
    char stall[NANOS_TEXT_SIZE];
    char least[NANOS_TEXT_SIZE];
    char leak[NANOS_TEXT_SIZE];

    (void)fprintf(output->page.out,
                  "tcp.stream %" PRIu64 ", from %s to %s\n"
                  "stall threshold %s, timeout floor %s, leak threshold %s\n"
                  "YES: the first rule of its scope that holds, which is the "
                  "verdict; (yes): holds too\n",
                  conn->id,
                  endpoint_print(client, &conn->endpoint[conn->client]),
                  endpoint_print(server, &conn->endpoint[conn_server(conn)]),
                  nanos_print_duration(stall, settings->stall_threshold),
                  nanos_print_duration(least, settings->timeout_floor),
                  nanos_print_duration(leak, settings->leak_threshold));
}

static void take(void *context, const struct why *why)
{
    struct why_output *output = context;

    if (output->shown++ == 0)
        write_connection(output, why->facts.conn);
    (void)fputc('\n', output->page.out);
    why_write(&output->page, &output->options->report, output->report->zero,
              why);
}

bool why_output_write(struct pipeline *pipeline, const struct options *options,
                      const struct report *report, FILE *out)
{
    struct why_output output = {
        .page = {out, options->report.width, options->report.color},
        .options = options,
        .report = report
    };
    uint64_t all = pipeline_why(pipeline, take, &output);

    if (all == 0)
        (void)fputs("nothing of that tcp.stream, or of that exchange of it, "
                    "can be asked about: it has no exchange of that number, "
                    "or it had to make room\n",
                    out);
    if (all > output.shown)
        (void)fprintf(out, "\n%" PRIu64 " more are not kept\n",
                      all - output.shown);
    errno = 0;
    return fflush(out) == 0 && !ferror(out);
}
