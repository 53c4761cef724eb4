/* Which episodes stay when there are more than is room for. */
/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcp/episodes.h"

static struct mark mark_at(nanos time)
{
    return (struct mark){.time = time, .frame = 1};
}

/* An episode from `from` on, in milliseconds. */
static void add(struct conn *conn, enum episode_kind kind, nanos from,
                nanos lasted)
{
    struct mark first = mark_at(from * NANOS_PER_MILLI);

    episodes_end(conn, episodes_add(conn, kind, 0, first),
                 mark_at((from + lasted) * NANOS_PER_MILLI));
}

static unsigned count_of(const struct conn *conn, enum episode_kind kind)
{
    unsigned count = 0;

    for (unsigned i = 0; i < conn->episodes; i++)
        count += conn->episode[i].kind == kind;
    return count;
}

static bool has_one_of(const struct conn *conn, nanos lasted)
{
    for (unsigned i = 0; i < conn->episodes; i++) {
        const struct episode *episode = &conn->episode[i];

        if (nanos_between(episode->first.time, episode->ended.time) ==
            lasted * NANOS_PER_MILLI)
            return true;
    }
    return false;
}

static void test_long_ones_stay(void **state)
{
    struct conn conn = {.episodes = 0};

    (void)state;
    for (nanos i = 0; i < 200; i++)
        add(&conn, EPISODE_ZERO_WINDOW, 10000 * i,
            i == 7    ? 9000
            : i == 90 ? 5000
                      : 250);
    assert_int_equal(conn.episodes, CONN_EPISODES_KEPT);
    assert_true(has_one_of(&conn, 9000));
    assert_true(has_one_of(&conn, 5000));
    assert_int_equal(conn.lost->of[EPISODE_ZERO_WINDOW][0].longest,
                     250 * NANOS_PER_MILLI);
    assert_int_equal(conn.lost->of[EPISODE_ZERO_WINDOW][1].longest, 0);
    conn_free_episodes(&conn);
}

/* Of those as long the newest: a later exchange asks for them. */
static void test_old_ones_go(void **state)
{
    struct conn conn = {.episodes = 0};

    (void)state;
    for (nanos i = 0; i < 100; i++)
        add(&conn, EPISODE_ZERO_WINDOW, 1000 * i, 250);
    assert_int_equal(conn.episode[0].first.time,
                     1000 * (100 - CONN_EPISODES_KEPT) * NANOS_PER_MILLI);
    assert_int_equal(conn.lost->of[EPISODE_ZERO_WINDOW][0].until,
                     (1000 * (99 - CONN_EPISODES_KEPT) + 250) *
                         NANOS_PER_MILLI);
    conn_free_episodes(&conn);
}

static void test_kinds_apart(void **state)
{
    struct conn conn = {.episodes = 0};

    (void)state;
    add(&conn, EPISODE_ZERO_WINDOW, 0, 150);
    for (nanos i = 0; i < 200; i++) {
        add(&conn, EPISODE_RETRANSMISSION, 1000 * i, 400);
        add(&conn, EPISODE_KEEPALIVE, 1000 * i, 300);
    }
    assert_int_equal(count_of(&conn, EPISODE_ZERO_WINDOW), 1);
    assert_in_range(count_of(&conn, EPISODE_KEEPALIVE), CONN_EPISODES_KEPT / 3,
                    CONN_EPISODES_KEPT / 2);
    conn_free_episodes(&conn);
}

static void test_open_ones_stay(void **state)
{
    struct conn conn = {.episodes = 0};

    (void)state;
    for (nanos i = 0; i < 100; i++)
        add(&conn, EPISODE_ZERO_WINDOW, 1000 * i, 250);
    for (unsigned side = 0; side < 2; side++) {
        (void)episodes_add(&conn, EPISODE_ZERO_WINDOW, side, mark_at(1));
        (void)episodes_add(&conn, EPISODE_RETRANSMISSION, side, mark_at(1));
        (void)episodes_add(&conn, EPISODE_KEEPALIVE, side, mark_at(1));
        episodes_hole(&conn, side, mark_at(1), 5, 10);
        episodes_hole(&conn, side, mark_at(2), 25, 10);
    }
    assert_int_equal(conn.episodes, CONN_EPISODES_ROOM);
    assert_int_equal(conn.episodes_open, 6);
    assert_int_equal(count_of(&conn, EPISODE_HOLE), 2);
    for (unsigned side = 0; side < 2; side++)
        episodes_end(&conn, episodes_open(&conn, EPISODE_KEEPALIVE, side),
                     mark_at(3));
    assert_int_equal(conn.episodes_open, 4);
    assert_int_equal(count_of(&conn, EPISODE_HOLE), 2);
    assert_int_equal(count_of(&conn, EPISODE_KEEPALIVE), 2);
    conn_free_episodes(&conn);
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
