#include "http/sniff.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The bytes of a literal, NULs among them, in the form of a call:
 * clang-format would align braces beyond 80. */
#define ROW(literal, what)                                                     \
    {                                                                          \
        {(const uint8_t *)(literal), sizeof(literal) - 1}, SNIFFED_##what      \
    }

static const struct {
    struct span first;
    enum sniffed what;
} rows[] = {
    ROW("", MORE),
    ROW("\r\n\r\n", MORE),
    ROW("G", MORE),
    ROW("GET", MORE),
    ROW("GET ", REQUEST),
    ROW("\r\nGET /", REQUEST),
    ROW("get /", OTHER),
    ROW("GETS /", OTHER),
    ROW("GET\t/", OTHER),
    ROW("POST / HTTP/1.1", REQUEST),
    ROW("M-SEARCH * HTTP/1.1", REQUEST),
    ROW("PROPFIND ", REQUEST),
    ROW("PROPFIND", MORE),
    ROW("CONNECT h:1", REQUEST),
    /* PRI and PROPFIND begin alike, and so do HEAD and HTTP/1. */
    ROW("P", MORE),
    ROW("PR", MORE),
    ROW("H", MORE),
    ROW("HEAD ", REQUEST),
    ROW("HTTP/1", MORE),
    ROW("HTTP/1.", RESPONSE),
    ROW("HTTP/1.1 200", RESPONSE),
    ROW("\r\nHTTP/1.0", RESPONSE),
    ROW("HTTP/2", OTHER),
    ROW("PRI * HTTP/2", MORE),
    ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", H2_PREFACE),
    ROW("PRI * HTTP/2.0\r\n\r\nXX", OTHER),
    ROW("PRI * HTTP/1.1\r\n", OTHER),
    /* RFC 9113, 4.1 and 6.5: SETTINGS of three, of none, their ACK */
    ROW("\0\0\x12\4\0\0\0\0\0", H2_FRAMES),
    ROW("\0\0\0\4\0\0\0\0\0", H2_FRAMES),
    ROW("\0\0\0\4\1\0\0\0\0", H2_FRAMES),
    ROW("\0\0\x12\4\0\0\0\0", MORE),
    ROW("\0\0\x11\4\0\0\0\0\0", OTHER), /* not of six bytes each */
    ROW("\0\0\x12\0\0\0\0\0\0", OTHER), /* DATA */
    ROW("\0\0\x12\4\0\0\0\0\1", OTHER), /* on stream 1 */
    /* RFC 8446, 5.1: handshake, alert; application data is neither */
    ROW("\x16", MORE),
    ROW("\x16\3", MORE),
    ROW("\x16\3\1", TLS),
    ROW("\x16\3\3\2\0\1", TLS),
    ROW("\x15\3\3\0\2\2", TLS),
    ROW("\x16\2\1", OTHER),
    ROW("\x16\3\5", OTHER),
    ROW("\x17\3\3", OTHER),
    ROW("SSH-2.0-OpenSSH", OTHER),
    ROW("\xff", OTHER),
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum sniffed what = sniff(rows[i].first);

        if (what != rows[i].what)
            fail_msg("'%.*s': %s", (int)rows[i].first.size,
                     (const char *)rows[i].first.at, sniffed_name(what));
    }
}

/* What a beginning is told to be, a longer one is too. */
static void test_longer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum sniffed before = SNIFFED_MORE;

        for (size_t size = 1; size <= rows[i].first.size; size++) {
            enum sniffed now = sniff(span_head(rows[i].first, size));

            /* a preface may still turn out to be none */
            if (before != SNIFFED_MORE && before != SNIFFED_H2_PREFACE)
                assert_int_equal(now, before);
            before = now;
        }
    }
}

static void test_names(void **state)
{
    (void)state;
    for (int a = 0; a < SNIFFED_COUNT; a++) {
        for (int b = a + 1; b < SNIFFED_COUNT; b++)
            assert_string_not_equal(sniffed_name((enum sniffed)a),
                                    sniffed_name((enum sniffed)b));
    }
    assert_string_equal(sniffed_name(SNIFFED_TLS), "TLS");
    assert_string_equal(sniffed_name(SNIFFED_REQUEST), "an HTTP/1 request");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_longer),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
