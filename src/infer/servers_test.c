#include "infer/servers.h"

#include <stdio.h>

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    LIMIT = 10
};

static struct endpoint endpoint_of(unsigned number)
{
    return (struct endpoint){
        .address = {.version = 4,
                    .byte = {10, 0, (uint8_t)(number >> 8), (uint8_t)number}},
        .port = 8080
    };
}

static struct server_facts *use(struct servers *servers, unsigned number)
{
    struct endpoint endpoint = endpoint_of(number);

    return servers_use(servers, &endpoint);
}

static struct server_facts *find(const struct servers *servers, unsigned number)
{
    struct endpoint endpoint = endpoint_of(number);

    return servers_find(servers, &endpoint);
}

/* The numbers of those that are kept, in order of appearance. */
static void expect(const struct servers *servers, const char *expected)
{
    const struct server_facts *s = servers_first(servers);
    char listed[256] = "";

    for (; s; s = s->next) {
        char one[8];

        (void)snprintf(one, sizeof one, " %d", s->server.address.byte[3]);
        strncat(listed, one, sizeof listed - strlen(listed) - 1);
    }
    assert_string_equal(listed, expected);
}

/* The one that was used longest ago goes, not the one that came first. */
static void test_oldest_use_goes(void **state)
{
    struct servers servers;

    (void)state;
    servers_init(&servers, LIMIT);
    for (unsigned i = 1; i <= LIMIT; i++)
        use(&servers, i)->exchanges = i;
    assert_int_equal(use(&servers, 1)->exchanges, 1);
    assert_int_equal(servers.forgotten, 0);
    (void)use(&servers, 11);
    (void)use(&servers, 12);
    assert_int_equal(servers.forgotten, 2);
    assert_int_equal(servers.count, LIMIT);
    assert_null(find(&servers, 2));
    assert_null(find(&servers, 3));
    expect(&servers, " 1 4 5 6 7 8 9 10 11 12");
    assert_int_equal(use(&servers, 2)->exchanges, 0);
    expect(&servers, " 1 5 6 7 8 9 10 11 12 2");
    servers_release(&servers);
}

/* One that is held stays, however many come, until all have let go of it. */
static void test_held(void **state)
{
    struct servers servers;
    struct server_facts *held;

    (void)state;
    servers_init(&servers, LIMIT);
    held = use(&servers, 1);
    servers_hold(&servers, held);
    servers_hold(&servers, held);
    for (unsigned i = 2; i < 100; i++)
        (void)use(&servers, i);
    assert_ptr_equal(find(&servers, 1), held);
    servers_let_go(&servers, held);
    for (unsigned i = 100; i < 200; i++)
        (void)use(&servers, i);
    assert_ptr_equal(find(&servers, 1), held);
    servers_let_go(&servers, held);
    for (unsigned i = 200; i < 211; i++)
        (void)use(&servers, i);
    assert_null(find(&servers, 1));
    assert_int_equal(servers.count, LIMIT);
    servers_release(&servers);
}

/* When all are held there are more of them for a while. */
static void test_all_held(void **state)
{
    struct server_facts *held[LIMIT];
    struct servers servers;

    (void)state;
    servers_init(&servers, LIMIT);
    for (unsigned i = 0; i < LIMIT; i++) {
        held[i] = use(&servers, i);
        servers_hold(&servers, held[i]);
    }
    (void)use(&servers, 50);
    assert_int_equal(servers.count, LIMIT + 1);
    (void)use(&servers, 51);
    assert_int_equal(servers.count, LIMIT + 1);
    expect(&servers, " 0 1 2 3 4 5 6 7 8 9 51");
    for (unsigned i = 0; i < LIMIT; i++)
        servers_let_go(&servers, held[i]);
    servers_release(&servers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oldest_use_goes),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_all_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
