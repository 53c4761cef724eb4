/* Which notes stay when there are more than is room for. */
/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcp/notes.h"

static struct mark mark_at(nanos time)
{
    return (struct mark){.time = time, .frame = 1};
}

/* An episode from `from` on, in milliseconds. */
static void episode(struct conn *conn, enum note_kind kind, nanos from,
                    nanos lasted)
{
    struct mark first = mark_at(from * NANOS_PER_MILLI);

    notes_end(conn, notes_add(conn, kind, 0, first),
              mark_at((from + lasted) * NANOS_PER_MILLI));
}

static unsigned count_of(const struct conn *conn, enum note_kind kind)
{
    unsigned count = 0;

    for (unsigned i = 0; i < conn->notes; i++)
        count += conn->note[i].kind == kind;
    return count;
}

static bool has_one_of(const struct conn *conn, nanos lasted)
{
    for (unsigned i = 0; i < conn->notes; i++) {
        const struct note *note = &conn->note[i];

        if (nanos_between(note->first.time, note->ended.time) ==
            lasted * NANOS_PER_MILLI)
            return true;
    }
    return false;
}

static void test_long_ones_stay(void **state)
{
    struct conn conn = {.notes = 0};

    (void)state;
    for (nanos i = 0; i < 200; i++)
        episode(&conn, NOTE_ZERO_WINDOW, 10000 * i,
                i == 7    ? 9000
                : i == 90 ? 5000
                          : 250);
    assert_int_equal(conn.notes, CONN_NOTES_KEPT);
    assert_true(has_one_of(&conn, 9000));
    assert_true(has_one_of(&conn, 5000));
    assert_int_equal(conn.lost->of[NOTE_ZERO_WINDOW][0].longest,
                     250 * NANOS_PER_MILLI);
    assert_int_equal(conn.lost->of[NOTE_ZERO_WINDOW][1].longest, 0);
    conn_free_notes(&conn);
}

/* Of those as long the newest: a later exchange asks for them. */
static void test_old_ones_go(void **state)
{
    struct conn conn = {.notes = 0};

    (void)state;
    for (nanos i = 0; i < 100; i++)
        episode(&conn, NOTE_ZERO_WINDOW, 1000 * i, 250);
    assert_int_equal(conn.note[0].first.time,
                     1000 * (100 - CONN_NOTES_KEPT) * NANOS_PER_MILLI);
    assert_int_equal(conn.lost->of[NOTE_ZERO_WINDOW][0].until,
                     (1000 * (99 - CONN_NOTES_KEPT) + 250) * NANOS_PER_MILLI);
    conn_free_notes(&conn);
}

static void test_kinds_apart(void **state)
{
    struct conn conn = {.notes = 0};

    (void)state;
    episode(&conn, NOTE_ZERO_WINDOW, 0, 150);
    for (nanos i = 0; i < 200; i++) {
        episode(&conn, NOTE_RETRANSMISSION, 1000 * i, 400);
        episode(&conn, NOTE_KEEPALIVE, 1000 * i, 300);
    }
    assert_int_equal(count_of(&conn, NOTE_ZERO_WINDOW), 1);
    assert_in_range(count_of(&conn, NOTE_KEEPALIVE), CONN_NOTES_KEPT / 3,
                    CONN_NOTES_KEPT / 2);
    conn_free_notes(&conn);
}

static void test_open_ones_stay(void **state)
{
    struct conn conn = {.notes = 0};

    (void)state;
    for (nanos i = 0; i < 100; i++)
        episode(&conn, NOTE_ZERO_WINDOW, 1000 * i, 250);
    for (unsigned side = 0; side < 2; side++) {
        (void)notes_add(&conn, NOTE_ZERO_WINDOW, side, mark_at(1));
        (void)notes_add(&conn, NOTE_RETRANSMISSION, side, mark_at(1));
        (void)notes_add(&conn, NOTE_KEEPALIVE, side, mark_at(1));
        notes_hole(&conn, side, mark_at(1), 5, 10);
        notes_hole(&conn, side, mark_at(2), 25, 10);
    }
    assert_int_equal(conn.notes, CONN_NOTES_ROOM);
    assert_int_equal(conn.notes_open, 6);
    assert_int_equal(count_of(&conn, NOTE_HOLE), 2);
    for (unsigned side = 0; side < 2; side++)
        notes_end(&conn, notes_open(&conn, NOTE_KEEPALIVE, side), mark_at(3));
    assert_int_equal(conn.notes_open, 4);
    assert_int_equal(count_of(&conn, NOTE_HOLE), 2);
    assert_int_equal(count_of(&conn, NOTE_KEEPALIVE), 2);
    conn_free_notes(&conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_ones_stay),
        cmocka_unit_test(test_old_ones_go),
        cmocka_unit_test(test_kinds_apart),
        cmocka_unit_test(test_open_ones_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
