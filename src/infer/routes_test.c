#include "infer/routes.h"

#include <stdio.h>

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

/* What names one thing of many is folded, what names a kind is not. */
static const struct {
    const char *target;
    const char *path;
} rows[] = {
    {"/",                                       "/"                          },
    {"/?a=1",                                   "/"                          },
    {"*",                                       "*"                          },
    {"/users/1234/photos/9.jpg?size=2",         "/users/{id}/photos/{id}.jpg"},
    {"/users/1234#top",                         "/users/{id}"                },
    {"/a;v=1/b;jsessionid=77",                  "/a/b"                       },
    {"/7;v=1",                                  "/{id}"                      },
    {"/api/v1/s3/oauth2",                       "/api/v1/s3/oauth2"          },
    {"/logs/2024-05-17/x",                      "/logs/{id}/x"               },
    {"/o/123e4567-e89b-12d3-a456-426614174000", "/o/{id}"                    },
    {"/o/abcdefab-cdef-abcd-efab-abcdefabcdef", "/o/{id}"                    },
    {"/o/123e4567-e89b-12d3-a456-42661417400g", "/o/{id}"                    },
    {"/blob/9f86d081884c7d65",                  "/blob/{id}"                 },
    {"/blob/9f86d081884",                       "/blob/9f86d081884"          },
    {"/deadbeef",                               "/deadbeef"                  },
    {"/t/Zm9vYmFyMTIzNDU2Nzg5MA==",             "/t/{id}"                    },
    {"/static/app.9f86d081884c7d65.js",         "/static/{id}.js"            },
    {"/static/9f86d081884c7d65.js",             "/static/{id}.js"            },
    {"/list.v2",                                "/list.v2"                   },
    {"//a//",                                   "//a//"                      },
    {"/a b\xff/1",                              "/a b\xff/{id}"              },
    {"http://u:p@example.com:80/x/1?q",         "/x/{id}"                    },
    {"http://example.com",                      "/"                          },
    {"http://example.com?q=/a",                 "/"                          },
    {"nonsense",                                "/"                          },
};

static struct exchange asking(const char *method, const char *target)
{
    return (struct exchange){.method = method, .target = target};
}

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange x = asking("GET", rows[i].target);
        struct route_name name;

        assert_true(route_name_of(&name, &x));
        name.text[name.size] = '\0';
        assert_int_equal(name.method, 3);
        assert_string_equal(name.text + 3, rows[i].path);
    }
}

static void test_other_names(void **state)
{
    struct exchange grpc = asking("POST", "/shop.v1.Orders123456789012/Get1");
    struct exchange tunnel = asking("CONNECT", "example.com:443");
    struct exchange copy = asking("COPY", "/1");
    struct exchange unseen = asking(NULL, NULL);
    struct route_name name;

    (void)state;
    grpc.is_grpc = true;
    assert_true(route_name_of(&name, &grpc));
    assert_int_equal(name.size, 4 + strlen(grpc.target));
    assert_memory_equal(name.text + 4, grpc.target, name.size - 4);
    assert_true(route_name_of(&name, &tunnel));
    assert_int_equal(name.size, name.method);
    assert_true(route_name_of(&name, &copy));
    assert_memory_equal(name.text, "COPY/{id}", 9);
    assert_false(route_name_of(&name, &unseen));
}

/* Whatever is in it, it fits, and is cut before a part. */
static void test_long_names(void **state)
{
    static const char *const unit[] = {"/", "/1", "/abc",  "/1.a",
                                       "x", "/;", "/a%20b"};
    char target[EXCHANGE_TARGET_LIMIT + 1];

    (void)state;
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        size_t size = strlen(unit[i]);
        struct exchange x = asking("ABCDEFGHIJKLMNOPQRSTUVWXYZ", target);
        struct route_name name;

        for (size_t at = 0; at < EXCHANGE_TARGET_LIMIT; at++)
            target[at] = at ? unit[i][at % size] : '/';
        target[EXCHANGE_TARGET_LIMIT] = '\0';
        assert_true(route_name_of(&name, &x));
        assert_int_equal(name.method, EXCHANGE_METHOD_LIMIT);
        assert_true(name.size + ROUTE_NAME_WORD <= sizeof name.text);
        assert_memory_equal(name.text + name.size - 4, "/...", 4);
    }
}

static void ask(struct routes *routes, struct routes_shared *shared,
                const char *target, bool complete)
{
    const struct route_use use = {.complete = complete,
                                  .is_timed = complete,
                                  .first_byte = NANOS_PER_MILLI,
                                  .end = NANOS_PER_SECOND};
    struct exchange x = asking("GET", target);

    routes_add(routes, shared, &x, &use);
}

static void ask_number(struct routes *routes, struct routes_shared *shared,
                       unsigned number)
{
    char target[32] = "/";
    size_t at = 1;

    do
        target[at++] = (char)('a' + number % 26);
    while (number /= 26);
    target[at] = '\0';
    ask(routes, shared, target, true);
}

