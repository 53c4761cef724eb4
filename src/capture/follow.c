#include "capture/follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/fileset.h"
#include "capture/filter.h"
#include "capture/input.h"

/* How often the folders are looked through while nothing comes, in asks. */
enum {
    ASKS_A_LOOK = 4
};

struct follow {
    struct follow_options options;
    struct arena arena;
    struct filter *filter;
    struct fileset set;
    struct fileset_file reading;
    bool last_read; /* nothing more is waited for in this file */
    unsigned asks;
    bool is_open;
    bool reads_pipe; /* one, and no file */
    struct input input;
    struct capture_input now; /* facts of the file being read */
    struct capture_input *facts;
    struct capture_input earlier; /* of files that share the last of these */
    size_t count;                 /* of files */
    uint32_t interfaces;
    uint64_t numbers;
};

/*
 * The file being read is at its present end. When a newer one is there its
 * writer has left it: it is read once more, for what came meanwhile.
 */
static bool wait_in_file(void *context, int file)
{
    struct follow *follow = context;
    const struct patience *patience = &follow->options.patience;

    if (follow->last_read)
        return false;
    if (file < 0 && follow->asks++ % ASKS_A_LOOK == 0) {
        struct fileset_file newer;

        if (fileset_next(&follow->set, &follow->reading, &newer)) {
            follow->last_read = true;
            return true;
        }
    }
    return patience->wait && patience->wait(patience->context, file);
}

static size_t files_kept(const struct follow *follow)
{
    return follow->count < FOLLOW_FILES_KEPT ? follow->count
                                             : FOLLOW_FILES_KEPT;
}

static void keep_facts(struct follow *follow)
{
    const struct capture_input *earlier = &follow->earlier;
    struct capture_input *kept;

    if (!follow->count)
        return;
    kept = &follow->facts[files_kept(follow) - 1];
    *kept = follow->now;
    kept->packets += earlier->packets;
    kept->bytes += earlier->bytes;
    kept->has_drops |= earlier->has_drops;
    kept->interface_drops += earlier->interface_drops;
    kept->snapped += earlier->snapped;
    if (!kept->problem[0])
        memcpy(kept->problem, earlier->problem, sizeof kept->problem);
}

static void open_next(struct follow *follow)
{
    struct patience patience = {.context = follow,
                                .wait = wait_in_file,
                                .only_files = !follow->reads_pipe};
    const char *path = follow->reading.path;

    follow->is_open = true;
    follow->last_read = false;
    follow->asks = 0;
    if (follow->count < FOLLOW_FILES_KEPT)
        follow->facts = must_realloc(follow->facts, follow->count + 1,
                                     sizeof *follow->facts);
    follow->count++;
    follow->now = (struct capture_input){
        .path = arena_keep(&follow->arena, span_of_text(path))};
    follow->input = (struct input){.file = (uint32_t)(files_kept(follow) - 1)};
    input_open(&follow->input, &follow->now, &follow->interfaces,
               &follow->options.secrets, &patience);
    keep_facts(follow);
}

static void end_file(struct follow *follow)
{
    follow->now.format =
        arena_keep(&follow->arena, span_of_text(follow->now.format));
    keep_facts(follow);
    if (follow->count >= FOLLOW_FILES_KEPT)
        follow->earlier = follow->facts[FOLLOW_FILES_KEPT - 1];
    input_close(&follow->input);
    follow->is_open = false;
    fileset_done(&follow->set, &follow->reading);
}

/* Waits until there is a file to be read. */
static bool open_when_there(struct follow *follow)
{
    const struct patience *patience = &follow->options.patience;

    if (follow->reads_pipe) {
        if (follow->count > 0)
            return false;
        (void)snprintf(follow->reading.path, sizeof follow->reading.path, "%s",
                       follow->options.path[0]);
        open_next(follow);
        return true;
    }
    while (!fileset_next(&follow->set, NULL, &follow->reading)) {
        if (!patience->wait || !patience->wait(patience->context, -1))
            return false;
    }
    open_next(follow);
    return true;
}

/* Nothing need be there yet; but what is there must be something to read. */
static bool look_at_paths(struct follow *follow, struct fail *fail)
{
    const struct follow_options *options = &follow->options;

    for (size_t i = 0; i < options->paths; i++) {
        const char *path = options->path[i];
        struct stat about;
        bool is_there = stat(path, &about) == 0;
        bool is_fifo = is_there && S_ISFIFO(about.st_mode);

        if (strcmp(path, "-") == 0 || is_fifo) {
            follow->reads_pipe = options->paths == 1;
            if (!follow->reads_pipe)
                return fail_set(fail,
                                "cannot follow '%s': a pipe is followed "
                                "alone",
                                path);
        } else if (is_there && !S_ISREG(about.st_mode) &&
                   !S_ISDIR(about.st_mode)) {
            return fail_set(fail, "cannot follow '%s': it is a %s", path,
                            S_ISSOCK(about.st_mode) ? "socket" : "device");
        }
    }
    return true;
}

static bool look_at_folders(const struct follow *follow, struct fail *fail)
{
    for (size_t i = 0; i < follow->set.folders; i++) {
        if (access(follow->set.folder[i], R_OK | X_OK) != 0)
            return fail_set(fail, "cannot follow '%s': %s",
                            follow->set.folder[i], strerror(errno));
    }
    return true;
}

/* The folder of a FIFO is looked into as any other: it is opened there. */
static bool look_around(struct follow *follow, struct fail *fail)
{
    const struct follow_options *options = &follow->options;

    if (!look_at_paths(follow, fail))
        return false;
    if (strcmp(options->path[0], "-") != 0)
        fileset_init(&follow->set, &follow->arena, options->path,
                     options->paths);
    if (follow->set.has_more)
        return fail_set(fail,
                        "cannot follow files in more than %d folders at once",
                        FILESET_FOLDERS_MAX);
    return look_at_folders(follow, fail);
}

struct follow *follow_open(const struct follow_options *options,
                           struct fail *fail)
{
    struct follow *follow;
    struct filter *filter = NULL;

    if (options->filter) {
        filter = filter_open(options->filter, fail);
        if (!filter)
            return NULL;
    }
    follow = must_calloc(1, sizeof *follow);
    follow->options = *options;
    follow->filter = filter;
    arena_init(&follow->arena);
    if (look_around(follow, fail))
        return follow;
    follow_close(follow);
    return NULL;
}

void follow_close(struct follow *follow)
{
    if (!follow)
        return;
    input_close(&follow->input);
    filter_close(follow->filter);
    free(follow->facts);
    arena_release(&follow->arena);
    free(follow);
}

static bool passes(struct follow *follow, const struct frame *frame)
{
    return !follow->filter || filter_ask(follow->filter, frame) == FILTER_PASS;
}

bool follow_next(struct follow *follow, struct frame *frame)
{
    for (;;) {
        if (!follow->is_open && !open_when_there(follow))
            return false;
        if (!input_next(&follow->input, frame)) {
            end_file(follow);
            continue;
        }
        follow->numbers += frame->number;
        frame->number = follow->numbers;
        if (passes(follow, frame))
            return true;
    }
}

const struct capture_input *follow_inputs(struct follow *follow, size_t *count)
{
    keep_facts(follow);
    *count = files_kept(follow);
    return follow->facts;
}

const char *const *follow_folders(const struct follow *follow, size_t *count)
{
    *count = follow->set.folders;
    return follow->set.folder;
}
