/* What requests say of themselves, hosts with two addresses, rows. */
#include "infer/legs_route.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NANOS_PER_MILLI

enum {
    CLIENT = 5, /* hosts */
    OTHER = 6,
    PROXY = 9,
    PROXY_INSIDE = 10,
    BACK = 3
};

static struct endpoint endpoint(uint8_t host, uint16_t port)
{
    return (struct endpoint){
        .address = {.version = 4, .byte = {10, 0, 0, host}},
          .port = port
    };
}

/* A frame each tenth of a millisecond. */
static struct mark at(unsigned tenths)
{
    return (struct mark){.time = tenths * MS / 10, .frame = tenths};
}

/* GET of `target`, answered at its end with 200. */
static struct leg exchange(uint64_t connection, uint8_t from, uint8_t to,
                           unsigned start, unsigned end, uint64_t target)
{
    return (struct leg){
        .connection = connection,
        .exchange = 1,
        .client = endpoint(from, (uint16_t)(40000 + connection)),
        .server = endpoint(to, 80),
        .start = at(start),
        .asked = at(start),
        .first = at(end),
        .end = at(end),
        .method = 1,
        .target = target,
        .status = 200,
        .request_whole = true,
        .how = LEG_ANSWERED,
    };
}

static void test_proof(void **state)
{
    struct leg front = exchange(1, CLIENT, PROXY, 10, 90, 1);
    struct leg upstream = exchange(2, PROXY, BACK, 20, 80, 1);

    (void)state;
    assert_int_equal(leg_proof(&front, &upstream), PROOF_NONE);
    upstream.passed_on.client.address = front.client.address;
    assert_int_equal(leg_proof(&front, &upstream), PROOF_CLIENT);
    upstream.passed_on.client.port = front.client.port;
    assert_int_equal(leg_proof(&front, &upstream), PROOF_ID);
    upstream.passed_on.client = endpoint(OTHER, 0);
    assert_int_equal(leg_proof(&front, &upstream), PROOF_AGAINST);
    /* it passes the field on as it came */
    front.passed_on.client = upstream.passed_on.client;
    assert_int_equal(leg_proof(&front, &upstream), PROOF_NONE);
    upstream.origin = endpoint(OTHER, 1);
    assert_int_equal(leg_proof(&front, &upstream), PROOF_AGAINST);
    upstream.origin = front.client;
    assert_int_equal(leg_proof(&front, &upstream), PROOF_ID);
    /* a proxy may number requests anew, a trace goes through it */
    front.passed_on.request_id = 7;
    upstream.passed_on.request_id = 8;
    assert_int_equal(leg_proof(&front, &upstream), PROOF_ID);
    front.passed_on.trace = 7;
    upstream.passed_on.trace = 8;
    assert_int_equal(leg_proof(&front, &upstream), PROOF_AGAINST);
    upstream.passed_on.request_id = 7;
    assert_int_equal(leg_proof(&front, &upstream), PROOF_ID);
}

/* Eight at once that differ in nothing else. */
static void test_identifiers(void **state)
{
    struct legs legs = {0};
    struct leg_pair pair;

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        struct leg front = exchange(i, CLIENT, PROXY, 10 + i, 400 + i, 1);
        struct leg upstream = exchange(90 - i, PROXY, BACK, 50 + i, 300 + i, 1);

        front.passed_on.request_id = 100 + i;
        upstream.passed_on.request_id = 100 + i;
        legs_add(&legs, &front);
        legs_add(&legs, &upstream);
    }
    for (unsigned i = 0; i < 16; i++) {
        pair = legs_upstream(&legs, legs_at(&legs, 2 * (size_t)i));
        assert_int_equal(pair.sure, LEG_SURE);
        assert_int_equal(pair.leg.connection, 90 - i);
        pair = legs_front(&legs, legs_at(&legs, 2 * (size_t)i + 1));
        assert_int_equal(pair.sure, LEG_SURE);
        assert_int_equal(pair.leg.connection, i);
    }
    legs_release(&legs);
}

