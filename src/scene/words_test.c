#include "scene/words.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

struct holder {
    struct arena arena;
    struct fail fail;
    struct words words;
};

static struct holder *split(const char *line, bool expected)
{
    struct holder *holder = calloc(1, sizeof *holder);

    assert_non_null(holder);
    arena_init(&holder->arena);
    holder->words.arena = &holder->arena;
    holder->words.fail = &holder->fail;
    holder->words.line = 7;
    assert_int_equal(words_split(&holder->words, span_of_text(line)), expected);
    return holder;
}

static void release(struct holder *holder)
{
    arena_release(&holder->arena);
    free(holder);
}

static void test_words(void **state)
{
    struct holder *h = split(" 0.5\tc> ACK\"a b\" # no more", true);

    (void)state;
    assert_int_equal(h->words.count, 4);
    assert_string_equal(h->words.word[1].text, "c>");
    assert_false(h->words.word[2].quoted);
    assert_string_equal(h->words.word[3].text, "a b");
    assert_true(h->words.word[3].quoted);
    release(h);
}

static void test_escapes(void **state)
{
    static const char plain[] = "\r\n\t\0\\\"\xff#";
    struct holder *h = split("\"\\r\\n\\t\\0\\\\\\\"\\xff#\"", true);

    (void)state;
    assert_int_equal(h->words.word[0].size, sizeof plain - 1);
    assert_memory_equal(h->words.word[0].text, plain, sizeof plain);
    release(h);
}

static void test_broken_strings(void **state)
{
    static const char *const lines[] = {
        "\"no end", "\"\\q\"", "\"\\xg0\"", "\"\\x1", "\"\\", "a\"b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct holder *h = split(lines[i], false);

        assert_memory_equal(h->fail.text, "line 7: ", 8);
        release(h);
    }
}

static void test_numbers(void **state)
{
    struct holder *h = split("12 -3 x 70000 12a", true);
    int64_t number;

    (void)state;
    assert_true(words_number(&h->words, "n", 0, 65535, &number));
    assert_int_equal(number, 12);
    assert_true(words_number(&h->words, "n", -5, 65535, &number));
    assert_int_equal(number, -3);
    assert_false(words_at_number(&h->words));
    assert_false(words_number(&h->words, "n", 0, 65535, &number));
    assert_string_equal(h->fail.text, "line 7: n is no number: 'x'");
    assert_false(words_number(&h->words, "n", 0, 65535, &number));
    assert_false(words_number(&h->words, "n", 0, 65535, &number));
    assert_false(words_number(&h->words, "n", 0, 65535, &number));
    release(h);
}

static void test_seconds(void **state)
{
    static const struct {
        const char *text;
        nanos time; /* negative: none */
    } rows[] = {
        {"0",            0         },
        {"1.5",          1500000000},
        {"3.662590",     3662590000},
        {"0.000000001",  1         },
        {"0.123456789",  123456789 },
        {"1.",           1000000000},
        {"0.1234567891", -1        },
        {"99999999999",  -1        },
        {"1,5",          -1        },
        {".5",           -1        },
        {"-1",           -1        },
        {"1.5s",         -1        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct holder *h = split(rows[i].text, true);
        nanos time;
        bool read = words_seconds(&h->words, "time", &time);

        if (read != (rows[i].time >= 0) || (read && time != rows[i].time))
            fail_msg("'%s'", rows[i].text);
        release(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),          cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_broken_strings), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
