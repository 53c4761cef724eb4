#include "tls/keylog.h"

#include "base/text.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RANDOM_A                                                               \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RANDOM_B                                                               \
    "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFFe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
#define MASTER                                                                 \
    "4041424344454647484940414243444546474849404142434445464748494041"         \
    "42434445464748494a4b4c4d4e4f5051"

static const uint8_t random_a[TLS_RANDOM_SIZE] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
static const uint8_t random_b[TLS_RANDOM_SIZE] = {
    0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
    0xfb, 0xfc, 0xfd, 0xfe, 0xff, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5,
    0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef};

/* The sizes of what is known by this random, in the order of the labels. */
static void expect_sizes(struct keylog *keylog,
                         const uint8_t random[static TLS_RANDOM_SIZE],
                         const char *expected)
{
    const struct tls_secrets *found = keylog_find(keylog, random);
    char sizes[TLS_LABELS * 4 + 1] = "";

    for (size_t i = 0; found && i < TLS_LABELS; i++)
        (void)snprintf(sizes + strlen(sizes), 5, "%d ", found->size[i]);
    assert_string_equal(sizes, expected);
}

struct log {
    const char *text;
    const char *sizes_of_a;
    const char *sizes_of_b;
};

static const struct log logs[] = {
    {"",                                                                    "",              ""             },
    {"CLIENT_RANDOM " RANDOM_A " " MASTER "\n",                             "48 0 0 0 0 0 ", ""             },
    {"# a comment\r\nCLIENT_RANDOM " RANDOM_B " " MASTER "\r\n",            "",
     "48 0 0 0 0 0 "                                                                                        },
 /* several of one connection, in two cases; the last line has no end */
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM_A " 0102\n"
     "SERVER_TRAFFIC_SECRET_0 " RANDOM_A " " RANDOM_B "\n"
     "CLIENT_RANDOM " RANDOM_B " " MASTER "\n"
     "CLIENT_EARLY_TRAFFIC_SECRET " RANDOM_A " 030405\n"
     "CLIENT_TRAFFIC_SECRET_0 " RANDOM_A " " RANDOM_A,
     "0 2 0 32 32 3 ",                                                                       "48 0 0 0 0 0 "},
 /* no secret, half of one, too long, another label, junk */
    {"CLIENT_RANDOM " RANDOM_A "\nCLIENT_RANDOM " RANDOM_A " 0\n"
     "CLIENT_RANDOM " RANDOM_A " " MASTER "00\nCLIENT_RANDOM 00 " MASTER "\n"
     "EXPORTER_SECRET " RANDOM_A " " RANDOM_B "\n\x01\x02\xff",
     "",                                                                                     ""             },
 /* junk does not keep what follows from being read */
    {"CLIENT_RANDOM CLIENT_RANDOM\n\n\nCLIENT_RANDOM " RANDOM_A " " MASTER,
     "48 0 0 0 0 0 ",                                                                        ""             },
};

/* Given at once, and byte by byte. */
static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof logs / sizeof *logs; i++) {
        const struct log *log = &logs[i / 2];
        struct span text = span_of_text(log->text);
        struct keylog *keylog = keylog_new();

        while (i % 2 && text.size) {
            keylog_take(keylog, span_head(text, 1));
            text = span_skip(text, 1);
        }
        keylog_take(keylog, text);
        keylog_end(keylog);
        expect_sizes(keylog, random_a, log->sizes_of_a);
        expect_sizes(keylog, random_b, log->sizes_of_b);
        keylog_free(keylog);
    }
}

static void test_long_line(void **state)
{
    struct keylog *keylog = keylog_new();

    (void)state;
    for (int i = 0; i < 100000; i++)
        keylog_take(keylog, span_of_text("CLIENT_RANDOM " RANDOM_A " "));
    keylog_take(keylog,
                span_of_text("\nCLIENT_RANDOM " RANDOM_B " " MASTER "\n"));
    expect_sizes(keylog, random_a, "");
    expect_sizes(keylog, random_b, "48 0 0 0 0 0 ");
    keylog_free(keylog);
}

/* What was looked for in vain and comes later is counted, once each. */
static void test_late(void **state)
{
    struct keylog *keylog = keylog_new();

    (void)state;
    assert_null(keylog_find(keylog, random_a));
    keylog_miss(keylog, random_b);
    assert_int_equal(keylog_late(keylog), 0);
    for (int i = 0; i < 2; i++)
        keylog_take(keylog,
                    span_of_text("CLIENT_RANDOM " RANDOM_A " " MASTER "\n"
                                 "CLIENT_RANDOM " RANDOM_B " " MASTER "\n"));
    assert_int_equal(keylog_late(keylog), 2);
    keylog_miss(keylog, random_a);
    assert_int_equal(keylog_late(keylog), 3);
    keylog_free(keylog);
}

static void look_ahead(void *context)
{
    struct keylog *keylog = *(struct keylog **)context;

    keylog_take(keylog,
                span_of_text("CLIENT_RANDOM " RANDOM_B " " MASTER "\n"));
}