/* The client asks two servers the same, and says the same of itself. */
static void test_client_asks_twice(void **state)
{
    struct legs legs = {.may_join = true};
    struct leg first = exchange(1, CLIENT, PROXY, 10, 90, 1);
    struct leg second = exchange(2, CLIENT, BACK, 20, 80, 1);

    (void)state;
    first.passed_on.request_id = 7;
    second.passed_on.request_id = 7;
    legs_add(&legs, &first);
    legs_add(&legs, &second);
    assert_int_equal(legs_upstream(&legs, &first).sure, LEG_NONE);
    legs_release(&legs);
}

/* `count` exchanges of each leg; the answers `late` tenths after those behind
 * them; `different` things are asked for. */
static void add_both(struct legs *legs, uint8_t asks, unsigned count,
                     unsigned late, unsigned different)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned from = 1000 * i + 10;
        uint64_t target = 1 + i % different;
        struct leg front =
            exchange(i, CLIENT, PROXY, from, from + 102 + late, target);
        struct leg upstream =
            exchange(90 + i, asks, BACK, from + 2, from + 102, target);

        legs_add(legs, &upstream);
        legs_add(legs, &front);
    }
}

static void test_two_addresses(void **state)
{
    static const struct {
        unsigned count;
        unsigned late;
        unsigned different;
        uint8_t asks;
        enum leg_sureness sure;
    } rows[] = {
        {6, 5,   3, PROXY_INSIDE, LEG_SURE},
        {4, 5,   3, PROXY_INSIDE, LEG_NONE}, /* too few */
        {6, 5,   2, PROXY_INSIDE, LEG_NONE}, /* health checks, perhaps */
        {6, 300, 3, PROXY_INSIDE, LEG_NONE}, /* one is not of the other */
        {6, 5,   3, CLIENT,       LEG_NONE}, /* the client asks both */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct legs legs = {.may_join = true};
        struct leg_pair pair;

        add_both(&legs, rows[i].asks, rows[i].count, rows[i].late,
                 rows[i].different);
        pair = legs_upstream(&legs, legs_at(&legs, 1));
        assert_int_equal(pair.sure, rows[i].sure);
        if (pair.sure == LEG_SURE)
            assert_int_equal(pair.leg.connection, 90);
        legs_release(&legs);
    }
}

static struct leg on_port(struct leg leg, uint16_t port)
{
    leg.client.address = (struct address){
        .version = 4, .byte = {127, 0, 0, 1}
    };
    leg.server.address = leg.client.address;
    leg.server.port = port;
    return leg;
}

/* Port 80 in front of 81 in front of 82, `count` times. */
static void test_row_on_one_host(void **state)
{
    (void)state;
    for (unsigned count = 3; count <= 4; count++) {
        enum leg_sureness sure = count < 4 ? LEG_UNSURE : LEG_SURE;
        struct legs legs = {0};
        struct leg_pair pair;

        for (unsigned i = 0; i < count; i++) {
            unsigned from = 1000 * i + 10;
            const struct leg row[] = {
                on_port(exchange(70 + i, 1, 1, from + 4, from + 90, 1), 82),
                on_port(exchange(80 + i, 1, 1, from + 2, from + 92, 1), 81),
                on_port(exchange(90 + i, 1, 1, from, from + 94, 1), 80),
            };

            for (size_t k = 0; k < 3; k++)
                legs_add(&legs, &row[k]);
        }
        pair = legs_upstream(&legs, legs_at(&legs, 2));
        assert_int_equal(pair.sure, sure);
        if (sure == LEG_SURE)
            assert_int_equal(pair.leg.connection, 80);
        pair = legs_front(&legs, legs_at(&legs, 0));
        assert_int_equal(pair.sure, sure);
        if (sure == LEG_SURE)
            assert_int_equal(pair.leg.connection, 80);
        legs_release(&legs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_client_asks_twice),
        cmocka_unit_test(test_two_addresses),
        cmocka_unit_test(test_row_on_one_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
