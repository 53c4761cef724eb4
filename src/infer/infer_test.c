#include "base/text.h"
#include "infer/hints.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NANOS_PER_MILLI
#define S  NANOS_PER_SECOND

static struct mark at(nanos time)
{
    return (struct mark){.time = time,
                         .frame = (1 + (uint64_t)(time / MS)) & 0xffffffff};
}

static void test_durations(void **state)
{
    struct durations set = {0};

    (void)state;
    assert_false(durations_constant(&set, 1));
    durations_add(&set, 5 * S, at(10));
    durations_add(&set, -1, at(20 * MS)); /* clocks that go back: no sample */
    durations_add(&set, 4 * S, at(30 * MS));
    durations_add(&set, 7 * S, at(40 * MS));
    durations_add(&set, 7 * S, at(50 * MS));
    assert_int_equal(set.samples, 4);
    assert_int_equal(set.shortest, 4 * S);
    assert_int_equal(set.longest, 7 * S);
    assert_int_equal(set.shortest_at.frame, 31);
    assert_int_equal(set.longest_at.frame, 41);
    assert_false(durations_constant(&set, 1));
}

/* Within 2 % of the larger, or a tenth up to 50 ms. */
static const struct {
    nanos a, b;
    bool alike;
} pairs[] = {
    {0,          0,             true },
    {0,          1,             false},
    {9 * MS,     10 * MS,       true },
    {9 * MS - 1, 10 * MS,       false},
    {450 * MS,   500 * MS,      true },
    {450 * MS,   501 * MS,      false},
    {S,          1050 * MS,     true },
    {S,          1050 * MS + 1, false},
    {98 * S,     100 * S,       true },
    {98 * S - 1, 100 * S,       false},
    {60 * S,     61 * S,        true },
    {60 * S,     62 * S,        false},
};

static void test_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct durations set = {0};

        assert_int_equal(durations_alike(pairs[i].a, pairs[i].b),
                         pairs[i].alike);
        assert_int_equal(durations_alike(pairs[i].b, pairs[i].a),
                         pairs[i].alike);
        durations_add(&set, pairs[i].a, at(0));
        durations_add(&set, pairs[i].b, at(S));
        assert_int_equal(durations_constant(&set, 2), pairs[i].alike);
        assert_false(durations_constant(&set, 3));
    }
}

/* What ends within a few milliseconds of another is no second sample. */
static void test_instants(void **state)
{
    struct durations set = {0};

    (void)state;
    durations_add(&set, 2 * S, at(9 * S));
    durations_add(&set, 2 * S, at(9 * S + 3 * MS));
    durations_add(&set, 2 * S, at(9 * S - 3 * MS));
    assert_int_equal(set.samples, 3);
    assert_int_equal(set.instants, 1);
    assert_true(durations_end_together(&set));
    assert_true(durations_constant(&set, 1));
    assert_false(durations_constant(&set, 2));
    durations_add(&set, 2 * S, at(12 * S));
    assert_int_equal(set.instants, 2);
    assert_false(durations_end_together(&set));
    assert_true(durations_constant(&set, 2));
}

/* A process that dies closes its sockets one after another: what had begun
 * later ended sooner, and the ends are closer together than the durations. */
static void test_end_together(void **state)
{
    struct durations set = {0};

    (void)state;
    durations_add(&set, 1291 * MS, at(9 * S));
    durations_add(&set, 1337 * MS, at(9 * S + 26 * MS));
    assert_true(durations_constant(&set, 2));
    assert_true(durations_end_together(&set));
    durations_add(&set, 1350 * MS, at(12 * S));
    assert_false(durations_end_together(&set));
}

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

/* Hints: by a delay, and by what the server says that it is. */
static const struct {
    const char *software;
    uint32_t keep_alive;
    nanos idle, cut, client; /* 0: not measured */
    const char *named;
} hints[] = {
    ROW("", 0, 75 * S, 0, 0, "nginx:keepalive_timeout "),
    ROW("", 0, 75 * S + 50 * MS, 0, 0, "nginx:keepalive_timeout "),
    ROW("", 0, 80 * S, 0, 0, ""),
    ROW("nginx/1.22", 0, 75 * S, 0, 0, "nginx:keepalive_timeout "),
    ROW("Apache/2.4", 0, 75 * S, 0, 0, ""),
    ROW("Apache/2.4", 0, 5 * S, 0, 0, "Apache:KeepAliveTimeout "),
    ROW("APACHE", 0, 5 * S, 0, 0, "Apache:KeepAliveTimeout "),
    /* it says what it is, and that is not in the table */
    ROW("unheard-of", 0, 20 * S, 0, 0, ""),
    ROW("BaseHTTP/0.6 Python/3.11.2", 0, 2 * S, 30 * S, 0, ""),
    ROW("", 0, 20 * S, 0, 0, "Tomcat:connectionTimeout "),
    /* the same by other names, and others by nearly the same */
    ROW("Apache-Coyote/1.1", 0, 20 * S, 0, 0, "Tomcat:connectionTimeout "),
    ROW("Apache-Coyote/1.1", 0, 5 * S, 0, 0, ""),
    ROW("ATS/9.1 ApacheTrafficServer", 0, 5 * S, 0, 0, ""),
    ROW("openresty/1.21", 0, 75 * S, 0, 0, "nginx:keepalive_timeout "),
    ROW("awselb/2.0", 0, 60 * S, 0, 0, "AWS ALB:idle timeout "),
    ROW("Express", 5, 5 * S, 0, 0, "Node.js:server.keepAliveTimeout "),
    ROW("", 0, 0, 30 * S, 0, "gunicorn:timeout "),
    ROW("", 0, 2 * S, 30 * S, 0, "gunicorn:keepalive gunicorn:timeout "),
    /* of these only Node.js and Apache announce Keep-Alive: timeout=5 */
    ROW("", 5, 5 * S, 0, 0,
        "Node.js:server.keepAliveTimeout Apache:KeepAliveTimeout "),
    ROW("", 75, 75 * S, 0, 0, ""),
    /* what the client is, the server does not tell */
    ROW("Apache", 0, 0, 0, 10 * S, "OkHttp:readTimeout "),
    ROW("", 0, 0, 0, 0, ""),
};

