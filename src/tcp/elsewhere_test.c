#include "tcp/elsewhere.h"

#include "tcp/episodes.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S NANOS_PER_SECOND

enum {
    SILENT = 2,
    WAITS = 1,
    SOMEBODY = 3
};

static struct mark at(nanos time)
{
    return (struct mark){.time = time, .frame = (uint64_t)(time / S) & 0xffff};
}

/* From a host of 10.0.0.0/24 to another, with a packet of each at `last`. */
static struct conn *talk(struct table *table, uint8_t from, uint8_t to,
                         uint16_t port, nanos last)
{
    struct segment segment = {
        .source = {{4, {10, 0, 0, from}}, port},
        .destination = {{4, {10, 0, 0, to}},   80  },
    };
    struct conn *conn = table_add(table, &segment);

    conn->id = port;
    conn->last = at(last);
    conn->flow[0].last_any = at(last);
    conn->flow[1].last_any = at(last);
    return conn;
}

/* Sent again from 10 s to 20 s. */
static struct episode *wait_on(struct conn *conn, enum episode_kind kind)
{
    struct episode *episode = episodes_add(conn, kind, 0, at(9 * S));

    conn->flow[1].last_any = at(8 * S);
    conn->last = at(20 * S);
    episode->second = at(10 * S);
    episode->last = at(20 * S);
    episode->count = 3;
    return episode;
}

/* The other connection of each row, and what is found of it. */
static const struct {
    const char *what;
    uint8_t from, to;
    nanos last;
    nanos over; /* when the silent one was given up; 0: it was not */
    bool is_heard;
} rows[] = {
    {"to the silent host",     SOMEBODY, SILENT,   15 * S, 0,      true },
    {"from it",                SILENT,   SOMEBODY, 15 * S, 0,      true },
    {"after the last try",     SOMEBODY, SILENT,   25 * S, 0,      true },
    {"before the first",       SOMEBODY, SILENT,   10 * S, 0,      false},
    {"of the side that waits", SOMEBODY, WAITS,    15 * S, 0,      false},
    {"before it was given up", SOMEBODY, SILENT,   15 * S, 21 * S, true },
 /* says nothing of the time before */
    {"after that",             SOMEBODY, SILENT,   25 * S, 21 * S, false},
};

static void test_heard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct table table;
        struct conn *conn;
        struct episode *episode;

        table_init(&table);
        conn = talk(&table, WAITS, SILENT, 1000, 20 * S);
        episode =
            wait_on(conn, i % 2 ? EPISODE_KEEPALIVE : EPISODE_RETRANSMISSION);
        talk(&table, rows[i].from, rows[i].to, 1001, rows[i].last);
        if (rows[i].over)
            conn->over = at(rows[i].over);
        elsewhere_look(&table, conn);
        if (mark_is_set(episode->elsewhere) != rows[i].is_heard ||
            episode->elsewhere_id != (rows[i].is_heard ? 1001 : 0))
            fail_msg("%s", rows[i].what);
        conn_free_episodes(conn);
        table_release(&table);
    }
}

/* Of several the latest; one whose silence has ended is none. */
static void test_latest(void **state)
{
    struct table table;
    struct conn *conn;
    struct episode *episode;

    (void)state;
    table_init(&table);
    conn = talk(&table, WAITS, SILENT, 1000, 20 * S);
    episode = wait_on(conn, EPISODE_RETRANSMISSION);
    talk(&table, SOMEBODY, SILENT, 1001, 15 * S);
    talk(&table, SILENT, SOMEBODY, 1002, 18 * S);
    episode->ended = at(19 * S);
    elsewhere_look(&table, conn);
    assert_false(mark_is_set(episode->elsewhere));
    episode->ended = (struct mark){0};
    elsewhere_look(&table, conn);
    assert_int_equal(episode->elsewhere.time, 18 * S);
    assert_int_equal(episode->elsewhere_id, 1002);
    conn_free_episodes(conn);
    table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heard),
        cmocka_unit_test(test_latest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
