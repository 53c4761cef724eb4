#include "live/output.h"

#include "base/path.h"
#include "sandbox/safe_file.h"
#include "sandbox/safe_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long the end of a capture waits for a reader to take the last lines. */
#define PATIENCE (5 * NANOS_PER_SECOND)

static bool open_late(struct live_output *live_output, struct fail *fail)
{
    struct fail why = {0};

    live_output->late = safe_file_stream(live_output->folder,
                                         path_name(live_output->name), &why);
    return live_output->late ||
           fail_set(fail, "cannot write '%s': %s", live_output->name, why.text);
}

static bool open_file(struct live_output *live_output, struct fail *fail)
{
    struct stat about = {0};

    if (!live_output->format->live)
        return open_late(live_output, fail);
    live_output->writer =
        line_writer_open_file(live_output->folder, path_name(live_output->name),
                              0, fail);
    if (!live_output->writer)
        return false;
    (void)fstat(line_writer_descriptor(live_output->writer), &about);
    live_output->is_device = S_ISCHR(about.st_mode);
    return true;
}

static bool is_open(const struct live_output *live_output)
{
    return live_output->writer || live_output->late;
}

/* Of the process since its start: nothing is opened. */
static bool open_descriptor(struct live_output *live_output, int descriptor,
                            struct fail *why)
{
    if (live_output->format->live)
        live_output->writer =
            line_writer_open_descriptor(descriptor, live_output->name, 0);
    else
        live_output->late = safe_file_stream_at(live_output->name, why);
    return is_open(live_output);
}

/*
 * By way of its folder: that one, and no other of its name, is written in when
 * the file is reopened. A folder that only root can write in is no way for
 * anybody else to lead root astray: a file there may be opened while that can
 * be. What is wrong with it then is told when the user tries.
 */
static bool find_voice(struct live_output *live_output, bool is_root,
                       struct fail *fail)
{
    int descriptor = safe_file_descriptor(live_output->name);
    struct safe_folder folder;
    struct fail why = {0};
    struct fail later = {0};
    bool found;

    if (descriptor >= 0)
        found = open_descriptor(live_output, descriptor, &why);
    else
        found = safe_folder_above(&folder, live_output->name, &why);
    if (!found)
        return fail_set(fail, "cannot write '%s': %s", live_output->name,
                        why.text);
    if (descriptor >= 0)
        return true;
    live_output->folder = folder.descriptor;
    if (is_root && folder.only_root)
        (void)open_file(live_output, &later);
    return true;
}

static void find_stdout(struct live_output *live_output)
{
    live_output->name = "standard output";
    if (live_output->format->live)
        live_output->writer =
            line_writer_open_descriptor(STDOUT_FILENO, live_output->name, 0);
    else
        live_output->late = stdout;
}

bool live_outputs_find(struct live_outputs *live_outputs,
                       const struct options *options, bool is_root,
                       struct fail *fail)
{
    bool good = true;

    *live_outputs =
        (struct live_outputs){.count = 1, .live_output[0].folder = -1};
    live_outputs->live_output[0].format = options->format;
    live_outputs->live_output[0].report = options->report;
    find_stdout(&live_outputs->live_output[0]);
    for (size_t i = 0; i < options->outputs && good; i++) {
        struct live_output *live_output =
            &live_outputs->live_output[live_outputs->count++];

        live_output->folder = -1;
        live_output->name = options->output[i].path;
        live_output->format = options->output[i].format;
        live_output->report = options->report;
        live_output->report.color = options->color == WHEN_ALWAYS;
        live_output->report.width = 80;
        good = find_voice(live_output, is_root, fail);
    }
    return good;
}

bool live_outputs_open(struct live_outputs *live_outputs, struct fail *fail)
{
    for (size_t i = 0; i < live_outputs->count; i++) {
        struct live_output *live_output = &live_outputs->live_output[i];

        if (!is_open(live_output) && !open_file(live_output, fail))
            return false;
    }
    return true;
}

void live_outputs_close(struct live_outputs *live_outputs)
{
    for (size_t i = 0; i < live_outputs->count; i++) {
        if (live_outputs->live_output[i].writer)
            line_writer_close(live_outputs->live_output[i].writer);
        if (live_outputs->live_output[i].late &&
            live_outputs->live_output[i].late != stdout)
            (void)fclose(live_outputs->live_output[i].late);
        if (live_outputs->live_output[i].folder >= 0)
            (void)close(live_outputs->live_output[i].folder);
    }
    live_outputs->count = 0;
}

/* One thing to say: what is set of it. */
struct speech {
    const struct report *report;
    const struct finding *finding;
    const struct listed_exchange *exchange;
    const char *warning;
    const struct recording *recording;
    bool is_end; /* else, with nothing set, the beginning */
};

static void speak(struct live_output *live_output, const struct speech *speech,
                  FILE *out)
{
    const struct live_format *live = live_output->format->live;

    if (speech->finding)
        live->finding(&live_output->memory, speech->report,
                      &live_output->report, speech->finding, out);
    else if (speech->exchange)
        live->exchange(speech->report, &live_output->report, speech->exchange,
                       out);
    else if (speech->warning)
        live->warning(speech->warning, out);
    else if (speech->recording)
        live->recording(&live_output->report, speech->recording, out);
    else if (speech->is_end)
        live->end(speech->report, &live_output->report, out);
    else if (live->begin)
        live->begin(speech->report, &live_output->report, out);
}

