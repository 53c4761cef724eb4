#include "report/mask.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const rows[][2] = {
    {"",                             ""                            },
    {"/",                            "/"                           },
    {"*",                            "*"                           },
    {"/path?",                       "/path?"                      },
    {"/a?b=c&d=e",                   "/a?b=c&d=e"                  },
    {"/a?token=abc",                 "/a?token=***"                },
    {"/a?b=c&token=abc&d=e",         "/a?b=c&token=***&d=e"        },
    {"/a?token=a=b&d=e",             "/a?token=***&d=e"            },
    {"/a?token=&d=e",                "/a?token=***&d=e"            },
    {"/a?token&d=e",                 "/a?token&d=e"                },
    {"/a?X-Amz-Signature=abc;b=c",   "/a?X-Amz-Signature=***;b=c"  },
    {"/a?API_KEY=1&PassWord=2",      "/a?API_KEY=***&PassWord=***" },
    {"/a?access%5Ftoken=abc&page=2", "/a?access%5Ftoken=***&page=2"},
    {"/a?page=2&&code=3",            "/a?page=2&&code=***"         },
    {"/a?b=c?code=d",                "/a?b=c?code=d"               },
    {"/token=abc",                   "/token=abc"                  },
    {"/a\x1b[2J?key=\x1b[2J&b=\x1b", "/a\\x1b[2J?key=***&b=\\x1b"  },
    {"http://h/a?b=c",               "http://h/a?b=c"              },
    {"http://user:password@h/a",     "http://***@h/a"              },
    {"http://user@h:80?sid=1",       "http://***@h:80?sid=***"     },
    {"http://a@b@h/",                "http://***@h/"               },
    {"http://h/a@b",                 "http://h/a@b"                },
    {"http://h?a@b",                 "http://h?a@b"                },
    {"h:443",                        "h:443"                       },
    {"/a:b@c",                       "/a:b@c"                      },
};

static void test_masked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text text;

        text_init(&text, 200);
        text_add(&text, "<");
        mask_add_target(&text, rows[i][0], false);
        assert_int_equal(text_string(&text)[0], '<');
        assert_string_equal(text_string(&text) + 1, rows[i][1]);
        text_release(&text);
    }
}

/* Shown as it is, but for what could steer a terminal. */
static void test_shown(void **state)
{
    struct text text;

    (void)state;
    text_init(&text, 200);
    mask_add_target(&text, "http://u:p@h/\x1b?token=abc&b=\\", true);
    assert_string_equal(text_string(&text),
                        "http://u:p@h/\\x1b?token=abc&b=\\\\");
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masked),
        cmocka_unit_test(test_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
