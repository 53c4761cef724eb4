/*
 * Runs a part of a test program's tests: of three parts the second, with
 * TEST_SHARD=2/3 in the environment, has each third test from the second on.
 * Linked with every unit test, in place of cmocka's function (ld's --wrap).
 */
/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SHARD_TESTS_MAX = 256
};

int __real__cmocka_run_group_tests(const char *name,
                                   const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup,
                                   CMFixtureFunction teardown);
int __wrap__cmocka_run_group_tests(const char *name,
                                   const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup,
                                   CMFixtureFunction teardown);

int __wrap__cmocka_run_group_tests(const char *name,
                                   const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup,
                                   CMFixtureFunction teardown)
{
    struct CMUnitTest mine[SHARD_TESTS_MAX];
    const char *said = getenv("TEST_SHARD");
    unsigned part;
    unsigned parts;
    size_t left = 0;

    if (!said)
        return __real__cmocka_run_group_tests(name, tests, count, setup,
                                              teardown);
    if (sscanf(said, "%u/%u", &part, &parts) != 2 || part < 1 || part > parts ||
        count > SHARD_TESTS_MAX) {
        (void)fprintf(stderr, "TEST_SHARD is '%s', not K/N\n", said);
        return 1;
    }
    for (size_t i = part - 1; i < count; i += parts)
        mine[left++] = tests[i];
    if (left)
        return __real__cmocka_run_group_tests(name, mine, left, setup,
                                              teardown);
    (void)printf("1..0\n");
    return 0;
}