/* What the format makes of it is collected, and passed on whole. */
static void pass_on(struct live_output *live_output,
                    const struct speech *speech)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return;
    speak(live_output, speech, out);
    if (fclose(out) == 0 && size)
        line_writer_line(live_output->writer,
                         (struct span){(const uint8_t *)text, size});
    free(text);
}

static void say_to_all(struct live_outputs *live_outputs,
                       const struct speech *speech)
{
    for (size_t i = 0; i < live_outputs->count; i++) {
        if (live_outputs->live_output[i].writer)
            pass_on(&live_outputs->live_output[i], speech);
    }
}

void live_outputs_begin(struct live_outputs *live_outputs,
                        const struct report *report)
{
    say_to_all(live_outputs, &(struct speech){.report = report});
}

void live_outputs_tell(struct live_outputs *live_outputs,
                       const struct report *report,
                       const struct finding *finding)
{
    say_to_all(live_outputs,
               &(struct speech){.report = report, .finding = finding});
}

void live_outputs_tell_exchange(struct live_outputs *live_outputs,
                                const struct report *report,
                                const struct listed_exchange *exchange)
{
    say_to_all(live_outputs,
               &(struct speech){.report = report, .exchange = exchange});
}

void live_outputs_warn(struct live_outputs *live_outputs, const char *text)
{
    say_to_all(live_outputs, &(struct speech){.warning = text});
}

void live_outputs_record(struct live_outputs *live_outputs,
                         const struct recording *recording)
{
    say_to_all(live_outputs, &(struct speech){.recording = recording});
}

static bool end_late(struct live_output *live_output,
                     const struct report *report, struct fail *fail)
{
    bool written;

    errno = 0;
    written = live_output->format->render(report, &live_output->report,
                                          live_output->late);
    if (live_output->late == stdout)
        written &= fflush(stdout) == 0;
    else
        written &= fclose(live_output->late) == 0;
    live_output->late = NULL;
    return written || errno == EPIPE ||
           fail_set(fail, "cannot write '%s': %s", live_output->name,
                    strerror(errno));
}

static bool end_outlet(struct live_output *live_output,
                       const struct report *report, struct fail *fail)
{
    const char *trouble;

    pass_on(live_output, &(struct speech){.report = report, .is_end = true});
    if (line_writer_drain(live_output->writer, PATIENCE))
        return true;
    trouble = line_writer_trouble(live_output->writer);
    if (trouble)
        return fail_set(fail, "%s", trouble);
    return fail_set(fail, "'%s': the last lines were not taken in time",
                    live_output->name);
}

bool live_outputs_end(struct live_outputs *live_outputs,
                      const struct report *report, struct fail *fail)
{
    bool good = true;

    for (size_t i = 0; i < live_outputs->count; i++) {
        struct live_output *live_output = &live_outputs->live_output[i];

        if (live_output->writer)
            good &= end_outlet(live_output, report, fail);
        else
            good &= end_late(live_output, report, fail);
    }
    return good;
}

bool live_outputs_reopen(struct live_outputs *live_outputs, struct fail *fail)
{
    bool good = true;

    for (size_t i = 0; i < live_outputs->count; i++) {
        if (live_outputs->live_output[i].writer &&
            !live_outputs->live_output[i].is_device)
            good &=
                line_writer_reopen(live_outputs->live_output[i].writer, fail);
    }
    return good;
}

size_t live_outputs_poll(const struct live_outputs *live_outputs,
                         struct pollfd *places)
{
    size_t count = 0;

    for (size_t i = 0; i < live_outputs->count; i++) {
        const struct line_writer *writer = live_outputs->live_output[i].writer;

        if (writer && !line_writer_is_closed(writer) &&
            line_writer_is_waiting(writer))
            places[count++] =
                (struct pollfd){.fd = line_writer_descriptor(writer),
                                .events = POLLOUT};
    }
    return count;
}

void live_outputs_flush(struct live_outputs *live_outputs)
{
    for (size_t i = 0; i < live_outputs->count; i++) {
        if (live_outputs->live_output[i].writer)
            line_writer_flush(live_outputs->live_output[i].writer);
    }
}

bool live_outputs_are_alone(const struct live_outputs *live_outputs)
{
    struct pollfd reader = {.fd = STDOUT_FILENO};

    if (live_outputs->live_output[0].writer)
        return line_writer_is_closed(live_outputs->live_output[0].writer);
    return poll(&reader, 1, 0) == 1 && reader.revents & POLLERR;
}

const char *live_outputs_failure(struct live_outputs *live_outputs,
                                 const char **name)
{
    for (size_t i = 0; i < live_outputs->count; i++) {
        const char *said =
            live_outputs->live_output[i].writer
                ? line_writer_failure(live_outputs->live_output[i].writer)
                : NULL;

        *name = live_outputs->live_output[i].name;
        if (said)
            return said;
    }
    return NULL;
}

uint64_t live_outputs_dropped(const struct live_outputs *live_outputs)
{
    uint64_t dropped = 0;

    for (size_t i = 0; i < live_outputs->count; i++) {
        if (live_outputs->live_output[i].writer)
            dropped += line_writer_dropped(live_outputs->live_output[i].writer);
    }
    return dropped;
}