static void add_some(struct durations *set, nanos duration)
{
    if (duration)
        durations_add(set, duration, at(0));
}

static void test_hints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        struct server_facts server = {.keep_alive = hints[i].keep_alive};
        struct hint hint[HINTS_MAX];
        struct text named;
        size_t count;

        text_init(&named, 200);
        memcpy(server.software, hints[i].software, strlen(hints[i].software));
        add_some(&server.idle, hints[i].idle);
        add_some(&server.cut, hints[i].cut);
        add_some(&server.client_gave_up, hints[i].client);
        count = infer_hints(&server, hint);
        for (size_t k = 0; k < count; k++)
            text_addf(&named, "%s:%s ", hint[k].software, hint[k].setting);
        assert_string_equal(text_string(&named), hints[i].named);
        text_release(&named);
    }
}

/* Delays that vary are no setting; nor is what an HTTP server has by default
 * one of php-fpm, or of a server of another version of HTTP. */
static void test_no_hint(void **state)
{
    struct server_facts server = {0};
    struct server_facts fastcgi = {.protocol = PROTOCOL_FASTCGI};
    struct server_facts h2 = {.protocol = PROTOCOL_HTTP2};
    struct hint hint[HINTS_MAX];

    (void)state;
    durations_add(&fastcgi.idle, 75 * S, at(0));
    assert_int_equal(infer_hints(&fastcgi, hint), 0);
    durations_add(&h2.idle, 65 * S, at(0));
    assert_int_equal(infer_hints(&h2, hint), 0);
    durations_add(&server.idle, 75 * S, at(0));
    durations_add(&server.idle, 79 * S, at(0));
    assert_int_equal(infer_hints(&server, hint), 0);
}

static struct conn conn_to(uint16_t port)
{
    struct conn conn = {
        .endpoint = {{{4, {10, 0, 0, 1}}, 40000}, {{4, {10, 0, 0, 2}}, port}}
    };

    conn.flow[0].last_any = at(0);
    conn.flow[1].last_any = at(MS);
    conn.flow[0].fin_acks = CONN_NO_OFFSET;
    conn.flow[1].fin_acks = CONN_NO_OFFSET;
    conn.flow[0].fin_at = CONN_NO_OFFSET;
    conn.flow[1].fin_at = CONN_NO_OFFSET;
    return conn;
}

/* Its header section was there after 1 s, and the answer after `done`. */
static struct exchange exchange_done(nanos done)
{
    return (struct exchange){
        .stream = 1,
        .status = 200,
        .request = {.start = at(10 * MS),
                    .head = at(S),
                    .end = at(S),
                    .begin = CONN_ORIGIN + 1,
                    .reached = CONN_ORIGIN + 101},
        .response = {.start = at(done),
                    .end = at(done),
                    .framing = FRAMING_LENGTH},
    };
}

