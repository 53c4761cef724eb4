#include "files/notes.h"

#include "base/arena.h"
#include "base/text.h"
#include "diagnose/finding.h"

#include <stdlib.h>

enum {
    NOTE_SIZE = 16 << 10 /* of one text, that an option takes */
};

/* A piece of evidence, or the close that none of it says. */
struct note {
    uint64_t frame;
    const struct finding *finding; /* borrowed */
    const char *what;
};

struct notes {
    struct note *note;
    size_t count;
    size_t next;       /* of those not asked for yet */
    const char **text; /* of the frame that was asked for */
    size_t room;
    struct arena arena; /* its texts */
};

static bool is_cited(const struct finding *finding, uint64_t frame)
{
    for (size_t i = 0; i < finding->evidences; i++) {
        if (finding->evidence[i].at.frame == frame)
            return true;
    }
    return false;
}

static void add(struct notes *notes, const struct finding *finding,
                uint64_t frame, const char *what)
{
    if (frame)
        notes->note[notes->count++] = (struct note){frame, finding, what};
}

static void add_finding(struct notes *notes, const struct finding *finding)
{
    for (size_t i = 0; i < finding->evidences; i++)
        add(notes, finding, finding->evidence[i].at.frame,
            finding->evidence[i].what);
    if (!is_cited(finding, finding->ended.frame))
        add(notes, finding, finding->ended.frame, finding->title);
}

static int by_frame(const void *left, const void *right)
{
    const struct note *a = left;
    const struct note *b = right;

    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    return (a->finding->id > b->finding->id) -
           (a->finding->id < b->finding->id);
}

struct notes *notes_of_report(const struct report *report)
{
    struct notes *notes = must_calloc(1, sizeof *notes);
    size_t most = 1;

    for (size_t i = 0; i < report->findings; i++)
        most += report->finding[i]->evidences + 1;
    notes->note = must_calloc(most, sizeof *notes->note);
    for (size_t i = 0; i < report->findings; i++)
        add_finding(notes, report->finding[i]);
    qsort(notes->note, notes->count, sizeof *notes->note, by_frame);
    arena_init(&notes->arena);
    return notes;
}

void notes_free(struct notes *notes)
{
    arena_release(&notes->arena);
    free(notes->note);
    free(notes->text);
    free(notes);
}

static const char *write_note(struct notes *notes, const struct note *note)
{
    const struct finding *finding = note->finding;
    struct text text;
    const char *kept;

    text_init(&text, NOTE_SIZE);
    text_addf(&text, "whyeof: %s (%s, %s): ", verdict_slug(finding->code),
              severity_name(finding->severity),
              confidence_name(finding->confidence));
    text_add_visible(&text, span_of_text(note->what ? note->what : ""));
    text_addf(&text, " (finding %" PRIu64 ")", finding->id);
    kept = arena_keep(&notes->arena, span_of_text(text_string(&text)));
    text_release(&text);
    return kept;
}

const char *const *notes_of(struct notes *notes, uint64_t frame, size_t *count)
{
    size_t first;

    while (notes->next < notes->count && notes->note[notes->next].frame < frame)
        notes->next++;
    first = notes->next;
    while (notes->next < notes->count &&
           notes->note[notes->next].frame == frame)
        notes->next++;
    *count = notes->next - first;
    if (*count == 0)
        return NULL;
    if (*count > notes->room) {
        notes->room = *count;
        notes->text =
            must_realloc(notes->text, notes->room, sizeof *notes->text);
    }
    arena_release(&notes->arena);
    arena_init(&notes->arena);
    for (size_t i = 0; i < *count; i++)
        notes->text[i] = write_note(notes, &notes->note[first + i]);
    return notes->text;
}
