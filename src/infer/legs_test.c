#include "infer/legs.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NANOS_PER_MILLI

enum {
    CLIENT = 5, /* hosts */
    PROXY = 9,
    BACK = 3
};

static struct endpoint endpoint(uint8_t host, uint16_t port)
{
    return (struct endpoint){
        .address = {.version = 4, .byte = {10, 0, 0, host}},
          .port = port
    };
}

/* A frame each millisecond. */
static struct mark at(unsigned ms)
{
    return (struct mark){.time = ms * MS, .frame = ms};
}

/* GET of the same, answered at its end with `status`; 0: cut then. */
static struct leg exchange(uint64_t connection, uint8_t from, uint8_t to,
                           unsigned start, unsigned end, uint16_t status)
{
    return (struct leg){
        .connection = connection,
        .exchange = 1,
        .client = endpoint(from, (uint16_t)(40000 + connection)),
        .server = endpoint(to, to == PROXY ? 80 : 9000),
        .start = at(start),
        .asked = at(start),
        .first = status ? at(end) : (struct mark){0},
        .end = at(end),
        .method = 1,
        .target = 2,
        .tail = {3},
        .status = status,
        .request_whole = true,
        .how = status ? LEG_ANSWERED : LEG_CLOSED,
    };
}

static struct leg refused(uint64_t connection, uint8_t to, unsigned when)
{
    struct leg leg = exchange(connection, PROXY, to, when, when, 0);

    leg.exchange = 0;
    leg.how = LEG_REFUSED;
    return leg;
}

enum {
    ROW_LEGS = 6
};

struct row {
    const char *what;
    struct leg leg[ROW_LEGS]; /* the first is the front */
    enum leg_sureness sure;
    uint64_t connection; /* of what is behind it */
    unsigned tries;
};

static void check(const struct row *row)
{
    struct legs legs = {0};
    struct leg_pair pair;

    for (size_t i = 0; i < ROW_LEGS && row->leg[i].connection; i++)
        legs_add(&legs, &row->leg[i]);
    pair = legs_upstream(&legs, &row->leg[0]);
    if (pair.sure != row->sure || pair.tries != row->tries ||
        (pair.sure == LEG_SURE && pair.leg.connection != row->connection))
        fail_msg("%s: %d, tcp.stream %" PRIu64 ", %u tries", row->what,
                 (int)pair.sure, pair.leg.connection, pair.tries);
    legs_release(&legs);
}

