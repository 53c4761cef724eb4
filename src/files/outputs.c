#include "files/outputs.h"

#include "base/arena.h"
#include "base/path.h"
#include "sandbox/safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    COMPLAINT_SIZE = 8192,
    WIDTH_OF_FILES = 80
};

struct file_output {
    const struct renderer *renderer;
    const char *path; /* NULL: standard output */
    struct report_options how;
    FILE *out;   /* NULL: not open (yet) */
    FILE *spool; /* owned; NULL: no exchange waits */
    bool failed; /* somebody was told */
    bool done;   /* nothing more is written to it */
};

struct file_outputs {
    struct file_outputs_listener listener;
    size_t count;
    struct file_output output[OPTIONS_OUTPUTS_MAX + 1];
};

static void complain(struct file_outputs *outputs, struct file_output *output,
                     const char *what, const char *why)
{
    const char *name = output->path ? output->path : "standard output";
    char text[COMPLAINT_SIZE];

    (void)snprintf(text, sizeof text, "cannot write %s'%s': %s", what, name,
                   why);
    outputs->listener.complain(outputs->listener.context, text);
    output->failed = true;
}

/* A reader that has seen enough closes the pipe: that is no failure. */
static void fail_output(struct file_outputs *outputs,
                        struct file_output *output, int error)
{
    if (!output->done && error != EPIPE)
        complain(outputs, output, "", strerror(error));
    output->done = true;
}

/* The report is worth having without them. */
static void fail_exchanges(struct file_outputs *outputs,
                           struct file_output *output, int error)
{
    complain(outputs, output, "the exchanges to ", strerror(error));
    output->how.list_exchanges = false;
}

static void open_output(struct file_outputs *outputs,
                        struct file_output *output)
{
    struct fail why = {0};

    if (output->out || output->done)
        return;
    if (!output->path || safe_file_descriptor(output->path) == STDOUT_FILENO)
        output->out = stdout;
    else
        output->out = safe_file_stream_at(output->path, &why);
    if (!output->out) {
        complain(outputs, output, "", why.text);
        output->done = true;
    }
}

static void add_output(struct file_outputs *outputs,
                       const struct renderer *renderer, const char *path,
                       const struct report_options *how)
{
    outputs->output[outputs->count++] =
        (struct file_output){.renderer = renderer, .path = path, .how = *how};
}

struct file_outputs *file_outputs_open(const struct options *options,
                                       struct file_outputs_listener listener)
{
    struct file_outputs *outputs = must_calloc(1, sizeof *outputs);
    struct report_options plain = options->report;

    plain.color = options->color == WHEN_ALWAYS;
    plain.width = WIDTH_OF_FILES;
    outputs->listener = listener;
    for (size_t i = 0; i < options->outputs; i++)
        add_output(outputs, options->output[i].format, options->output[i].path,
                   &plain);
    if (!options->pipeline.judge.why.asked) /* which takes its place */
        add_output(outputs, options->format, NULL, &options->report);
    return outputs;
}

static void close_output(struct file_outputs *outputs,
                         struct file_output *output)
{
    FILE *out = output->out;

    output->out = NULL;
    if (!out)
        return;
    errno = 0;
    if ((out == stdout ? fflush(out) : fclose(out)) != 0)
        fail_output(outputs, output, errno);
}

void file_outputs_close(struct file_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        close_output(outputs, &outputs->output[i]);
        if (outputs->output[i].spool)
            (void)fclose(outputs->output[i].spool);
    }
    free(outputs);
}

/* A file that goes with the process, whatever becomes of that. */
static FILE *open_spool(void)
{
    const char *folder = getenv("TMPDIR");
    char name[PATH_SIZE_MAX];
    int file;
    FILE *spool;

    if (!folder || !*folder)
        folder = "/tmp";
    (void)snprintf(name, sizeof name, "%s/whyeof-XXXXXX", folder);
    file = mkostemp(name, O_CLOEXEC);
    if (file < 0)
        return NULL;
    (void)unlink(name);
    spool = fdopen(file, "w+");
    if (!spool)
        (void)close(file);
    return spool;
}

static void spool_exchange(struct file_outputs *outputs,
                           struct file_output *output,
                           const struct report *report,
                           const struct listed_exchange *exchange)
{
    if (!output->spool)
        output->spool = open_spool();
    if (!output->spool ||
        !output->renderer->spool(report, &output->how, exchange, output->spool))
        fail_exchanges(outputs, output, errno);
}

void file_outputs_exchange(struct file_outputs *outputs,
                           const struct report *report,
                           const struct listed_exchange *exchange)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct file_output *output = &outputs->output[i];

        if (output->done || !output->how.list_exchanges)
            continue;
        if (output->renderer->spool) {
            spool_exchange(outputs, output, report, exchange);
            continue;
        }
        if (!output->renderer->live)
            continue;
        open_output(outputs, output);
        if (output->out)
            output->renderer->live->exchange(report, &output->how, exchange,
                                             output->out);
    }
}

static void write_output(struct file_outputs *outputs,
                         struct file_output *output,
                         const struct report *report)
{
    open_output(outputs, output);
    if (!output->out)
        return;
    if (output->spool)
        rewind(output->spool);
    output->how.spool = output->spool;
    errno = 0;
    if (!output->renderer->render(report, &output->how, output->out))
        fail_output(outputs, output, errno);
    close_output(outputs, output);
}

bool file_outputs_write(struct file_outputs *outputs,
                        const struct report *report)
{
    bool written = true;

    for (size_t i = 0; i < outputs->count; i++) {
        struct file_output *output = &outputs->output[i];

        if (!output->done)
            write_output(outputs, output, report);
        written &= !output->failed;
    }
    return written;
}
