#include "files/annotated.h"

#include "base/arena.h"
#include "capture/copier.h"
#include "files/notes.h"
#include "sandbox/safe_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    COMPLAINT_SIZE = 8192
};

/* One writing of an input. */
struct stamp {
    bool exists;
    struct stat about;
};

struct annotated {
    const struct options *options;
    const char *path;
    struct stamp *stamp; /* of each input */
    FILE *out;
    struct copier **copier; /* of each input; NULL: not open, or done */
    struct capture *order;  /* the inputs as they were read */
    size_t current;         /* whose blocks were written last */
    uint64_t uncommented;
};

static struct stamp stamp_of(const char *path)
{
    struct stamp stamp = {.exists = false};

    stamp.exists = stat(path, &stamp.about) == 0;
    return stamp;
}

static bool is_same_file(const struct stamp *a, const struct stamp *b)
{
    return a->exists && b->exists && a->about.st_dev == b->about.st_dev &&
           a->about.st_ino == b->about.st_ino;
}

static bool is_as_it_was(const struct stamp *a, const struct stamp *b)
{
    if (!a->exists || !b->exists)
        return a->exists == b->exists;
    return is_same_file(a, b) && a->about.st_size == b->about.st_size &&
           a->about.st_mtim.tv_sec == b->about.st_mtim.tv_sec &&
           a->about.st_mtim.tv_nsec == b->about.st_mtim.tv_nsec;
}

static bool look_at_output(const struct annotated *annotated, struct stamp *out,
                           struct fail *fail)
{
    int descriptor = safe_file_descriptor(annotated->path);

    *out = stamp_of(annotated->path);
    if (descriptor < 0)
        return true;
    if (descriptor == STDOUT_FILENO || isatty(descriptor))
        return fail_set(fail,
                        "--output pcapng=%s: packets go to a file, not to a "
                        "terminal or among the report",
                        annotated->path);
    out->exists = fstat(descriptor, &out->about) == 0;
    return true;
}

static bool look_at_input(struct annotated *annotated, size_t i,
                          const struct stamp *out, struct fail *fail)
{
    const char *path = annotated->options->path[i];
    struct stamp *stamp = &annotated->stamp[i];

    if (strcmp(path, "-") == 0)
        return fail_set(fail, "--output pcapng=FILE reads its inputs twice: "
                              "standard input is not read again; write it to a "
                              "file before");
    *stamp = stamp_of(path);
    if (stamp->exists && !S_ISREG(stamp->about.st_mode))
        return fail_set(fail,
                        "--output pcapng=FILE reads its inputs twice: '%s' is "
                        "no regular file",
                        path);
    if (is_same_file(stamp, out))
        return fail_set(fail, "--output pcapng=%s would overwrite its input",
                        annotated->path);
    return true;
}

static bool look_at_all(struct annotated *annotated, struct fail *fail)
{
    struct stamp out;

    if (!look_at_output(annotated, &out, fail))
        return false;
    for (size_t i = 0; i < annotated->options->paths; i++) {
        if (!look_at_input(annotated, i, &out, fail))
            return false;
    }
    return true;
}

struct annotated *annotated_open(const struct options *options,
                                 struct fail *fail)
{
    struct annotated *annotated;

    if (!options->annotated)
        return NULL;
    annotated = must_calloc(1, sizeof *annotated);
    annotated->options = options;
    annotated->path = options->annotated;
    annotated->stamp = must_calloc(options->paths, sizeof *annotated->stamp);
    annotated->copier = must_calloc(options->paths, sizeof(void *));
    annotated->current = options->paths;
    if (look_at_all(annotated, fail))
        return annotated;
    annotated_close(annotated);
    return NULL;
}

void annotated_close(struct annotated *annotated)
{
    if (!annotated)
        return;
    for (size_t i = 0; i < annotated->options->paths; i++)
        copier_close(annotated->copier[i]);
    capture_close(annotated->order);
    free(annotated->copier);
    free(annotated->stamp);
    free(annotated);
}

static bool have_not_changed(const struct annotated *annotated,
                             struct fail *fail)
{
    const struct options *options = annotated->options;

    for (size_t i = 0; i < options->paths; i++) {
        struct stamp now = stamp_of(options->path[i]);

        if (!is_as_it_was(&annotated->stamp[i], &now))
            return fail_set(fail, "'%s' has changed since it was read",
                            options->path[i]);
    }
    return true;
}

/* The next block is of this input: its section goes on, or begins. */
static bool turn_to(struct annotated *annotated, size_t input,
                    struct fail *fail)
{
    const struct copier_options options = {
        .out = annotated->out,
        .program = "whyeof " WHYEOF_VERSION,
        .no_secrets = annotated->options->watch.no_secrets};
    const char *path = annotated->options->path[input];

