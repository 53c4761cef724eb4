#include "record/recorder.h"

#include "record/pending.h"
#include "record/spool.h"
#include "record/writer.h"
#include "sandbox/safe_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    ASKED_MOST = 4096
};

struct recorder {
    struct ring *ring;
    struct shelf *shelf;
    struct stories stories;
    nanos now;
    char *folder;
    char *asked; /* visible UTF-8 */
    char *program;
    struct utsname system;
    struct text os;
    void (*complain)(void *context, const char *text);
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
static struct shelf *open_shelf(const struct recorder_options *options,
                                struct fail *fail)
{
    struct shelf *shelf = NULL;
    struct safe_folder folder;
    struct fail why = {0};
    bool made;
    bool open = options->opened != NULL;

    if (open)
        folder.descriptor = *options->opened;
    if (open || safe_folder_make(&folder, options->folder, &made, &why))
        shelf =
            shelf_open(folder.descriptor,
                       options->files ? options->files : RECORDER_FILES,
                       options->bytes ? options->bytes : RECORDER_BYTES, &why);
    if (!shelf)
        (void)fail_set(fail, "cannot record into '%s': %s", options->folder,
                       why.text);
    if (!open && folder.descriptor >= 0)
        (void)close(folder.descriptor);
    return shelf;
}

struct recorder *recorder_open(const struct recorder_options *options,
                               struct fail *fail)
{
    struct recorder *recorder = must_calloc(1, sizeof *recorder);

