#include "infer/connection_use.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/endpoint.h"

enum {
    BY_CLIENT, /* flows, and so sides: who closes first */
    BY_SERVER
};

static struct endpoint endpoint(uint8_t host, uint16_t port)
{
    return (struct endpoint){
        .address = {.version = 4, .byte = {10, 0, 0, host}},
          .port = port
    };
}

/* A connection whose beginning was seen, closed by a side's FIN. */
static struct conn closed(uint8_t host, uint16_t port, unsigned by)
{
    struct conn conn = {
        .endpoint = {endpoint(host, port), endpoint(1, 80)},
        .flow = {{.fin_at = CONN_NO_OFFSET, .fin_acks = CONN_NO_OFFSET},
                     {.fin_at = CONN_NO_OFFSET, .fin_acks = CONN_NO_OFFSET}              },
    };

    conn.flow[0].syn = (struct mark){.time = 1, .frame = 1};
    conn.flow[1].seen = true;
    conn.flow[by].fin = (struct mark){.time = 9, .frame = 9};
    return conn;
}

/* It carried that many whole exchanges, the last of which said `word`. */
static void add(struct connection_use *use, struct conn *conn,
                uint64_t exchanges, enum close_word word)
{
    static const struct http_facts http = {.protocol = PROTOCOL_HTTP1};
    const struct outcome outcome = {.conn = conn,
                                    .http = &http,
                                    .ending = CONN_ENDED,
                                    .exchanges = exchanges,
                                    .complete = exchanges,
                                    .last_close_word = word};

    connection_use_add(use, &outcome);
}

static void test_single(void **state)
{
    static const struct {
        enum close_word word;
        unsigned by;
        enum single_use kind;
    } row[] = {
        {CLOSE_CLIENT_SAID,    BY_SERVER, SINGLE_CLIENT_SAID   },
        {CLOSE_CLIENT_HTTP10,  BY_SERVER, SINGLE_CLIENT_HTTP10 },
        {CLOSE_SERVER_SAID,    BY_CLIENT, SINGLE_SERVER_SAID   },
        {CLOSE_SERVER_HTTP10,  BY_CLIENT, SINGLE_SERVER_HTTP10 },
        {CLOSE_SERVER_ENDLESS, BY_SERVER, SINGLE_SERVER_ENDLESS},
        {CLOSE_UNSAID,         BY_CLIENT, SINGLE_CLIENT_CLOSED },
        {CLOSE_UNSAID,         BY_SERVER, SINGLE_SERVER_CLOSED },
    };
    struct connection_use use = {0};

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct conn conn = closed(5, 40000, row[i].by);

        add(&use, &conn, 1, row[i].word);
        assert_int_equal(use.single[row[i].kind], 1);
        assert_int_equal(connection_use_single(&use), i + 1);
    }
    assert_int_equal(use.ended, 7);
    assert_int_equal(use.requests, 7);
    connection_use_release(&use);
}

/* Of one that is open, began before the capture or has carried more than one
 * request nothing of the kind is said. */
static void test_not_single(void **state)
{
    struct connection_use use = {0};
    struct conn conn = closed(5, 40000, BY_CLIENT);

    (void)state;
    add(&use, &conn, 2, CLOSE_UNSAID);
    assert_int_equal(use.ended, 1);
    conn.flow[0].syn = (struct mark){0};
    add(&use, &conn, 1, CLOSE_UNSAID);
    conn = closed(5, 40000, BY_CLIENT);
    conn.flow[0].fin = (struct mark){0};
    add(&use, &conn, 1, CLOSE_UNSAID);
    assert_int_equal(use.ended, 1);
    assert_int_equal(use.requests, 2);
    assert_int_equal(connection_use_single(&use), 0);
    connection_use_release(&use);
}

static void add_many(struct connection_use *use, uint8_t host, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct conn conn = closed(host, (uint16_t)(40000 + i), BY_CLIENT);

        add(use, &conn, 1, CLOSE_UNSAID);
    }
}

static void test_churn(void **state)
{
    struct connection_use use = {.most_open = 2};
    struct conn reused = closed(5, 39999, BY_CLIENT);
    uint64_t connections;

    (void)state;
    add_many(&use, 5, 9);
    assert_false(connection_use_churns(&use));
    add_many(&use, 5, 1);
    assert_true(connection_use_churns(&use));
    assert_non_null(connection_use_by(&use, &connections));
    assert_int_equal(connections, 10);
    /* all of a burst, open at once, are no churn */
    use.most_open = 6;
    assert_false(connection_use_churns(&use));
    use.most_open = 5;
    /* nor where one in six carries more */
    add(&use, &reused, 4, CLOSE_UNSAID);
    assert_true(connection_use_churns(&use));
    add(&use, &reused, 4, CLOSE_UNSAID);
    assert_false(connection_use_churns(&use));
    connection_use_release(&use);
}

/* Six clients for four places: the one that opens most is not lost, and no
 * more is said of it than it opened. */
static void test_clients(void **state)
{
    struct connection_use use = {0};
    const struct use_client *most;
    uint64_t connections;

    (void)state;
    assert_null(connection_use_by(&use, &connections));
    for (unsigned round = 0; round < 10; round++) {
        add_many(&use, 20, 3);
        for (uint8_t host = 21; host < 26; host++)
            add_many(&use, host, 1);
    }
    most = connection_use_by(&use, &connections);
    assert_non_null(most);
    assert_int_equal(most->client.address.byte[3], 20);
    assert_int_equal(most->client.port, 0);
    assert_int_equal(connections, 30);
    connection_use_release(&use);
}

