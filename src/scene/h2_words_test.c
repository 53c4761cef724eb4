#include "scene/h2_words.h"

#include "base/bytes.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    OUT_MAX = 1 << 17
};

/* The frame that the words make, in hex; or the trouble. */
static void tell(const char *line, struct text *out)
{
    struct arena arena;
    struct fail fail = {0};
    struct words words = {.arena = &arena, .fail = &fail, .line = 3};
    struct text bytes;

    arena_init(&arena);
    text_init(&bytes, OUT_MAX);
    assert_true(words_split(&words, span_of_text(line)));
    if (!h2_words_read(&words, &bytes))
        text_add(out, fail.text);
    for (size_t i = 0; !*fail.text && i < bytes.size; i++)
        text_addf(out, "%02x", (unsigned)text_span(&bytes).at[i]);
    if (words_peek(&words) && !*fail.text)
        text_addf(out, " then %s", words_peek(&words)->text);
    text_release(&bytes);
    arena_release(&arena);
}

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static const struct {
    const char *line;
    const char *told;
} rows[] = {
    ROW("preface", "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a"),
    ROW("settings", "000000040000000000"),
    ROW("settings ack FIN", "000000040100000000 then FIN"),
    ROW("settings initial-window=65536 max-streams=5 table-size=0",
        "000012040000000000"
        "000400010000"
        "000300000005"
        "000100000000"),
    ROW("headers 1 end \"a=b\"", "000005010500000001"
                                 "0001610162"),
    ROW("headers 1 \":p=/?x=1\"", "00000a010400000001"
                                  "00023a70052f3f783d31"),
    ROW("headers 3 pad 2 priority \"a=b\"", "00000d012c00000003"
                                            "02"
                                            "000000000f"
                                            "0001610162"
                                            "0000"),
    ROW("headers 1 end continued \"a=b\"", "000003010100000001"
                                           "000161"
                                           "000002090400000001"
                                           "0162"),
    ROW("headers 1 continued 2", "000000010000000001"
                                 "000000090000000001"
                                 "000000090400000001"),
    ROW("push 1 2 \"a=b\"", "000009050400000001"
                            "00000002"
                            "0001610162"),
    ROW("data 1", "000000000000000001"),
    ROW("data 1 end zeros 2 \"a\" zeros 1", "000004000100000001"
                                            "00006100"),
    ROW("data 1 pad 0 \"a\"", "000002000800000001"
                              "0061"),
    ROW("data 1 pad 3 \"a\" ACK", "000005000800000001"
                                  "0361000000 then ACK"),
    ROW("rst 7 CANCEL", "000004030000000007"
                        "00000008"),
    ROW("rst 7 8", "000004030000000007"
                   "00000008"),
    ROW("goaway 2147483647 NO_ERROR", "000008070000000000"
                                      "7fffffff"
                                      "00000000"),
    ROW("goaway 1 ENHANCE_YOUR_CALM \"hi\"", "00000a070000000000"
                                             "00000001"
                                             "0000000b"
                                             "6869"),
    ROW("window 0 2147483647", "000004080000000000"
                               "7fffffff"),
    ROW("ping", "000008060000000000"
                "0000000000000000"),
    ROW("ping ack", "000008060100000000"
                    "0000000000000000"),
    ROW("raw 2 0 5 hex 000000000f", "000005020000000005"
                                    "000000000f"),
    ROW("raw 0 8 1", "000000000800000001"),
    ROW("raw 1 4 1 hex 0a", "000001010400000001"
                            "0a"),
    ROW("datum 1", "line 3: no frame of HTTP/2: 'datum'"),
    ROW("", "line 3: no frame of HTTP/2: ''"),
    ROW("data", "line 3: stream is missing"),
    ROW("data 1 pad 256", "line 3: padding is not between 0 and 255"),
    ROW("headers 1 \"a\"", "line 3: a field is \"name=value\""),
    ROW("headers 1 continued 0", "line 3: continuations is not between 1 and "
                                 "2000"),
    ROW("rst 1 CANCELLED", "line 3: error code is no number: 'CANCELLED'"),
    ROW("window 1", "line 3: increment is missing"),
    ROW("raw 256 0 0", "line 3: type is not between 0 and 255"),
    ROW("raw 1 0 0 hex 123", "line 3: not hex digits in pairs: '123'"),
};

static void test_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text out;

        text_init(&out, OUT_MAX);
        tell(rows[i].line, &out);
        if (strcmp(text_string(&out), rows[i].told) != 0)
            fail_msg("'%s': %s", rows[i].line, text_string(&out));
        text_release(&out);
    }
}

/* A value of 300 bytes: its length takes more than the prefix. */
static void test_long_value(void **state)
{
    struct text line, out;

    (void)state;
    text_init(&line, OUT_MAX);
    text_init(&out, OUT_MAX);
    text_add(&line, "headers 1 \"a=");
    for (unsigned i = 0; i < 300; i++)
        text_add(&line, "b");
    text_add(&line, "\"");
    tell(text_string(&line), &out);
    assert_memory_equal(text_string(&out),
                        "000132010400000001"
                        "000161"
                        "7fad01"
                        "6262",
                        34);
    text_release(&line);
    text_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_long_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
