#include "report/page.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

static const struct {
    unsigned width;
    unsigned indent;
    const char *label;
    const char *text;
    const char *page;
} rows[] = {
    {20, 0, "",        "",                             "\n"                         },
    {20, 0, "",        "one line",                     "one line\n"                 },
 /* exactly as wide as the page, and one more */
    {7,  0, "",        "abc def",                      "abc def\n"                  },
    {6,  0, "",        "abc def",                      "abc\ndef\n"                 },
    {20, 4, "so",      "one line",                     "so  one line\n"             },
    {12, 4, "so",      "abc def gh",                   "so  abc def\n    gh\n"      },
    {9,  2, "",        "a b c d e f g",                "  a b c d\n  e f g\n"       },
 /* a label as wide as its column, or wider */
    {20, 4, "then",    "abc",                          "then abc\n"                 },
    {20, 4, "at last", "abc",                          "at last abc\n"              },
 /* a word that is longer than a line is divided, where it can be */
    {12, 2, "",        "abcdefghijklm k",              "  abcdefghij\n  klm k\n"    },
    {12, 2, "",        "/abcdef/ghijk l",              "  /abcdef/\n  ghijk l\n"    },
    {12, 2, "",        "xy abcdefghijklm",             "  xy\n  abcdefghij\n  klm\n"},
    {20, 0, "",        "spaces   and words",           "spaces and words\n"         },
 /* a number and its unit stay together */
    {8,  0, "",        "after 60 s",                   "after\n60 s\n"              },
    {6,  0, "",        "a 9 ms, b",                    "a\n9 ms,\nb\n"              },
    {10, 0, "",        "after 60 sheep",               "after 60\nsheep\n"          },
    {12, 0, "",        "lost 12 bytes of",             "lost\n12 bytes of\n"        },
    {6,  0, "",        "take x s",                     "take x\ns\n"                },
    {10, 0, "",        "2 min 5 s so",                 "2 min 5 s\nso\n"            },
 /* characters count, not bytes */
    {7,  0, "",        "\xc3\xa4\xc3\xb6\xc3\xbc def",
     "\xc3\xa4\xc3\xb6\xc3\xbc def\n"                                               },
    {20, 0, "",        "a\x1b[1mb\nc",                 "a\\x1b[1mb\\x0ac\n"         },
};

static void test_paragraphs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *written = NULL;
        size_t size = 0;
        struct page page = {open_memstream(&written, &size), rows[i].width,
                            false};

        page_paragraph(&page, rows[i].indent, rows[i].label, rows[i].text);
        assert_int_equal(fclose(page.out), 0);
        assert_string_equal(written, rows[i].page);
        free(written);
    }
}

static const struct {
    bool color;
    enum ink ink;
    const char *page;
} inks[] = {
    {false, INK_RED,    "<7 of 9>"                 },
    {true,  INK_PLAIN,  "<7 of 9>"                 },
    {true,  INK_BOLD,   "<\033[1m7 of 9\033[0m>"   },
    {true,  INK_DIM,    "<\033[2m7 of 9\033[0m>"   },
    {true,  INK_RED,    "<\033[1;31m7 of 9\033[0m>"},
    {true,  INK_YELLOW, "<\033[1;33m7 of 9\033[0m>"},
    {true,  INK_BLUE,   "<\033[1;34m7 of 9\033[0m>"},
};

static void test_inks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof inks / sizeof *inks; i++) {
        char *written = NULL;
        size_t size = 0;
        struct page page = {open_memstream(&written, &size), 80, inks[i].color};

        page_ink(&page, INK_PLAIN, "<");
        page_ink(&page, inks[i].ink, "%d of %d", 7, 9);
        page_ink(&page, INK_PLAIN, ">");
        assert_int_equal(fclose(page.out), 0);
        assert_string_equal(written, inks[i].page);
        free(written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paragraphs),
        cmocka_unit_test(test_inks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