static void test_counts(void **state)
{
    struct routes_shared shared = {.seed = 7};
    struct routes routes = {0};
    const struct route *sorted[ROUTES_KEPT];
    struct latency all;

    (void)state;
    ask(&routes, &shared, "/b", true);
    ask(&routes, &shared, "/a/1", true);
    ask(&routes, &shared, "/a/2", false);
    ask(&routes, &shared, "/a", true);
    ask(&routes, &shared, NULL, true);
    assert_int_equal(routes.count, 3);
    routes_sort(&routes, sorted);
    assert_memory_equal(sorted[0]->name, "GET/a/{id}", sorted[0]->size);
    assert_int_equal(sorted[0]->exchanges, 2);
    assert_int_equal(sorted[0]->complete, 1);
    assert_int_equal(sorted[0]->failed, 1);
    assert_int_equal(sorted[0]->latency.end.samples, 1);
    assert_false(sorted[0]->is_partial);
    assert_memory_equal(sorted[1]->name, "GET/a", sorted[1]->size);
    assert_memory_equal(sorted[2]->name, "GET/b", sorted[2]->size);
    assert_int_equal(routes.other.exchanges, 1);
    all = routes_latency(&routes);
    assert_int_equal(all.first_byte.samples, 4);
    latency_release(&all);
    routes_release(&routes, &shared);
    assert_int_equal(shared.kept, 0);
}

static const struct route *find(const struct routes *routes, const char *name)
{
    for (size_t i = 0; i < routes->count; i++) {
        if (routes->route[i].size == strlen(name) &&
            memcmp(routes->route[i].name, name, strlen(name)) == 0)
            return &routes->route[i];
    }
    return NULL;
}

/* Among ten thousand others, each seldom: what comes often is kept, nothing is
 * lost from the sums, and what is kept takes little. */
static void test_heavy_ones_stay(void **state)
{
    struct routes_shared shared = {.seed = 7};
    struct routes routes = {0};
    struct latency all;
    uint64_t exchanges;
    uint64_t before = 0;

    (void)state;
    for (unsigned i = 0; i < 300000; i++) {
        ask_number(&routes, &shared, i * 7919U % 10000);
        if (i % 20 == 0)
            ask(&routes, &shared, "/first/1", true);
        if (i > 50000 && i % 20 == 1) {
            ask(&routes, &shared, "/later/1", true);
            before++;
        }
    }
    assert_int_equal(routes.count, ROUTES_KEPT);
    assert_int_equal(shared.kept, ROUTES_KEPT);
    assert_int_equal(find(&routes, "GET/first/{id}")->exchanges, 15000);
    assert_false(find(&routes, "GET/first/{id}")->is_partial);
    assert_true(find(&routes, "GET/later/{id}")->exchanges > before * 9 / 10);
    assert_true(find(&routes, "GET/later/{id}")->is_partial);
    exchanges = routes.other.exchanges;
    for (size_t i = 0; i < routes.count; i++)
        exchanges += routes.route[i].exchanges;
    assert_int_equal(exchanges, 300000 + 15000 + before);
    all = routes_latency(&routes);
    assert_int_equal(all.end.samples, exchanges);
    latency_release(&all);
    routes_release(&routes, &shared);
}

/* A server that finds the room of all taken keeps as many as it has. */
static void test_room_of_all(void **state)
{
    struct routes_shared shared = {.seed = 7, .kept = ROUTES_ALL_MOST - 2};
    struct routes routes = {0};

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        ask_number(&routes, &shared, i % 5);
    assert_int_equal(routes.count, 2);
    assert_int_equal(shared.kept, ROUTES_ALL_MOST);
    assert_int_equal(routes.other.exchanges + routes.route[0].exchanges +
                         routes.route[1].exchanges,
                     1000);
    routes_release(&routes, &shared);
    shared.kept = ROUTES_ALL_MOST;
    ask_number(&routes, &shared, 1);
    assert_int_equal(routes.count, 0);
    assert_int_equal(routes.other.exchanges, 1);
    routes_release(&routes, &shared);
    assert_int_equal(shared.kept, ROUTES_ALL_MOST);
}

/* Durations of every size: the most that a route can take. */
static void test_memory(void **state)
{
    struct routes_shared shared = {.seed = 7};
    struct routes routes = {0};
    const struct route *route;

    (void)state;
    for (nanos duration = 1; duration < INT64_MAX / 2; duration *= 2) {
        struct exchange x = asking("GET", "/");

        routes_add(&routes, &shared, &x,
                   &(struct route_use){.complete = true,
                                       .is_timed = true,
                                       .first_byte = duration,
                                       .end = duration});
    }
    route = &routes.route[0];
    assert_int_equal(route->latency.end.octaves, SKETCH_OCTAVES - 1);
    assert_true(sizeof *route + sizeof(struct route_key) + route->size +
                    2 * SKETCH_OCTAVES * sizeof *route->latency.end.count <
                64 << 10);
    routes_release(&routes, &shared);
}

