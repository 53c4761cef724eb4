#include "base/text.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* The bytes of a literal, NULs among them. */
#define BYTES(literal)                                                         \
    {                                                                          \
        (const uint8_t *)(literal), sizeof(literal) - 1                        \
    }

/* What comes of one addition to "abc", at most `limit` bytes in all. */
static const struct {
    size_t limit;
    struct span added;
    const char *whole;
    bool cut;
} limits[] = {
    {3, BYTES(""),       "abc",      false},
    {3, BYTES("d"),      "abc",      true },
    {4, BYTES("d"),      "abcd",     false},
    {4, BYTES("de"),     "abcd",     true },
    {8, BYTES("defgh"),  "abcdefgh", false},
    {8, BYTES("defghi"), "abcdefgh", true },
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct text text;

        text_init(&text, limits[i].limit);
        text_add(&text, "abc");
        assert_false(text.cut);
        text_add_bytes(&text, limits[i].added);
        assert_string_equal(text_string(&text), limits[i].whole);
        assert_int_equal(text.size, strlen(limits[i].whole));
        assert_int_equal(text.cut, limits[i].cut);
        text_release(&text);
    }
}

/* Once cut it stays cut, and full, until it is cleared. */
static void test_cut_until_cleared(void **state)
{
    struct text text;

    (void)state;
    text_init(&text, 2);
    text_add(&text, "abc");
    text_add(&text, "");
    text_add(&text, "d");
    assert_string_equal(text_string(&text), "ab");
    assert_true(text.cut);
    text_clear(&text);
    assert_string_equal(text_string(&text), "");
    assert_int_equal(text.size, 0);
    assert_false(text.cut);
    text_add(&text, "xy");
    assert_string_equal(text_string(&text), "xy");
    assert_false(text.cut);
    text_release(&text);
}

static void test_empty(void **state)
{
    struct text text;

    (void)state;
    text_init(&text, 0);
    assert_string_equal(text_string(&text), "");
    text_add(&text, "");
    assert_string_equal(text_string(&text), "");
    assert_false(text.cut);
    text_add(&text, "a");
    assert_string_equal(text_string(&text), "");
    assert_true(text.cut);
    text_release(&text);
    assert_string_equal(text_string(&text), "");
    assert_null(text.at);
    assert_int_equal(text.limit, 0);
}

/* It grows over many additions and loses nothing. */
static void test_growth(void **state)
{
    struct text text;
    char expected[2001];

    (void)state;
    text_init(&text, 2000);
    for (size_t i = 0; i < 1000; i++) {
        expected[2 * i] = (char)('a' + i % 26);
        expected[2 * i + 1] = (char)('A' + i % 25);
        text_addf(&text, "%c%c", (char)('a' + i % 26), (char)('A' + i % 25));
    }
    expected[2000] = '\0';
    assert_string_equal(text_string(&text), expected);
    assert_false(text.cut);
    text_addf(&text, "%s", "z");
    assert_string_equal(text_string(&text), expected);
    assert_true(text.cut);
    text_release(&text);
}

/* Formatted texts around the size of the buffer on the stack, 256. */
static void test_long_formats(void **state)
{
    (void)state;
    for (int size = 253; size < 260; size++) {
        struct text text;

        text_init(&text, 1000);
        text_addf(&text, "<%*d>", size, 7);
        assert_int_equal(text.size, size + 2);
        assert_int_equal(text_string(&text)[0], '<');
        assert_int_equal(text_string(&text)[size], '7');
        assert_string_equal(text_string(&text) + size + 1, ">");
        assert_false(text.cut);
        text_release(&text);
    }
}

static void test_bytes_with_nul(void **state)
{
    static const struct span bytes = BYTES("a\0b");
    struct text text;

    (void)state;
    text_init(&text, 10);
    text_add_bytes(&text, bytes);
    assert_int_equal(text.size, 3);
    assert_memory_equal(text.at, "a\0b", 4);
    text_release(&text);
}

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ROW(bytes, visible)                                                    \
    {                                                                          \
        BYTES(bytes), visible                                                  \
    }