/* Once, and only for what is missed. */
static void test_ahead(void **state)
{
    struct keylog *keylog = keylog_new();

    (void)state;
    assert_false(keylog_may_help(keylog));
    keylog_take(keylog,
                span_of_text("CLIENT_RANDOM " RANDOM_A " " MASTER "\n"));
    keylog_set_ahead(keylog, look_ahead, &keylog);
    assert_non_null(keylog_find(keylog, random_a));
    assert_non_null(keylog_find(keylog, random_b));
    assert_int_equal(keylog_late(keylog), 0);
    keylog_free(keylog);
}

/* Of a capture's own secrets alone, and of the one connection. */
static void test_write(void **state)
{
    static const char inside[] = "CLIENT_RANDOM " RANDOM_A " " MASTER "\n"
                                 "SERVER_TRAFFIC_SECRET_0 " RANDOM_A " 0a0b\n";
    struct keylog *keylog = keylog_new();
    struct text lines;

    (void)state;
    text_init(&lines, 4096);
    keylog_take_block(keylog, 0x544c534b, span_of_text(inside));
    keylog_take(keylog,
                span_of_text("CLIENT_RANDOM " RANDOM_B " " MASTER "\n"));
    keylog_write(keylog, random_b, &lines);
    assert_int_equal(lines.size, 0);
    keylog_write(keylog, random_a, &lines);
    assert_string_equal(text_string(&lines), inside);
    text_release(&lines);
    keylog_free(keylog);
}

static void number_random(uint8_t random[static TLS_RANDOM_SIZE], uint32_t n)
{
    memset(random, 0, TLS_RANDOM_SIZE);
    memcpy(random + 20, &n, sizeof n);
}

/* More than are kept: the first stay, the others are counted. */
static void test_many(void **state)
{
    enum {
        KEPT = 1 << 17,
        MORE = 1000
    };
    struct keylog *keylog = keylog_new();
    uint8_t random[TLS_RANDOM_SIZE];

    (void)state;
    for (uint32_t n = 0; n < KEPT + MORE; n++) {
        char line[256] = "CLIENT_RANDOM ";
        size_t at = strlen(line);

        number_random(random, n);
        for (size_t i = 0; i < sizeof random; i++, at += 2)
            (void)snprintf(line + at, 3, "%02x", random[i]);
        (void)snprintf(line + at, sizeof line - at, " %s\n", MASTER);
        keylog_take(keylog, span_of_text(line));
    }
    for (uint32_t n = 0; n < KEPT + MORE; n += 997) {
        number_random(random, n);
        assert_int_equal(keylog_find(keylog, random) != NULL, n < KEPT);
    }
    assert_int_equal(keylog_dropped(keylog), MORE);
    keylog_free(keylog);
}

/* A file that grows is read on when a secret is missed. */
static void test_grows(void **state)
{
    char path[] = "/tmp/whyeof-keylog-XXXXXX";
    int file = mkstemp(path);
    struct keylog *keylog = keylog_new();
    struct fail fail = {0};
    const char line[] = "CLIENT_RANDOM " RANDOM_A " " MASTER "\n";

    (void)state;
    assert_true(file >= 0);
    assert_false(keylog_may_help(keylog));
    assert_true(keylog_add_file(keylog, path, &fail));
    assert_true(keylog_may_help(keylog));
    expect_sizes(keylog, random_a, "");
    assert_int_equal(write(file, line, 40), 40);
    expect_sizes(keylog, random_a, "");
    /* half a secret is none; the last line may lack its end */
    assert_int_equal(write(file, line + 40, 80), 80);
    expect_sizes(keylog, random_a, "");
    assert_int_equal(write(file, line + 120, sizeof line - 122),
                     (ssize_t)sizeof line - 122);
    expect_sizes(keylog, random_a, "48 0 0 0 0 0 ");
    /* another file does not go on with it */
    assert_true(
        keylog_add_file(keylog, "testdata/captures/keys-go-panic.keys", &fail));
    assert_int_equal(write(file, "\n", 1), 1);
    expect_sizes(keylog, random_b, "");
    expect_sizes(keylog, random_a, "48 0 0 0 0 0 ");
    keylog_free(keylog);
    assert_int_equal(close(file), 0);
    assert_int_equal(unlink(path), 0);
}

static void test_no_file(void **state)
{
    struct keylog *keylog = keylog_new();
    struct fail fail = {0};

    (void)state;
    assert_false(keylog_add_file(keylog, "/nonexistent/keys", &fail));
    assert_string_equal(fail.text, "cannot read the key log "
                                   "'/nonexistent/keys': No such file or "
                                   "directory");
    keylog_free(keylog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late),      cmocka_unit_test(test_ahead),
        cmocka_unit_test(test_write),     cmocka_unit_test(test_lines),
        cmocka_unit_test(test_long_line), cmocka_unit_test(test_many),
        cmocka_unit_test(test_grows),     cmocka_unit_test(test_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
