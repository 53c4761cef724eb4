#include "infer/openings.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S NANOS_PER_SECOND

static struct endpoint endpoint(uint8_t host, uint16_t port)
{
    struct endpoint endpoint = {.port = port};

    ((uint8_t *)&endpoint.address)[0] = host;
    return endpoint;
}

static struct opening opened(uint8_t host, uint16_t port, nanos first)
{
    return (struct opening){.server = endpoint(host, port), .first = first};
}

/* Refused by host 1, port 80, at 10 s. */
static struct incident refused(void)
{
    struct incident incident = {0};

    incident.conn.endpoint[conn_server(&incident.conn)] = endpoint(1, 80);
    incident.conn.last = (struct mark){.time = 10 * S, .frame = 1};
    return incident;
}

static void test_another_address(void **state)
{
    const struct incident incident = refused();
    const struct {
        struct opening opening;
        bool eases;
    } row[] = {
        {opened(2, 80, 10 * S),     true },
        {opened(2, 80, 12 * S),     true },
        {opened(2, 80, 8 * S),      true },
        {opened(2, 80, 12 * S + 1), false}, /* RFC 8305, 5: within 2 s */
        {opened(2, 80, 8 * S - 1),  false},
        {opened(2, 81, 10 * S),     false},
        {opened(1, 80, 10 * S + 1), false}, /* the one that refused */
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_int_equal(opening_eases(&row[i].opening, &incident),
                         row[i].eases);
}

static void test_the_same_server(void **state)
{
    struct exchange x = {0};
    struct incident incident = refused();
    struct opening before = opened(1, 80, 9 * S);
    struct opening after = opened(1, 80, 9 * S + 1);
    struct opening other = opened(2, 80, 9 * S + 1);

    (void)state;
    x.request.start = (struct mark){.time = 9 * S, .frame = 1};
    incident.exchange = &x;
    assert_false(opening_eases(&before, &incident));
    assert_true(opening_eases(&after, &incident));
    assert_false(opening_eases(&other, &incident));
}

static void test_the_oldest_goes(void **state)
{
    static struct openings openings;
    const struct incident incident = refused();
    struct opening one = opened(2, 80, 10 * S);

    (void)state;
    openings_add(&openings, &one);
    one.first += S / 4 - 1; /* stands for both */
    openings_add(&openings, &one);
    assert_int_equal(openings.count, 1);
    for (uint64_t i = 1; i < OPENINGS_KEPT; i++) {
        one = opened(3, 80, 10 * S + (nanos)i * 10 * S);
        openings_add(&openings, &one);
    }
    assert_int_equal(openings.count, OPENINGS_KEPT);
    assert_true(openings_ease(&openings, &incident));
    one = opened(3, 80, 5 * S);
    openings_add(&openings, &one);
    assert_false(openings_ease(&openings, &incident));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_address),
        cmocka_unit_test(test_the_same_server),
        cmocka_unit_test(test_the_oldest_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
