#include "record/recorder.h"

#include "record/pending.h"
#include "record/spool.h"
#include "record/writer.h"
#include "sandbox/safe_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    ASKED_MOST = 4096
};

struct recorder {
    struct store *store;
    struct spool *spool;
    struct pending_list pending_list;
    nanos now;
    char *folder;
    char *asked; /* visible UTF-8 */
    char *program;
    struct utsname system;
    struct text os;
    const struct keylog *keylog;
    struct recordings recordings;
    void (*complain)(void *context, const char *text);
    void (*written)(void *context, const struct recording *recording);
    void *context;
    int complained; /* errno of the latest complaint */
    uint64_t failures;
    uint64_t lost;
    struct arena arena;
};

static void before_loss(void *context, uint64_t conn);

static char *keep_visible(struct recorder *recorder, const char *string)
{
    struct text text;
    char *kept;

    text_init(&text, ASKED_MOST);
    text_add_visible(&text, span_of_text(string ? string : ""));
    kept = arena_keep(&recorder->arena, span_of_text(text_string(&text)));
    text_release(&text);
    return kept;
}

/* The folder that is open already, or made and opened here. */
static struct spool *open_shelf(const struct recorder_options *options,
                                struct fail *fail)
{
    struct spool *spool = NULL;
    struct safe_folder folder;
    struct fail why = {0};
    bool made;
    bool open = options->opened != NULL;

    if (open)
        folder.descriptor = *options->opened;
    if (open || safe_folder_make(&folder, options->folder, &made, &why))
        spool =
            spool_open(folder.descriptor,
                       options->files ? options->files : RECORDER_FILES,
                       options->bytes ? options->bytes : RECORDER_BYTES, &why);
    if (!spool)
        (void)fail_set(fail, "cannot record into '%s': %s", options->folder,
                       why.text);
    if (!open && folder.descriptor >= 0)
        (void)close(folder.descriptor);
    return spool;
}

struct recorder *recorder_open(const struct recorder_options *options,
                               struct fail *fail)
{
    struct recorder *recorder = must_calloc(1, sizeof *recorder);

    arena_init(&recorder->arena);
    pending_list_init(&recorder->pending_list);
    text_init(&recorder->os, ASKED_MOST);
    recorder->now = NANOS_NEVER;
    recorder->folder = keep_visible(recorder, options->folder);
    recorder->asked = keep_visible(recorder, options->asked);
    recorder->program =
        keep_visible(recorder, options->program ? options->program : "whyeof");
    recorder->complain = options->complain;
    recorder->written = options->written;
    recorder->context = options->context;
    recorder->keylog = options->keylog;
    if (uname(&recorder->system) == 0)
        text_addf(&recorder->os, "%s %s", recorder->system.sysname,
                  recorder->system.release);
    recorder->spool = open_shelf(options, fail);
    if (recorder->spool)
        recorder->store =
            store_open(options->memory ? options->memory : RECORDER_MEMORY,
                       fail);
    if (!recorder->store) {
        recorder_close(recorder);
        return NULL;
    }
    store_on_losing(recorder->store, before_loss, recorder);
    return recorder;
}

void recorder_close(struct recorder *recorder)
{
    if (!recorder)
        return;
    if (recorder->store)
        store_close(recorder->store);
    if (recorder->spool)
        spool_close(recorder->spool);
    pending_list_release(&recorder->pending_list);
    recordings_release(&recorder->recordings);
    text_release(&recorder->os);
    arena_release(&recorder->arena);
    free(recorder);
}

/* errno says what went wrong; one cause is told once. */
static void have_failed(struct recorder *recorder)
{
    struct text text;
    int trouble = errno;

    recorder->failures++;
    if (trouble == recorder->complained || !recorder->complain)
        return;
    recorder->complained = trouble;
    text_init(&text, ASKED_MOST + 200);
    text_addf(&text, "cannot record into '%s': %s; the capture goes on",
              recorder->folder, strerror(trouble));
    recorder->complain(recorder->context, text_string(&text));
    text_release(&text);
}