static void test_limit(void **state)
{
    struct connection_use use = {0};
    struct conn conn = closed(5, 40000, BY_SERVER);

    (void)state;
    add(&use, &conn, 8, CLOSE_SERVER_SAID);
    assert_int_equal(connection_use_limit(&use), 0);
    add(&use, &conn, 3, CLOSE_UNSAID);
    add(&use, &conn, 1, CLOSE_SERVER_SAID);
    assert_int_equal(connection_use_limit(&use), 0);
    add(&use, &conn, 8, CLOSE_SERVER_SAID);
    assert_int_equal(connection_use_limit(&use), 8);
    add(&use, &conn, 5, CLOSE_SERVER_SAID);
    assert_int_equal(connection_use_limit(&use), 0);
    connection_use_release(&use);
}

static void move(struct connection_use *use, enum conn_stage from,
                 enum conn_stage to, bool refused)
{
    struct conn conn = {.stage = to, .refused = refused};

    connection_use_move(use, &conn, from);
}

static void test_strain(void **state)
{
    struct connection_use use = {0};
    const struct strain *again = &use.strain[STRAINED_AGAIN];
    const struct strain *refused = &use.strain[STRAINED_REFUSED];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        move(&use, CONN_UNBORN, CONN_OPENING, false);
        move(&use, CONN_OPENING, CONN_OPEN, false);
    }
    assert_int_equal(use.open, 3);
    assert_int_equal(use.opening, 0);
    move(&use, CONN_UNBORN, CONN_OPENING, false);
    move(&use, CONN_UNBORN, CONN_OPENING, false);
    move(&use, CONN_OPENING, CONN_OPENING, false);
    assert_int_equal(again->count, 1);
    assert_int_equal(again->least_open, 3);
    assert_int_equal(again->most_open, 3);
    move(&use, CONN_OPEN, CONN_GONE, false);
    move(&use, CONN_OPENING, CONN_GONE, true);
    assert_int_equal(refused->count, 1);
    assert_int_equal(refused->most_open, 2);
    /* one that nobody answered went without a refusal */
    move(&use, CONN_OPENING, CONN_GONE, false);
    assert_int_equal(refused->count, 1);
    assert_int_equal(use.open, 2);
    assert_int_equal(use.opening, 0);
    assert_int_equal(use.most_open, 3);
    /* and what was never counted does not go below nothing */
    for (unsigned i = 0; i < 4; i++)
        move(&use, CONN_OPEN, CONN_GONE, false);
    assert_int_equal(use.open, 0);
}

/* A connection on ports that had rested for so long. */
static struct conn reused(uint16_t port, uint32_t rested, uint8_t before)
{
    struct conn conn = closed(5, port, BY_CLIENT);

    conn.ports = (struct ports){.rested = rested, .before = before};
    return conn;
}

static void test_ports(void **state)
{
    struct connection_use use = {0};
    const struct port_reuse *reuse = &use.reuse;
    struct conn fresh = closed(5, 40000, BY_CLIENT);
    struct conn late = reused(40000, 60001, PORTS_OF_CLIENT_CLOSED);
    struct conn waits = reused(40002, 2500, PORTS_OF_SERVER_CLOSED);
    struct conn met = reused(40001, 700, PORTS_OF_CLIENT_CLOSED);

    (void)state;
    add(&use, &fresh, 1, CLOSE_UNSAID);
    add(&use, &late, 1, CLOSE_UNSAID);
    assert_int_equal(reuse->count, 0);
    assert_int_equal(connection_use_rested(&late), -1);
    add(&use, &waits, 1, CLOSE_UNSAID);
    assert_int_equal(reuse->answer[REUSE_ACCEPTED], 1);
    assert_int_equal(reuse->server_closed, 1);
    met.challenged = true;
    add(&use, &met, 0, CLOSE_UNSAID);
    met.challenged = false;
    met.refused = true;
    add(&use, &met, 0, CLOSE_UNSAID);
    assert_int_equal(reuse->shortest, 700 * NANOS_PER_MILLI);
    assert_false(connection_use_has_few_ports(&use));
    met.refused = false;
    met.flow[1].seen = false;
    add(&use, &met, 0, CLOSE_UNSAID);
    for (unsigned i = 0; i < REUSE_ANSWERS; i++)
        assert_int_equal(reuse->answer[i], 1);
    assert_int_equal(reuse->ports, 2);
    assert_int_equal(reuse->lowest, 40001);
    assert_int_equal(reuse->highest, 40002);
    assert_true(connection_use_has_few_ports(&use));
    connection_use_release(&use);
}

/* More ports than are kept: how many is not known, and so not that they are
 * few. */
static void test_many_ports(void **state)
{
    struct connection_use use = {0};

    (void)state;
    for (unsigned i = 0; i < 4 * USE_PORTS_KEPT; i++) {
        struct conn conn = reused((uint16_t)(40000 + i % (USE_PORTS_KEPT + 1)),
                                  10, PORTS_OF_CLIENT_CLOSED);

        add(&use, &conn, 1, CLOSE_UNSAID);
    }
    assert_int_equal(use.reuse.ports, USE_PORTS_KEPT);
    assert_true(use.reuse.more);
    assert_false(connection_use_has_few_ports(&use));
    connection_use_release(&use);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single), cmocka_unit_test(test_not_single),
        cmocka_unit_test(test_churn),  cmocka_unit_test(test_clients),
        cmocka_unit_test(test_limit),  cmocka_unit_test(test_strain),
        cmocka_unit_test(test_ports),  cmocka_unit_test(test_many_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