/* What went well and what was cut bracket the limit between them. */
static void test_bracket(void **state)
{
    const struct infer_options options = {.floor = S};
    static const struct http_facts http = {.protocol = PROTOCOL_HTTP1};
    struct infer *infer = infer_new(&options);
    struct conn conn = conn_to(9999);
    struct exchange x = exchange_done(8 * S);
    struct outcome outcome = {.conn = &conn,
                              .http = &http,
                              .unfinished = &x,
                              .exchanges = 3,
                              .complete = 2,
                              .server_software = "",
                              .client_software = ""};
    const struct server_facts *server;

    (void)state;
    assert_false(infer_port_is_http(infer, 9999));
    assert_true(infer_complete(infer, &conn, &x));
    x = exchange_done(3 * S);
    x.idle_since = at(4 * MS);
    assert_false(infer_complete(infer, &conn, &x));
    x = exchange_done(0);
    x.response.start = x.response.end = (struct mark){0};
    conn.flow[1].fin = at(11 * S);
    conn.flow[1].fin_acks = x.request.reached;
    conn.over = at(11 * S);
    infer_outcome(infer, &outcome);
    server = infer_server(infer, &conn);
    assert_ptr_equal(server, infer_first(infer));
    assert_null(server->next);
    assert_int_equal(server->exchanges, 3);
    assert_int_equal(server->complete, 2);
    assert_int_equal(server->failed, 1);
    assert_int_equal(server->answered, 2);
    assert_int_equal(server->success.samples, 2);
    assert_int_equal(server->success.shortest, 2 * S);
    assert_int_equal(server->success.longest, 7 * S);
    assert_int_equal(server->cut.samples, 1);
    assert_int_equal(server->cut.shortest, 10 * S);
    assert_int_equal(server->reused.samples, 1);
    assert_int_equal(server->reused.longest, 6 * MS);
    assert_int_equal(server->idle.samples, 0);
    assert_true(infer_port_is_http(infer, 9999));
    infer_free(infer);
}

/* A close on which nothing was outstanding, or only what had crossed it. */
static const struct {
    const char *name;
    bool by_client, announced, unfinished, seen_by_server;
    uint64_t samples;
} closes[] = {
    {"idle",                  false, false, false, false, 1},
    {"by the client",         true,  false, false, false, 0},
    {"announced",             false, true,  false, false, 0},
    {"a request crossed it",  false, false, true,  false, 1},
    {"a request was waiting", false, false, true,  true,  0},
};

static void test_idle(void **state)
{
    const struct infer_options options = {.floor = S};
    static const struct http_facts http = {.protocol = PROTOCOL_HTTP1};

    (void)state;
    for (size_t i = 0; i < sizeof closes / sizeof *closes; i++) {
        struct infer *infer = infer_new(&options);
        struct conn conn = conn_to(80);
        struct exchange x = exchange_done(0);
        struct outcome outcome = {.conn = &conn,
                                  .http = &http,
                                  .exchanges = 2,
                                  .complete = 1,
                                  .server_software = "",
                                  .client_software = "",
                                  .last_response_end = at(2 * S),
                                  .last_close_word = closes[i].announced
                                                         ? CLOSE_SERVER_SAID
                                                         : CLOSE_UNSAID};
        struct flow *flow = &conn.flow[!closes[i].by_client];
        const struct server_facts *server;

        x.response.start = x.response.end = (struct mark){0};
        outcome.unfinished = closes[i].unfinished ? &x : NULL;
        flow->fin = at(7 * S);
        flow->fin_acks =
            closes[i].seen_by_server ? x.request.reached : x.request.begin;
        conn.over = at(7 * S);
        infer_outcome(infer, &outcome);
        server = infer_server(infer, &conn);
        if (server->idle.samples != closes[i].samples)
            fail_msg("'%s'", closes[i].name);
        if (closes[i].samples)
            assert_int_equal(server->idle.shortest, 5 * S);
        infer_free(infer);
    }
}

/* A port that is only scanned is no server; what is refused by one that is
 * known counts to it. */
static void test_refusals(void **state)
{
    static const struct infer_options options;
    static const struct http_facts http = {.protocol = PROTOCOL_NONE};
    struct infer *infer = infer_new(&options);
    struct conn conn = conn_to(80);
    struct outcome outcome = {.conn = &conn,
                              .http = &http,
                              .server_software = "",
                              .client_software = ""};

    (void)state;
    conn.refused = true;
    conn.flow[1].last_any = (struct mark){0};
    infer_outcome(infer, &outcome);
    assert_null(infer_first(infer));
    assert_null(infer_hold(infer, &conn));
    assert_int_equal(infer_server(infer, &conn)->refused, 0);
    conn.flow[1].last_any = at(MS);
    infer_outcome(infer, &outcome);
    conn.flow[1].last_any = (struct mark){0};
    infer_outcome(infer, &outcome);
    assert_int_equal(infer_server(infer, &conn)->refused, 2);
    infer_free(infer);
}

static void test_ports(void **state)
{
    static const uint16_t yes[] = {80, 443, 3000, 5000, 8000, 8080, 8999};
    static const uint16_t no[] = {0, 22, 79, 3001, 7999, 9000, 65535};
    static const struct infer_options options;
    struct infer *infer = infer_new(&options);

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(infer_port_is_http(infer, yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(infer_port_is_http(infer, no[i]));
    assert_null(infer_first(infer));
    infer_free(infer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations), cmocka_unit_test(test_alike),
        cmocka_unit_test(test_instants),  cmocka_unit_test(test_end_together),
        cmocka_unit_test(test_hints),     cmocka_unit_test(test_no_hint),
        cmocka_unit_test(test_bracket),   cmocka_unit_test(test_idle),
        cmocka_unit_test(test_ports),     cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
