#include "infer/pools.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#define MS NANOS_PER_MILLI

enum {
    CLIENT = 5, /* hosts */
    PROXY = 9,
    BACK = 3,
    OTHER = 4,
    REQUESTS_MOST = 8,
    LEGS_MOST = 2 * REQUESTS_MOST + 2
};

/* A request to the proxy, and what the proxy asks for it, in milliseconds. */
struct request {
    unsigned asked;
    unsigned begun;
    unsigned ended;
};

/* Pools that were found, and the last of them. */
struct found {
    unsigned count;
    struct pool pool;
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

static struct leg leg(uint64_t target, uint8_t from, uint8_t to, unsigned start,
                      unsigned end)
{
    static uint64_t connections;

    return (struct leg){
        .connection = ++connections,
        .exchange = 1,
        .client = endpoint(from, (uint16_t)(40000 + connections)),
        .server = endpoint(to, to == PROXY ? 80 : 9000),
        .start = at(start),
        .asked = at(start),
        .first = at(end),
        .end = at(end),
        .method = 1,
        .target = target,
        .tail = {target},
        .status = 200,
        .request_whole = true,
        .how = LEG_ANSWERED,
    };
}

static int by_end(const void *left, const void *right)
{
    const struct leg *a = left;
    const struct leg *b = right;

    return a->end.frame < b->end.frame ? -1 : a->end.frame > b->end.frame;
}

static void take(void *context, const struct pool *pool)
{
    struct found *found = context;

    found->count++;
    found->pool = *pool;
}

/* `back`: of odd requests; of even ones it is `even`. */
static struct found find(const struct request *request, size_t count,
                         uint8_t back, uint8_t even)
{
    struct legs legs = {0};
    struct leg all[LEGS_MOST];
    struct found found = {0};

    for (size_t i = 0; i < count; i++) {
        const struct request *one = &request[i];
        uint8_t to = i % 2 ? even : back;

        all[2 * i] = leg(100 + i, CLIENT, PROXY, one->asked, one->ended + 1);
        all[2 * i + 1] = leg(100 + i, PROXY, to, one->begun, one->ended);
    }
    qsort(all, 2 * count, sizeof *all, by_end);
    for (size_t i = 0; i < 2 * count; i++)
        legs_add(&legs, &all[i]);
    pools_find(&legs, take, &found);
    legs_release(&legs);
    return found;
}

#define FIND(rows) find(rows, sizeof(rows) / sizeof *(rows), BACK, BACK)

/* Two places, six requests: four of them wait for one that ends. */
static const struct request two_places[] = {
    {10, 20,  212},
    {11, 21,  216},
    {12, 213, 412},
    {13, 217, 416},
    {14, 413, 612},
    {15, 417, 616},
};

static void test_limit(void **state)
{
    struct found found = FIND(two_places);

    (void)state;
    assert_int_equal(found.count, 1);
    assert_int_equal(found.pool.at_once, 2);
    assert_int_equal(found.pool.waited, 4);
    assert_int_equal(found.pool.longest, 402 * MS);
    assert_int_equal(found.pool.client.port, 0);
    assert_true(
        endpoint_same(&found.pool.server,
                      &(struct endpoint){.address = endpoint(BACK, 0).address,
                                         .port = 9000}));
}

/* The places are each server's own. */
static void test_limit_of_each_server(void **state)
{
    struct found found =
        find(two_places, sizeof two_places / sizeof *two_places, BACK, OTHER);

    (void)state;
    assert_int_equal(found.count, 0);
}

/* Nobody waits where each is asked for at once, however many there are. */
static void test_wide(void **state)
{
    const struct request rows[] = {
        {10,  11,  212},
        {12,  13,  214},
        {14,  15,  216},
        {16,  17,  218},
        {213, 214, 412},
        {215, 216, 414},
    };

    (void)state;
    assert_int_equal(FIND(rows).count, 0);
}

/* Those that begin by a clock of their own, and not when a place is free. */
static void test_clocked(void **state)
{
    const struct request rows[] = {
        {10, 20,  150},
        {11, 120, 250},
        {12, 220, 350},
        {13, 320, 450},
        {14, 420, 550},
        {15, 520, 650},
    };

    (void)state;
    assert_int_equal(FIND(rows).count, 0);
}

/* Two that waited are too few to speak of a limit. */
static void test_few(void **state)
{
    (void)state;
    assert_int_equal(find(two_places, 4, BACK, BACK).count, 0);
    assert_int_equal(find(two_places, 5, BACK, BACK).count, 1);
}

/* One request after the other, each on its own: the first is answered before
 * the second comes. */
static void test_serial(void **state)
{
    const struct request rows[] = {
        {10,  70,  212},
        {213, 273, 412},
        {413, 473, 612},
        {613, 673, 812},
        {813, 873, 912},
    };

    (void)state;
    assert_int_equal(FIND(rows).count, 0);
}

/* What was under way with one that is no longer known counts for nothing. */
static void test_forgotten(void **state)
{
    struct legs legs = {0};
    struct found found = {0};

    (void)state;
    for (size_t i = 0; i < sizeof two_places / sizeof *two_places; i++) {
        const struct request *one = &two_places[i];
        struct leg behind = leg(i, PROXY, BACK, one->begun, one->ended);
        struct leg front = leg(i, CLIENT, PROXY, one->asked, one->ended + 1);

        legs_add(&legs, &behind);
        legs_add(&legs, &front);
    }
    legs.dropped_until = 413;
    pools_find(&legs, take, &found);
    legs_release(&legs);
    assert_int_equal(found.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_limit_of_each_server),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_clocked),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_serial),
        cmocka_unit_test(test_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