    arena_init(&recorder->arena);
    stories_init(&recorder->stories);
    text_init(&recorder->os, ASKED_MOST);
    recorder->now = NANOS_NEVER;
    recorder->folder = keep_visible(recorder, options->folder);
    recorder->asked = keep_visible(recorder, options->asked);
    recorder->program =
        keep_visible(recorder, options->program ? options->program : "whyeof");
    recorder->complain = options->complain;
    recorder->context = options->context;
    if (uname(&recorder->system) == 0)
        text_addf(&recorder->os, "%s %s", recorder->system.sysname,
                  recorder->system.release);
    recorder->shelf = open_shelf(options, fail);
    if (recorder->shelf)
        recorder->ring =
            ring_open(options->memory ? options->memory : RECORDER_MEMORY,
                      fail);
    if (!recorder->ring) {
        recorder_close(recorder);
        return NULL;
    }
    ring_on_losing(recorder->ring, before_loss, recorder);
    return recorder;
}

void recorder_close(struct recorder *recorder)
{
    if (!recorder)
        return;
    if (recorder->ring)
        ring_close(recorder->ring);
    if (recorder->shelf)
        shelf_close(recorder->shelf);
    stories_release(&recorder->stories);
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
static void print_name(const struct story *story, const struct caption *caption,
                       struct text *name)
{
    char time[SHELF_TIME_SIZE];

    text_addf(name, "%s-%s-", shelf_print_time(time, caption->failed),
              verdict_slug(caption->code));
    caption_add_file_endpoint(caption->server, name);
    text_addf(name, "-s%" PRIu64, story->conn);
    if (story->rounds)
        text_addf(name, "-%u", story->rounds + 1);
    text_add(name, ".pcapng");
}

static void write_clip(struct recorder *recorder, const struct story *story,
                       const struct caption *caption)
{
    const struct clip clip = {.ring = recorder->ring,
                              .conn = story->conn,
                              .caption = story->caption,
                              .code = caption->code,
                              .unsaid = story->unsaid,
                              .now = recorder->now,
                              .asked = recorder->asked,
                              .program = recorder->program,
                              .os = text_string(&recorder->os),
                              .hardware = recorder->system.machine};
    struct text name;
    FILE *file;

    text_init(&name, SHELF_NAME_SIZE - 1);
    print_name(story, caption, &name);
    file = shelf_create(recorder->shelf, text_string(&name));
    text_release(&name);
    if (!file) {
        have_failed(recorder);
    } else if (!clip_write(&clip, file)) {
        shelf_discard(recorder->shelf, file);
        have_failed(recorder);
    } else if (!shelf_keep(recorder->shelf, file)) {
        have_failed(recorder);
    }
}

/* A file for each code, named after the first finding that has it. */
static void write_story(struct recorder *recorder, struct story *story)
{
    bool done[VERDICT_COUNT] = {false};
    struct ring_holding holding;

    if (!ring_find(recorder->ring, story->conn, &holding)) {
        recorder->lost++;
        story_told(&recorder->stories, story, recorder->now);
        return;
    }
    for (const struct caption *c = story->caption; c; c = c->next) {
        if (!done[c->code])
            write_clip(recorder, story, c);
        done[c->code] = true;
    }
    ring_mark(recorder->ring, story->conn, false);
    story_told(&recorder->stories, story, recorder->now);
}

/* It was never written, or not for some time. */
static bool may_write_early(const struct recorder *recorder,
                            const struct story *story)
{
    return story->written == NANOS_NEVER ||
           nanos_between(story->written, recorder->now) >= RECORDER_PATIENCE;
}

/*
 * Better early than in part. Not again and again, though: a large connection
 * with many findings would be written each time that room is made.
 */
static void before_loss(void *context, uint64_t conn)
{
    struct recorder *recorder = context;
    struct story *story = stories_find(&recorder->stories, conn);

    if (story && story->caption && may_write_early(recorder, story))
        write_story(recorder, story);
}

/*
 * A clock that steps back would let those that wait do so until it has made
 * up for it. They stand in order of time, so the oldest tells.
 */
static void set_now(struct recorder *recorder, nanos now)
{
    const struct story *oldest = recorder->stories.waiting.oldest;

    recorder->now = now;
    if (!oldest || oldest->since <= now)
        return;
    for (struct story *s = recorder->stories.waiting.oldest; s; s = s->newer)
        s->since = now;
}

void recorder_take(struct recorder *recorder, uint64_t conn,
                   const struct frame *frame, size_t headers)
{
    struct ring_packet packet = {
        .time = frame->time,
        .number = frame->number,
        .length = frame->length,
        .headers =
            (uint32_t)(headers < frame->data.size ? headers : frame->data.size),
        .link_type = frame->link_type,
        .data = frame->data};

    set_now(recorder, frame->time);
    ring_take(recorder->ring, conn, &packet);
}

static void add_finding(struct recorder *recorder, uint64_t conn,
                        struct caption *caption)
{
    struct stories *stories = &recorder->stories;
    struct story *story = stories_begin(stories, conn, recorder->now);

    if (story->captions == STORY_CAPTIONS_MOST) {
        story->unsaid++;
        caption_free(caption);
        return;
    }
    story_add(stories, story, caption);
    ring_mark(recorder->ring, conn, may_write_early(recorder, story));
    if (stories->captions > STORIES_CAPTIONS_MOST)
        write_story(recorder, stories->waiting.oldest);
}

void recorder_finding(struct recorder *recorder, const struct finding *finding)
{
    uint64_t conn = finding->incident->conn.id;
    struct story *story = stories_find(&recorder->stories, conn);
    bool known = story && story_find(story, finding->id);
    struct ring_holding holding;
    struct caption *caption;

    if (finding->standing == STANDING_WITHDRAWN) {
        if (known)
            story_withdraw(&recorder->stories, story, finding->id);
        return;
    }
    if (!known &&
        (finding->revision || !ring_find(recorder->ring, conn, &holding)))
        return;
    caption = caption_new(finding, recorder->now);
    if (known)
        story_add(&recorder->stories, story, caption);
    else
        add_finding(recorder, conn, caption);
}

void recorder_over(struct recorder *recorder, uint64_t conn, nanos now)
{
    struct story *story = stories_find(&recorder->stories, conn);

    set_now(recorder, now);
    if (story && story->caption)
        write_story(recorder, story);
    story = stories_find(&recorder->stories, conn);
    if (story)
        story_forget(&recorder->stories, story);
    ring_forget(recorder->ring, conn);
}

void recorder_tick(struct recorder *recorder, nanos now)
{
    struct story *oldest;

    set_now(recorder, now);
    while ((oldest = recorder->stories.waiting.oldest) &&
           nanos_between(oldest->since, now) >= RECORDER_PATIENCE)
        write_story(recorder, oldest);
}

void recorder_finish(struct recorder *recorder, nanos now)
{
    set_now(recorder, now);
    while (recorder->stories.waiting.oldest)
        write_story(recorder, recorder->stories.waiting.oldest);
}

struct recorder_counts recorder_counts(const struct recorder *recorder)
{
    struct shelf_counts shelf = shelf_counts(recorder->shelf);
    struct ring_counts ring = ring_counts(recorder->ring);

    return (struct recorder_counts){.files = shelf.written,
                                    .bytes = shelf.bytes,
                                    .removed = shelf.removed,
                                    .failures = recorder->failures,
                                    .lost = recorder->lost,
                                    .connections = ring.connections,
                                    .packets = ring.packets,
                                    .trimmed = ring.trimmed,
                                    .shortened = ring.shortened,
                                    .dropped = ring.dropped};
}