/* RFC 3629, 4 says what UTF-8 is; the rest are bytes. */
static const struct {
    struct span bytes;
    const char *visible;
} visible[] = {
    ROW("", ""),
    ROW(" az~09", " az~09"),
    ROW("a\\b", "a\\\\b"),
    ROW("\\x41", "\\\\x41"),
    /* C0 and DEL */
    ROW("\0\x01\t\n\r\x1b[31m\x1f", "\\x00\\x01\\x09\\x0a\\x0d\\x1b[31m\\x1f"),
    ROW("a\x7fz", "a\\x7fz"),
    /* C1: U+0080, U+009B (CSI), U+009F; U+00A0 is none */
    ROW("\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"),
    ROW("\xc2\xa0", "\xc2\xa0"),
    ROW("\x9b", "\\x9b"),
    /* the ends of the forms: U+07FF, U+0800, U+FFFF, U+10000, U+10FFFF */
    ROW("\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"),
    ROW("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
    /* past U+10FFFF */
    ROW("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"),
    ROW("\xf5\x80\x80\x80\xff\xfe", "\\xf5\\x80\\x80\\x80\\xff\\xfe"),
    /* overlong: '/' in two, three, four bytes, U+07FF in three */
    ROW("\xc0\xaf\xc1\xbf", "\\xc0\\xaf\\xc1\\xbf"),
    ROW("\xe0\x80\xaf", "\\xe0\\x80\\xaf"),
    ROW("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"),
    ROW("\xf0\x80\x80\xaf\xf0\x8f\xbf\xbf",
        "\\xf0\\x80\\x80\\xaf\\xf0\\x8f\\xbf\\xbf"),
    /* surrogates U+D800 and U+DFFF, between U+D7FF and U+E000 */
    ROW("\xed\x9f\xbf\xed\xa0\x80\xed\xbf\xbf\xee\x80\x80",
        "\xed\x9f\xbf\\xed\\xa0\\x80\\xed\\xbf\\xbf\xee\x80\x80"),
    /* not whole: at the end, and before something else */
    ROW("\xe2\x82", "\\xe2\\x82"),
    ROW("\xe2\x82z", "\\xe2\\x82z"),
    ROW("\xf0\x9f\x98\xc3\xa9", "\\xf0\\x9f\\x98\xc3\xa9"),
    ROW("\x80\xbf", "\\x80\\xbf"),
    /* what hides or reorders: U+200B, U+200F, U+202A, U+202E, U+2066 … */
    ROW("\xe2\x80\x8b\xe2\x80\x8f", "\\xe2\\x80\\x8b\\xe2\\x80\\x8f"),
    ROW("\xe2\x80\xa8\xe2\x80\xae", "\\xe2\\x80\\xa8\\xe2\\x80\\xae"),
    ROW("\xe2\x81\xa0\xe2\x81\xa6\xe2\x81\xa9",
        "\\xe2\\x81\\xa0\\xe2\\x81\\xa6\\xe2\\x81\\xa9"),
    ROW("\xef\xbb\xbf", "\\xef\\xbb\\xbf"),
    /* and their neighbours, which do not: U+200A, U+2010, U+202F, U+2070 */
    ROW("\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0",
        "\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0"),
};

static void test_visible(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof visible / sizeof *visible; i++) {
        struct text text;

        text_init(&text, 100);
        text_add_visible(&text, visible[i].bytes);
        assert_string_equal(text_string(&text), visible[i].visible);
        assert_int_equal(text.size, strlen(visible[i].visible));
        assert_false(text.cut);
        text_release(&text);
    }
}

static void test_files(void **state)
{
    char path[] = "/tmp/whyeof-text-XXXXXX";
    int file = mkstemp(path);
    struct text text;

    (void)state;
    assert_true(file >= 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(write(file, "0123456789", 10), 10);
    assert_int_equal(close(file), 0);
    text_init(&text, 20000);
    text_add(&text, "x");
    assert_true(text_add_file(&text, path));
    assert_int_equal(text.size, 10001);
    assert_string_equal(text_string(&text) + 9991, "0123456789");
    assert_false(text.cut);
    assert_true(text_add_file(&text, path));
    assert_true(text.cut);
    assert_int_equal(unlink(path), 0);
    assert_false(text_add_file(&text, path));
    assert_false(text_add_file(&text, "/"));
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_cut_until_cleared),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_long_formats),
        cmocka_unit_test(test_bytes_with_nul),
        cmocka_unit_test(test_visible),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
