#include "report/message_words.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

static const struct {
    const char *text;
    const char *words;
    bool has;
} sentence[] = {
    {"curl: (52) Empty reply",                                    "curl|pycurl error? (52", true },
    {"curl: (521)",                                               "curl (52",               false},
    {"curl/52 (5)",                                               "curl (52",               false},
    {"EOF",                                                       "eof",                    true },
    {"geofence",                                                  "eof",                    false},
    {"UND_EOF",                                                   "eof",                    false},
    {"a, B: c",                                                   "a b c",                  true },
    {"a b x c",                                                   "a b c",                  false},
    {"a b",                                                       "a b c",                  false},
    {"a b x c",                                                   "a b * c",                true },
    {"a b c",                                                     "a b * c",                true },
    {"1 a a b",                                                   "a b",                    true },
    {"a 12 b",                                                    "a # b",                  true },
    {"a x12 b",                                                   "a # b",                  false},
    {"a c",                                                       "a b? c",                 true },
    {"a b c",                                                     "a b? c",                 true },
    {"a b b c",                                                   "a b? c",                 false},
    {"hpe_strict",                                                "hpe_*",                  true },
    {"hpe",                                                       "hpe_*",                  false},
    {"a two",                                                     "a one|two",              true },
    {"a three",                                                   "a one|two",              false},
    {"status 502",                                                "status 502",             true },
    {"status: 502.",                                              "status 502",             true },
    {"status 502.example.com",                                    "status 502",             false},
    {"status 1.502",                                              "status 502",             false},
    {"status 502 bytes",                                          "status 502",             false},
    {"status 502 ms",                                             "status 502",             false},
    {"http://502/",                                               "http 502",               false},
    {"http 502:80",                                               "http 502",               false},
    {"",                                                          "eof",                    false},
    {"\xff\xc3 a\x01\xe2\x80\xa6 b",                              "a b",                    true },
    {"a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 b",    "a * b",                  true },
    {"a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 b", "a * b",
     false                                                                                       },
};

static void test_words(void **state)
{
    const char *end;

    (void)state;
    for (size_t i = 0; i < sizeof sentence / sizeof *sentence; i++) {
        bool has = message_find_words(sentence[i].text, sentence[i].words,
                                      &end) != NULL;

        if (has != sentence[i].has)
            fail_msg("'%s' in '%s'", sentence[i].words, sentence[i].text);
    }
}

static void test_mark(void **state)
{
    const char *end;

    (void)state;
    assert_non_null(message_find_mark("502 - SH-- 1/1", "SH--", &end));
    assert_non_null(message_find_mark("UC,URX", "URX", &end));
    assert_null(message_find_mark("502 - sh-- 1/1", "SH--", &end));
    assert_null(message_find_mark("SH---", "SH--", &end));
    assert_null(message_find_mark("DUCT UCX", "UC", &end));
    assert_non_null(message_find_mark("UC", "UC", &end));
    assert_non_null(message_find_mark("UC,URX", "UC", &end));
    assert_non_null(message_find_mark("HTTP/1.1\" 503 UC 0", "UC", &end));
    assert_non_null(message_find_mark("\"flags\":\"UC\"", "UC", &end));
    assert_null(message_find_mark("a DC b", "DC", &end));
    assert_null(message_find_mark("DC is a city", "DC", &end));
    assert_null(message_find_mark("Washington, DC", "DC", &end));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
