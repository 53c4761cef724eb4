#include "tcp/notes.h"

#include "base/arena.h"
#include "tcp/tcp.h"

#include <assert.h>
#include <stdlib.h>

/*
 * Episodes shorter than this explain nothing: they are counted, not kept, so
 * that the notes of a busy connection stay few.
 */
#define NOTE_WORTH_KEEPING (100 * NANOS_PER_MILLI)

/* Of each kind and side. */
enum {
    NEWEST_KEPT = 8
};

static_assert(NEWEST_KEPT * 2 * NOTE_HOLE <= CONN_NOTES_KEPT,
              "of too many there are older ones");

struct note *notes_open(struct conn *conn, enum note_kind kind, unsigned side)
{
    if (conn->notes_open == 0)
        return NULL;
    for (unsigned i = conn->notes; i-- > 0;) {
        struct note *note = &conn->note[i];

        if (note->kind == kind && note->side == side &&
            !mark_is_set(note->ended))
            return note;
    }
    return NULL;
}

static void drop_note(struct conn *conn, struct note *note)
{
    size_t at = (size_t)(note - conn->note);

    conn->notes--;
    memmove(note, note + 1, (conn->notes - at) * sizeof *note);
}

struct note *notes_add(struct conn *conn, enum note_kind kind, unsigned side,
                       struct mark first)
{
    struct note *note;

    assert(conn->notes < CONN_NOTES_ROOM);
    /* room grows by doubling: 1, 2, 4 … */
    if ((conn->notes & (conn->notes - 1)) == 0)
        conn->note =
            must_realloc(conn->note, conn->notes ? 2u * conn->notes : 1,
                         sizeof *note);
    note = &conn->note[conn->notes++];
    *note = (struct note){.kind = (uint8_t)kind,
                          .side = (uint8_t)side,
                          .first = first,
                          .second = first,
                          .last = first};
    conn->notes_open++;
    return note;
}

static nanos lasted(const struct note *note)
{
    return nanos_between(note->first.time, note->ended.time);
}

/* Holes are one for each side, however many: they never go. */
static bool may_go(const struct note *note)
{
    return note->kind != NOTE_HOLE && mark_is_set(note->ended);
}

/*
 * The shortest, and of those as short the oldest, of the kind and side that
 * have most: many of one kind leave those of another alone. The newest stay:
 * what they explain is not told yet.
 */
static struct note *least_telling(struct conn *conn)
{
    unsigned count[NOTE_KIND_COUNT][2] = {{0}};
    struct note *least = NULL;
    unsigned most = 0;
    unsigned old;

    for (unsigned i = 0; i < conn->notes; i++) {
        const struct note *note = &conn->note[i];

        if (may_go(note) && ++count[note->kind][note->side] > most)
            most = count[note->kind][note->side];
    }
    old = most - NEWEST_KEPT;
    for (unsigned i = 0; i < conn->notes && old; i++) {
        struct note *note = &conn->note[i];

        if (!may_go(note) || count[note->kind][note->side] != most)
            continue;
        if (!least)
            least = note;
        if (note->kind != least->kind || note->side != least->side)
            continue;
        old--;
        if (lasted(note) < lasted(least))
            least = note;
    }
    return least;
}

static void keep_to_budget(struct conn *conn)
{
    unsigned over = 0;
    struct note *least;
    struct notes_lost *lost;

    for (unsigned i = 0; i < conn->notes; i++)
        over += may_go(&conn->note[i]);
    if (over <= CONN_NOTES_KEPT)
        return;
    least = least_telling(conn);
    if (!conn->lost)
        conn->lost = must_calloc(1, sizeof *conn->lost);
    lost = &conn->lost->of[least->kind][least->side];
    if (lasted(least) > lost->longest)
        lost->longest = lasted(least);
    if (least->ended.time > lost->until)
        lost->until = least->ended.time;
    drop_note(conn, least);
}

void notes_end(struct conn *conn, struct note *note, struct mark at)
{
    note->ended = at;
    conn->notes_open--;
    if (note->kind != NOTE_HOLE && note->kind != NOTE_KEEPALIVE &&
        lasted(note) < NOTE_WORTH_KEEPING)
        drop_note(conn, note);
    else if (conn->notes > CONN_NOTES_KEPT)
        keep_to_budget(conn);
}

void conn_copy_notes(struct conn *copy, const struct conn *conn)
{
    copy->note = NULL;
    copy->lost = NULL;
    if (conn->notes) {
        copy->note = must_calloc(conn->notes, sizeof *copy->note);
        memcpy(copy->note, conn->note, conn->notes * sizeof *copy->note);
    }
    if (conn->lost) {
        copy->lost = must_calloc(1, sizeof *copy->lost);
        *copy->lost = *conn->lost;
    }
}

void conn_free_notes(struct conn *conn)
{
    free(conn->note);
    free(conn->lost);
    conn->note = NULL;
    conn->lost = NULL;
    conn->notes = 0;
}

void conn_forget_notes(struct conn *conn, nanos time)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < conn->notes; i++) {
        struct note *note = &conn->note[i];

        if (mark_is_set(note->ended) && note->ended.time <= time)
            continue;
        conn->note[kept++] = *note;
    }
    conn->notes = (uint16_t)kept;
}

void notes_hole(struct conn *conn, unsigned side, struct mark at,
                uint64_t offset, uint64_t size)
{
    struct note *note = NULL;

    conn->flow[side].lost += size;
    for (unsigned i = 0; i < conn->notes; i++) {
        if (conn->note[i].kind == NOTE_HOLE && conn->note[i].side == side)
            note = &conn->note[i];
    }
    if (!note) {
        note = notes_add(conn, NOTE_HOLE, side, at);
        note->offset = offset;
        notes_end(conn, note, at);
    }
    note->count++;
    note->last = at;
    note->ended = at;
    note->size += size;
}