struct taken {
    enum route_bearing bears;
    nanos took; /* milliseconds */
};

static struct route_limits limits_of(const struct taken *taken, size_t count)
{
    struct route_limits limits = {0};

    for (size_t i = 0; i < count; i++) {
        /* a second apart: instants of their own */
        struct mark at = {.frame = (i + 1) & 0xffff,
                          .time = (nanos)(i + 1) * 10 * NANOS_PER_SECOND};

        route_limits_add(&limits, taken[i].bears,
                         taken[i].took * NANOS_PER_MILLI, at);
    }
    return limits;
}

#define LIMITS_OF(...)                                                         \
    limits_of((const struct taken[]){__VA_ARGS__},                             \
              sizeof((const struct taken[]){__VA_ARGS__}) /                    \
                  sizeof(struct taken))
#define ANSWERED(ms)                                                           \
    {                                                                          \
        BEARS_ANSWER, ms                                                       \
    }
#define GAVE_UP(ms)                                                            \
    {                                                                          \
        BEARS_GATEWAY, ms                                                      \
    }
#define CUT(ms)                                                                \
    {                                                                          \
        BEARS_CUT, ms                                                          \
    }

#define RESET(ms)                                                              \
    {                                                                          \
        BEARS_RESET, ms                                                        \
    }

static void test_reset_limit(void **state)
{
    struct route_limits limits;

    (void)state;
    limits = LIMITS_OF(ANSWERED(900), RESET(1200), RESET(1210));
    assert_true(route_limits_reset(&limits));
    assert_int_equal(limits.answers, 1);
    assert_false(route_limits_cut(&limits));
    /* one alone, two that vary, and one that an answer outlasted */
    limits = LIMITS_OF(ANSWERED(900), RESET(1200));
    assert_false(route_limits_reset(&limits));
    limits = LIMITS_OF(ANSWERED(900), RESET(1200), RESET(1500));
    assert_false(route_limits_reset(&limits));
    limits = LIMITS_OF(ANSWERED(1900), RESET(1200), RESET(1210));
    assert_false(route_limits_reset(&limits));
}

static void test_limits(void **state)
{
    struct route_limits limits;

    (void)state;
    limits = LIMITS_OF(ANSWERED(100), ANSWERED(1200), ANSWERED(1400), CUT(1500),
                       CUT(1510));
    assert_true(route_limits_bound_cut(&limits));
    assert_int_equal(limits.longest, 1400 * NANOS_PER_MILLI);
    assert_int_equal(limits.longest_at.frame, 3);
    /* an answer outlasts it */
    limits = LIMITS_OF(ANSWERED(100), ANSWERED(1200), ANSWERED(1900), CUT(1500),
                       CUT(1510));
    assert_false(route_limits_cut(&limits));
    assert_false(route_limits_bound_cut(&limits));
    /* the answers are far too fast to bound it, or too few */
    limits = LIMITS_OF(ANSWERED(100), ANSWERED(200), ANSWERED(300), CUT(1500),
                       CUT(1510));
    assert_true(route_limits_cut(&limits));
    assert_false(route_limits_bound_cut(&limits));
    limits = LIMITS_OF(ANSWERED(1200), ANSWERED(1400), CUT(1500), CUT(1510));
    assert_false(route_limits_bound_cut(&limits));
    /* two that vary are no limit yet, three may be */
    limits = LIMITS_OF(ANSWERED(1), ANSWERED(1), ANSWERED(1400), CUT(1500),
                       CUT(2600));
    assert_false(route_limits_bound_cut(&limits));
    limits = LIMITS_OF(ANSWERED(1), ANSWERED(1), ANSWERED(1400), CUT(1500),
                       CUT(2600), CUT(3600));
    assert_true(route_limits_bound_cut(&limits));
    /* what a gateway made up is an answer, though none that was served */
    limits = LIMITS_OF(ANSWERED(300), GAVE_UP(2000), GAVE_UP(2010), CUT(1500));
    assert_true(route_limits_gateway(&limits));
    assert_false(route_limits_cut(&limits));
    limits = LIMITS_OF(ANSWERED(2300), GAVE_UP(2000), GAVE_UP(2010));
    assert_false(route_limits_gateway(&limits));
    limits = LIMITS_OF(ANSWERED(300), GAVE_UP(2000));
    assert_false(route_limits_gateway(&limits));
    limits = LIMITS_OF(ANSWERED(300));
    assert_false(route_limits_cut(&limits));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_other_names),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_heavy_ones_stay),
        cmocka_unit_test(test_room_of_all),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_reset_limit),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