static void test_answered_ahead(void **state)
{
    const struct row rows[] = {
        {"answered when that was not",
         {exchange(1, CLIENT, PROXY, 10, 60, 200),
          exchange(2, PROXY, BACK, 20, 61, 0)},
         LEG_NONE, 0,
         0},
        {"given up when that was not answered",
         {exchange(1, CLIENT, PROXY, 10, 60, 504),
          exchange(2, PROXY, BACK, 20, 61, 0)},
         LEG_SURE, 2,
         1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
}

static void test_upstream(void **state)
{
    const struct row rows[] = {
        {"nobody behind it",
         {exchange(1, CLIENT, PROXY, 10, 90, 502)},
         LEG_NONE,   0,
         0},
        {"inside it, asked by its host",
         {exchange(1, CLIENT, PROXY, 10, 90, 502),
          exchange(2, PROXY, BACK, 20, 80, 0)},
         LEG_SURE,   2,
         1},
        {"asked by another host",
         {exchange(1, CLIENT, PROXY, 10, 90, 502),
          exchange(2, CLIENT, BACK, 20, 80, 0)},
         LEG_NONE,   0,
         0},
        {"begun before it",
         {exchange(1, CLIENT, PROXY, 10, 90, 502),
          exchange(2, PROXY, BACK, 9, 80, 0)},
         LEG_NONE,   0,
         0},
        {"begun when it was answered",
         {exchange(1, CLIENT, PROXY, 10, 90, 502),
          exchange(2, PROXY, BACK, 90, 95, 0)},
         LEG_NONE,   0,
         0},
        {"a retry follows",
         {exchange(1, CLIENT, PROXY, 10, 90, 200),
          exchange(2, PROXY, BACK, 20, 40, 0),
          exchange(3, PROXY, BACK, 41, 80, 200)},
         LEG_SURE,   3,
         2},
        {"two at once are not tries of one",
         {exchange(1, CLIENT, PROXY, 10, 90, 200),
          exchange(2, PROXY, BACK, 20, 50, 0),
          exchange(3, PROXY, BACK, 41, 80, 200)},
         LEG_UNSURE, 0,
         2},
        {"another front fits",
         {exchange(1, CLIENT, PROXY, 10, 90, 502),
          exchange(2, PROXY, BACK, 20, 80, 0),
          exchange(3, CLIENT, PROXY, 12, 95, 200)},
         LEG_UNSURE, 0,
         1},
        {"answered otherwise",
         {exchange(1, CLIENT, PROXY, 10, 90, 200),
          exchange(2, PROXY, BACK, 20, 80, 404)},
         LEG_NONE,   0,
         0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
}

static void test_refused(void **state)
{
    const struct row rows[] = {
        {"refused just before",
         {exchange(1, CLIENT, PROXY, 10, 90, 502), refused(2, BACK, 88)},
         LEG_SURE,   2,
         1},
        {"refused long before it answered",
         {exchange(1, CLIENT, PROXY, 10, 90, 502), refused(2, BACK, 12)},
         LEG_NONE,   0,
         0},
        {"refused, and two answer so",
         {exchange(1, CLIENT, PROXY, 10, 90, 502), refused(2, BACK, 88),
          exchange(3, CLIENT, PROXY, 11, 91, 502)},
         LEG_UNSURE, 0,
         1},
        {"refused, and answered all the same",
         {exchange(1, CLIENT, PROXY, 10, 90, 200), refused(2, BACK, 88)},
         LEG_NONE,   0,
         0},
        {"health checks refused before a 503",
         {exchange(1, CLIENT, PROXY, 80, 81, 503), refused(2, BACK, 20),
          refused(3, BACK, 60)},
         LEG_SURE,   3,
         2},
        {"of two addresses",
         {exchange(1, CLIENT, PROXY, 80, 81, 503), refused(2, BACK, 20),
          refused(3, BACK, 30), refused(4, BACK + 1, 40)},
         LEG_NONE,   0,
         0},
        {"it worked again since",
         {exchange(1, CLIENT, PROXY, 80, 81, 503), refused(2, BACK, 20),
          refused(3, BACK, 30), exchange(4, PROXY, BACK, 50, 60, 200)},
         LEG_NONE,   0,
         0},
        {"one refusal is none of a health check",
         {exchange(1, CLIENT, PROXY, 80, 81, 503), refused(2, BACK, 20)},
         LEG_NONE,   0,
         0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
}

static void test_row_of_proxies(void **state)
{
    struct leg front = exchange(1, CLIENT, PROXY, 10, 90, 502);
    struct leg middle = exchange(2, PROXY, 8, 20, 80, 502);
    struct leg last = exchange(3, 8, BACK, 30, 70, 0);
    struct legs legs = {0};
    struct leg_pair pair;

    (void)state;
    legs_add(&legs, &last);
    legs_add(&legs, &middle);
    legs_add(&legs, &front);
    assert_int_equal(legs_upstream(&legs, &front).leg.connection, 2);
    assert_int_equal(legs_upstream(&legs, &middle).leg.connection, 3);
    pair = legs_front(&legs, &last);
    assert_int_equal(pair.sure, LEG_SURE);
    assert_int_equal(pair.leg.connection, 2);
    legs_release(&legs);
}

static void test_body_and_path(void **state)
{
    struct leg front = exchange(1, CLIENT, PROXY, 10, 90, 502);
    struct leg behind = exchange(2, PROXY, BACK, 20, 80, 0);
    struct legs legs = {0};

    (void)state;
    legs_add(&legs, &front);
    behind.content = 7;
    legs_add(&legs, &behind);
    assert_int_equal(legs_upstream(&legs, &front).sure, LEG_NONE);
    legs.leg[1].content = 0;
    legs.leg[1].target =
        front.tail[0]; /* the first part of the path is cut off */
    assert_int_equal(legs_upstream(&legs, &front).sure, LEG_SURE);
    legs.leg[1].target = 77;
    assert_int_equal(legs_upstream(&legs, &front).sure, LEG_NONE);
    legs_release(&legs);
}

static struct leg on_loopback(struct leg leg, uint16_t port)
{
    leg.client.address = (struct address){
        .version = 4, .byte = {127, 0, 0, 1}
    };
    leg.server.address = leg.client.address;
    leg.server.port = port;
    return leg;
}

/*
 * Two servers behind a proxy, all on one host, and the same is asked for again
 * and again: neither is behind the other, though one exchange with the second
 * is inside one with the first.
 */
static void test_one_host(void **state)
{
    struct legs legs = {0};
    struct leg first = on_loopback(exchange(2, PROXY, BACK, 20, 80, 0), 9001);
    struct leg second = on_loopback(exchange(4, PROXY, BACK, 42, 70, 0), 9002);
    const struct leg rest[] = {
        on_loopback(exchange(1, CLIENT, PROXY, 10, 90, 502), 80),
        first,
        on_loopback(exchange(3, CLIENT, PROXY, 40, 75, 502), 80),
        second,
        on_loopback(exchange(5, CLIENT, PROXY, 200, 290, 200), 80),
        on_loopback(exchange(6, PROXY, BACK, 220, 280, 200), 9002),
    };

    (void)state;
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        legs_add(&legs, &rest[i]);
    assert_int_equal(legs_upstream(&legs, &first).sure, LEG_NONE);
    assert_int_equal(legs_upstream(&legs, &rest[4]).sure, LEG_SURE);
    assert_int_equal(legs_upstream(&legs, &rest[4]).leg.connection, 6);
    /* of the two at once each may be either's */
    assert_int_equal(legs_front(&legs, &second).sure, LEG_UNSURE);
    legs_release(&legs);
}

/* What is no longer kept may have fitted as well. */
static void test_full(void **state)
{
    struct leg front = exchange(1, CLIENT, PROXY, 1000, 90000, 502);
    struct leg behind = exchange(2, PROXY, BACK, 2000, 80000, 0);
    struct legs legs = {0};

    (void)state;
    for (unsigned i = 0; i < LEGS_KEPT; i++) {
        struct leg other = exchange(9, CLIENT, BACK, 1 + i, 2 + i, 200);

        other.target = 99;
        legs_add(&legs, &other);
    }
    legs_add(&legs, &behind);
    legs_add(&legs, &front);
    assert_int_equal(legs.count, LEGS_KEPT);
    assert_int_equal(legs_upstream(&legs, &front).sure, LEG_SURE);
    for (unsigned i = 0; i < LEGS_KEPT / 2; i++)
        legs_add(&legs, &(struct leg){.exchange = 1, .end = at(95000)});
    assert_int_equal(legs_upstream(&legs, &front).sure, LEG_UNSURE);
    legs_release(&legs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upstream),
        cmocka_unit_test(test_answered_ahead),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_row_of_proxies),
        cmocka_unit_test(test_body_and_path),
        cmocka_unit_test(test_one_host),
        cmocka_unit_test(test_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