    if (!annotated->copier[input])
        annotated->copier[input] = copier_open(path, &options, fail);
    if (!annotated->copier[input])
        return false;
    if (annotated->current != input && !copier_begin(annotated->copier[input]))
        return fail_set(fail,
                        "'%s' has too many interfaces to go on with it "
                        "behind another file",
                        path);
    annotated->current = input;
    return true;
}

static void finish_input(struct annotated *annotated,
                         const struct report *report, size_t input)
{
    bool sound = report->input[input].trouble == CAPTURE_SOUND;

    copier_rest(annotated->copier[input], sound);
    copier_close(annotated->copier[input]);
    annotated->copier[input] = NULL;
}

/* Interfaces, names and secrets alone: before all packets, as they count. */
static bool copy_empty(struct annotated *annotated, const struct report *report,
                       struct fail *fail)
{
    for (size_t i = 0; i < report->inputs; i++) {
        const struct capture_input *input = &report->input[i];

        if (input->first_time != NANOS_NEVER || input->format[0] == '\0')
            continue;
        if (!turn_to(annotated, i, fail))
            return false;
        finish_input(annotated, report, i);
    }
    return true;
}

/* What is behind the last packet of an input is written with that. */
static void leave(struct annotated *annotated, const struct report *report,
                  const struct frame *frame)
{
    size_t before = annotated->current;

    if (before < report->inputs && (!frame || before != frame->file) &&
        annotated->copier[before] &&
        capture_has_ended(annotated->order, before))
        finish_input(annotated, report, before);
}

static bool copy_one(struct annotated *annotated, const struct frame *frame,
                     struct notes *notes, struct fail *fail)
{
    size_t count;
    size_t taken;
    const char *const *comment;

    if (!turn_to(annotated, frame->file, fail))
        return false;
    comment = notes_of(notes, frame->number, &count);
    if (!copier_frame(annotated->copier[frame->file], frame, comment, count,
                      &taken))
        return fail_set(fail, "'%s' has changed since it was read",
                        annotated->options->path[frame->file]);
    annotated->uncommented += count - taken;
    return true;
}

static bool copy_all(struct annotated *annotated, const struct report *report,
                     struct notes *notes, struct fail *fail)
{
    const struct options *options = annotated->options;
    struct frame frame;

    annotated->order = capture_open(options->path, options->paths, NULL, fail);
    if (!annotated->order || !copy_empty(annotated, report, fail))
        return false;
    while (capture_next(annotated->order, &frame)) {
        leave(annotated, report, &frame);
        if (!copy_one(annotated, &frame, notes, fail))
            return false;
    }
    leave(annotated, report, NULL);
    return have_not_changed(annotated, fail);
}

static bool copy(struct annotated *annotated, const struct report *report,
                 struct fail *fail)
{
    struct notes *notes = notes_of_report(report);
    bool copied = copy_all(annotated, report, notes, fail);

    notes_free(notes);
    errno = 0;
    if (ferror(annotated->out) || fflush(annotated->out) != 0)
        return fail_set(fail, "%s", strerror(errno ? errno : EIO));
    return copied;
}

static bool tell(const struct annotated *annotated,
                 struct file_outputs_listener listener, const char *why)
{
    char text[COMPLAINT_SIZE];

    (void)snprintf(text, sizeof text, "cannot write 'pcapng=%s': %s",
                   annotated->path, why);
    listener.complain(listener.context, text);
    return false;
}

/* No failure: the report has them. */
static void tell_uncommented(const struct annotated *annotated,
                             struct file_outputs_listener listener)
{
    char text[COMPLAINT_SIZE];

    if (annotated->uncommented == 0)
        return;
    (void)snprintf(text, sizeof text,
                   "'%s' lacks %" PRIu64 " comments, on packets that take no "
                   "more, or none (Simple Packet Blocks)",
                   annotated->path, annotated->uncommented);
    listener.complain(listener.context, text);
}

bool annotated_write(struct annotated *annotated, const struct report *report,
                     struct file_outputs_listener listener)
{
    struct fail fail = {0};
    bool written;

    if (!annotated)
        return true;
    if (!have_not_changed(annotated, &fail))
        return tell(annotated, listener, fail.text);
    annotated->out = safe_file_stream_at(annotated->path, &fail);
    if (!annotated->out)
        return tell(annotated, listener, fail.text);
    written = copy(annotated, report, &fail);
    if (fclose(annotated->out) != 0 && written)
        written = fail_set(&fail, "%s", strerror(errno));
    if (!written)
        return tell(annotated, listener, fail.text);
    tell_uncommented(annotated, listener);
    return true;
}
