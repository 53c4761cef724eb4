#include "tcp/proxy_header.h"

#include "wire/endpoint.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\xc0\0\2\1\xc6\x33\x64\1\xc7\x5a\1\xbb"
#define ROW(bytes, size, origin)                                               \
    {                                                                          \
        bytes, sizeof bytes - 1, size, origin                                  \
    }

/* Each followed by more; the sizes are counted by hand. */
static const struct {
    const char *bytes;
    size_t given;
    size_t size;
    const char *origin; /* NULL: none */
} rows[] = {
    ROW("PROXY TCP4 192.0.2.1 198.51.100.1 51034 443\r\nGET /", 45,
        "192.0.2.1:51034"),
    ROW("PROXY TCP6 2001:db8::1 2001:db8::2 51034 443\r\nGET /", 46,
        "[2001:db8::1]:51034"),
    ROW("PROXY UNKNOWN\r\nGET /", 15, NULL),
    ROW("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nGET /", 35, NULL),
    ROW("PROXY TCP4 192.0.2.1 198.51.100.1 99999 443\r\nGET /", 45, NULL),
    ROW("PROXY TCP4 192.0.2.1 198.51.100.1 51034 44", 0, NULL),
    ROW("PROXY / HTTP/1.1\r\n\r\n", 0, NULL), /* a method of that name */
    ROW(V2 "\x21\x11\0\x0c" V4 "GET /", 28, "192.0.2.1:51034"),
    ROW(V2 "\x21\x11\0\x0f" V4 "\4\0\0GET /", 31, "192.0.2.1:51034"),
    ROW(V2 "\x20\x00\0\0GET /", 16, NULL),
    ROW(V2 "\x21\x31\0\x0c" V4 "GET /", 28, NULL),
    ROW(V2 "\x21\x11\0\x04\xc0\0\2\1GET /", 20, NULL),
    ROW(V2 "\x11\x11\0\x0c" V4 "GET /", 0, NULL),
    ROW(V2 "\x21\x11\0\x0c\xc0\0\2\1", 0, NULL),
    ROW("GET / HTTP/1.1\r\n", 0, NULL),
    ROW("", 0, NULL),
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span bytes = {(const uint8_t *)rows[i].bytes, rows[i].given};
        char text[ENDPOINT_TEXT_SIZE];
        struct endpoint origin;

        assert_int_equal(proxy_header_read(bytes, &origin), rows[i].size);
        assert_int_equal(origin.address.version != 0, rows[i].origin != NULL);
        if (rows[i].origin)
            assert_string_equal(endpoint_print(text, &origin), rows[i].origin);
    }
}

/* Cut anywhere it is none, or the whole one. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t size = 0; size < rows[i].given; size++) {
            struct span bytes = {(const uint8_t *)rows[i].bytes, size};
            struct endpoint origin;
            size_t found = proxy_header_read(bytes, &origin);

            assert_true(found == 0 || (found == rows[i].size && found <= size));
            if (rows[i].size > 0 && size < rows[i].size)
                assert_true(found > 0 || proxy_header_may_follow(bytes));
        }
    }
}

static void test_may_follow(void **state)
{
    uint8_t line[PROXY_HEADER_MOST] = "PROXY TCP4 ";

    (void)state;
    memset(line + 11, '1', sizeof line - 11);
    assert_true(proxy_header_may_follow(span_of_text("P")));
    assert_false(proxy_header_may_follow(span_of_text("PO")));
    assert_false(proxy_header_may_follow(span_of_text("PROXY / HTTP/1.1")));
    assert_false(proxy_header_may_follow(span_of_text("GET")));
    assert_true(proxy_header_may_follow((struct span){line, 106}));
    assert_false(proxy_header_may_follow((struct span){line, 107}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_may_follow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