/* TIME-CODE-SERVER-sSTREAM.pcapng, with -2 from the second round on. */
static void print_name(const struct pending *pending,
                       const struct comments *comments, struct text *name)
{
    char time[SPOOL_TIME_SIZE];

    text_addf(name, "%s-%s-", spool_print_time(time, comments->failed),
              verdict_slug(comments->code));
    comments_add_file_endpoint(comments->server, name);
    text_addf(name, "-s%" PRIu64, pending->conn);
    if (pending->rounds)
        text_addf(name, "-%u", pending->rounds + 1);
    text_add(name, ".pcapng");
}

/* Gives false where the file is not to be had or did not take it all. */
static bool write_to(struct recorder *recorder, const struct writer *writer,
                     FILE *file)
{
    if (!file)
        return false;
    if (writer_write(writer, file))
        return spool_keep(recorder->spool, file);
    spool_discard(recorder->spool, file);
    return false;
}

/* The findings that a file has are known by it, and somebody is told. */
static void note_recording(struct recorder *recorder,
                           const struct pending *pending, enum verdict code,
                           const char *name)
{
    struct recording recording = {.conn = pending->conn, .code = code};
    uint64_t finding[PENDING_COMMENTS_MOST];
    int folder = (int)strlen(recorder->folder);
    struct text path;

    while (folder && recorder->folder[folder - 1] == '/')
        folder--;
    text_init(&path, ASKED_MOST + SPOOL_NAME_SIZE);
    text_addf(&path, "%.*s/%s", folder, recorder->folder, name);
    recording.path = text_string(&path);
    recording.finding = finding;
    for (const struct comments *c = pending->comments; c; c = c->next) {
        if (c->code == code)
            finding[recording.findings++] = c->id;
    }
    recordings_add(&recorder->recordings, &recording,
                   spool_latest(recorder->spool));
    if (recorder->written)
        recorder->written(recorder->context, &recording);
    text_release(&path);
}

static void write_clip(struct recorder *recorder, const struct pending *pending,
                       const struct comments *comments)
{
    const struct writer writer = {.store = recorder->store,
                                  .conn = pending->conn,
                                  .comments = pending->comments,
                                  .code = comments->code,
                                  .unsaid = pending->unsaid,
                                  .now = recorder->now,
                                  .asked = recorder->asked,
                                  .program = recorder->program,
                                  .os = text_string(&recorder->os),
                                  .keylog = recorder->keylog,
                                  .hardware = recorder->system.machine};
    struct text name;
    FILE *file;

    text_init(&name, SPOOL_NAME_SIZE - 1);
    print_name(pending, comments, &name);
    file = spool_create(recorder->spool, text_string(&name));
    if (write_to(recorder, &writer, file))
        note_recording(recorder, pending, comments->code, text_string(&name));
    else
        have_failed(recorder);
    text_release(&name);
}

/* A file for each code, named after the first finding that has it. */
static void write_story(struct recorder *recorder, struct pending *pending)
{
    bool done[VERDICT_COUNT] = {false};
    struct store_holding holding;

    if (!store_find(recorder->store, pending->conn, &holding)) {
        recorder->lost++;
        pending_told(&recorder->pending_list, pending, recorder->now);
        return;
    }
    for (const struct comments *c = pending->comments; c; c = c->next) {
        if (!done[c->code])
            write_clip(recorder, pending, c);
        done[c->code] = true;
    }
    store_mark(recorder->store, pending->conn, false);
    pending_told(&recorder->pending_list, pending, recorder->now);
}

/* It was never written, or not for some time. */
static bool may_write_early(const struct recorder *recorder,
                            const struct pending *pending)
{
    return pending->written == NANOS_NEVER ||
           nanos_between(pending->written, recorder->now) >= RECORDER_PATIENCE;
}

/*
 * Better early than in part. Not again and again, though: a large connection
 * with many findings would be written each time that room is made.
 */
static void before_loss(void *context, uint64_t conn)
{
    struct recorder *recorder = context;
    struct pending *pending = pending_list_find(&recorder->pending_list, conn);

    if (pending && pending->comments && may_write_early(recorder, pending))
        write_story(recorder, pending);
}

