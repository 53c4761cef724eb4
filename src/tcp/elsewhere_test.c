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

static void end(struct table *table, struct conn *conn)
{
    conn_free_episodes(conn);
    table_release(table);
}

static void test_heard(void **state)
{
    struct table table;
    struct conn *conn;
    struct episode *episode;

    (void)state;
    table_init(&table);
    conn = talk(&table, WAITS, SILENT, 1000, 20 * S);
    episode = wait_on(conn, EPISODE_RETRANSMISSION);
    talk(&table, SOMEBODY, SILENT, 1001, 15 * S);
    talk(&table, SILENT, SOMEBODY, 1002, 18 * S); /* in the other role */
    elsewhere_look(&table, conn);
    assert_int_equal(episode->elsewhere.time, 18 * S);
    assert_int_equal(episode->elsewhere_id, 1002);
    end(&table, conn);
}

static void test_not_heard(void **state)
{
    struct table table;
    struct conn *conn;
    struct episode *episode;

    (void)state;
    table_init(&table);
    conn = talk(&table, WAITS, SILENT, 1000, 20 * S);
    episode = wait_on(conn, EPISODE_KEEPALIVE);
    talk(&table, SOMEBODY, SILENT, 1001, 10 * S); /* before it was silent */
    talk(&table, SOMEBODY, WAITS, 1002, 18 * S);
    elsewhere_look(&table, conn);
    assert_false(mark_is_set(episode->elsewhere));
    end(&table, conn);
}

/* Once it was given up, what comes says nothing of the time before. */
static void test_heard_too_late(void **state)
{
    struct table table;
    struct conn *conn;
    struct episode *episode;

    (void)state;
    table_init(&table);
    conn = talk(&table, WAITS, SILENT, 1000, 20 * S);
    episode = wait_on(conn, EPISODE_RETRANSMISSION);
    talk(&table, SOMEBODY, SILENT, 1001, 25 * S);
    conn->over = at(21 * S);
    elsewhere_look(&table, conn);
    assert_false(mark_is_set(episode->elsewhere));
    conn->over = (struct mark){0};
    elsewhere_look(&table, conn);
    assert_true(mark_is_set(episode->elsewhere));
    end(&table, conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heard),
        cmocka_unit_test(test_not_heard),
        cmocka_unit_test(test_heard_too_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
