#include "http/h2_fields.h"

#include "http/fields_kit.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    TOLD_MAX = 1 << 14
};

static void take_lines(struct h2_fields *fields, const char *lines)
{
    struct span name;
    struct span value;

    while (kit_next_field(&lines, &name, &value))
        h2_fields_take(fields, name, value);
}

static void tell(const struct h2_fields *fields, struct text *out)
{
    struct http_head head;

    h2_fields_tell(fields, &head);
    kit_add_span(out, "method", head.method);
    kit_add_span(out, "target", head.target);
    kit_add_span(out, "host", head.host);
    kit_add_span(out, "type", head.content_type);
    kit_add_span(out, "software", head.software);
    kit_add_span(out, "upgrade", head.upgrade);
    kit_add_span(out, "id", head.request_id);
    kit_add_span(out, "trace", head.traceparent);
    kit_add_span(out, "for", head.forwarded_for);
    if (head.status)
        text_addf(out, "status=%u ", head.status);
    if (head.length != HTTP_NO_LENGTH)
        text_addf(out, "length=%u ", (unsigned)head.length);
    if (head.has_grpc_status)
        text_addf(out, "grpc=%u ", head.grpc_status);
    kit_add_span(out, "message", head.grpc_message);
    if (head.grpc_timeout)
        text_addf(out, "timeout=%llu ", (unsigned long long)head.grpc_timeout);
}

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static const struct {
    const char *fields;
    const char *told;
} rows[] = {
    ROW("", ""),
    ROW(":method=GET\n:path=/a?b=c\n:authority=x:1\nuser-agent=u\nhost=y\n",
        "method=GET target=/a?b=c host=x:1 software=u "),
    ROW(":method=GET\nhost=y\n", "method=GET host=y "),
    ROW(":method=CONNECT\n:protocol=websocket\n",
        "method=CONNECT upgrade=websocket "),
    ROW(":status=200\nserver=s\nuser-agent=u\ncontent-length=12\n",
        "software=s status=200 length=12 "),
    ROW(":status=\ncontent-length=x\n", ""),
    ROW(":status=99999999999999999999\n", "status=65535 "),
    ROW("grpc-status=0\ngrpc-message=\n", "grpc=0 "),
    ROW("grpc-status=14\ngrpc-message=gone%21\n", "grpc=14 message=gone%21 "),
    ROW("grpc-status=\n", ""),
    ROW(":method=GET\nx-request-id=7\ntraceparent=00-1\n"
        "x-forwarded-for=192.0.2.1, 192.0.2.2\n",
        "method=GET id=7 trace=00-1 for=192.0.2.1, 192.0.2.2 "),
    ROW("x-request-ids=7\ntraceparents=00-1\nx-forwarded-by=192.0.2.1\n", ""),
    ROW(":status=18446744073709551616\n", "status=65535 "),
    ROW("content-length=18446744073709551614x\n", "length=4294967294 "),
    ROW(":method=\n:method=PUT\n:path=/a\n:method=GET\n",
        "method=PUT target=/a "),
    ROW("grpc-timeout=5\n", ""),
    ROW("grpc-timeout=5S\n", "timeout=5000000000 "),
    ROW("grpc-timeout=250m\n", "timeout=250000000 "),
    ROW("grpc-timeout=7u\n", "timeout=7000 "),
    ROW("grpc-timeout=9n\n", "timeout=9 "),
    ROW("grpc-timeout=2M\n", "timeout=120000000000 "),
    ROW("grpc-timeout=1H\n", "timeout=3600000000000 "),
    ROW("grpc-timeout=99999999H\n", ""),
    ROW("grpc-timeout=100000000S\n", ""),
    ROW("grpc-timeout=5x\n", ""),
    ROW("grpc-timeout=-5S\n", ""),
    ROW("Method=GET\n:methods=GET\nmethod=GET\n", ""),
    ROW(":path=/first\n:path=/second\n", "target=/first "),
};

static void test_told(void **state)
{
    struct h2_fields fields;
    struct text told;

    (void)state;
    h2_fields_init(&fields);
    text_init(&told, TOLD_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        h2_fields_clear(&fields);
        text_clear(&told);
        take_lines(&fields, rows[i].fields);
        tell(&fields, &told);
        if (strcmp(text_string(&told), rows[i].told) != 0)
            fail_msg("%s: %s", rows[i].fields, text_string(&told));
    }
    text_release(&told);
    h2_fields_release(&fields);
}

/* Of a long value the beginning is kept, and what comes behind it as well. */
static void test_long_value(void **state)
{
    static const uint8_t filler[10000];
    struct h2_fields fields;
    struct http_head head;

    (void)state;
    h2_fields_init(&fields);
    h2_fields_take(&fields, span_of_text(":path"),
                   (struct span){filler, sizeof filler});
    take_lines(&fields, ":method=PUT\n");
    h2_fields_tell(&fields, &head);
    assert_int_equal(head.target.size, 4096);
    assert_int_equal(head.method.size, 3);
    assert_true(span_starts_with(head.method, "PUT"));
    h2_fields_release(&fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_long_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