/*
 * A clock that steps back would let those that wait do so until it has made
 * up for it. They stand in order of time, so the oldest tells.
 */
static void set_now(struct recorder *recorder, nanos now)
{
    const struct pending *oldest = recorder->pending_list.waiting.oldest;

    recorder->now = now;
    if (!oldest || oldest->since <= now)
        return;
    for (struct pending *s = recorder->pending_list.waiting.oldest; s;
         s = s->newer)
        s->since = now;
}

void recorder_take(struct recorder *recorder, uint64_t conn,
                   const struct frame *frame, size_t headers)
{
    struct store_packet packet = {
        .time = frame->time,
        .number = frame->number,
        .length = frame->length,
        .headers =
            (uint32_t)(headers < frame->data.size ? headers : frame->data.size),
        .link_type = frame->link_type,
        .data = frame->data};

    set_now(recorder, frame->time);
    store_take(recorder->store, conn, &packet);
}

static void add_finding(struct recorder *recorder, uint64_t conn,
                        struct comments *comments)
{
    struct pending_list *pending_list = &recorder->pending_list;
    struct pending *pending =
        pending_list_begin(pending_list, conn, recorder->now);

    if (pending->comments_kept == PENDING_COMMENTS_MOST) {
        pending->unsaid++;
        comments_free(comments);
        return;
    }
    pending_add(pending_list, pending, comments);
    store_mark(recorder->store, conn, may_write_early(recorder, pending));
    if (pending_list->comments_kept > PENDING_ALL_MOST)
        write_story(recorder, pending_list->waiting.oldest);
}

void recorder_finding(struct recorder *recorder, const struct finding *finding)
{
    uint64_t conn = finding->connection.id;
    struct pending *pending = pending_list_find(&recorder->pending_list, conn);
    bool known = pending && pending_find(pending, finding->id);
    struct store_holding holding;
    struct comments *comments;

    if (finding->standing == STANDING_WITHDRAWN) {
        if (known)
            pending_withdraw(&recorder->pending_list, pending, finding->id);
        return;
    }
    if (!known &&
        (finding->revision || !store_find(recorder->store, conn, &holding)))
        return;
    comments = comments_new(finding, recorder->now);
    if (known)
        pending_add(&recorder->pending_list, pending, comments);
    else
        add_finding(recorder, conn, comments);
}

void recorder_over(struct recorder *recorder, uint64_t conn, nanos now)
{
    struct pending *pending = pending_list_find(&recorder->pending_list, conn);

    set_now(recorder, now);
    if (pending && pending->comments)
        write_story(recorder, pending);
    pending = pending_list_find(&recorder->pending_list, conn);
    if (pending)
        pending_forget(&recorder->pending_list, pending);
    store_forget(recorder->store, conn);
}

void recorder_tick(struct recorder *recorder, nanos now)
{
    struct pending *oldest;

    set_now(recorder, now);
    while ((oldest = recorder->pending_list.waiting.oldest) &&
           nanos_between(oldest->since, now) >= RECORDER_PATIENCE)
        write_story(recorder, oldest);
}

void recorder_finish(struct recorder *recorder, nanos now)
{
    set_now(recorder, now);
    while (recorder->pending_list.waiting.oldest)
        write_story(recorder, recorder->pending_list.waiting.oldest);
}

const char *recorder_file(const struct recorder *recorder, uint64_t finding)
{
    uint64_t number;
    const char *path = recordings_find(&recorder->recordings, finding, &number);

    return path && spool_has(recorder->spool, number) ? path : NULL;
}

struct recorder_counts recorder_counts(const struct recorder *recorder)
{
    struct spool_counts spool = spool_counts(recorder->spool);
    struct store_counts store = store_counts(recorder->store);

    return (struct recorder_counts){.files = spool.written,
                                    .bytes = spool.bytes,
                                    .removed = spool.removed,
                                    .failures = recorder->failures,
                                    .lost = recorder->lost,
                                    .connections = store.connections,
                                    .packets = store.packets,
                                    .trimmed = store.trimmed,
                                    .shortened = store.shortened,
                                    .dropped = store.dropped};
}
