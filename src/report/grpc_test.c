#include "report/grpc.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* As sent, as shown. */
static const struct {
    uint32_t status;
    const char *sent;
    const char *shown;
} rows[] = {
    {0,  NULL,                 "0 OK"                              },
    {5,  "no such thing",      "5 NOT_FOUND, \"no such thing\""    },
    {14, "upstream gone%21",   "14 UNAVAILABLE, \"upstream gone!\""},
    {16, "%41%62%2525",        "16 UNAUTHENTICATED, \"Ab%25\""     },
    {17, "x",                  "17, \"x\""                         },
    {13, "100%",               "13 INTERNAL, \"100%\""             },
    {13, "%4",                 "13 INTERNAL, \"%4\""               },
    {13, "%zz%4g",             "13 INTERNAL, \"%zz%4g\""           },
    {13, "a%00b",              "13 INTERNAL, \"a%00b\""            },
    {13, "%1b[2J%0a",          "13 INTERNAL, \"\\x1b[2J\\x0a\""    },
    {13, "%c3%a9 %ff",         "13 INTERNAL, \"\u00e9 \\xff\""     },
    {2,  "get /a%3Ftoken=abc", "2 UNKNOWN, \"get /a?token=***\""   },
};

static void test_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange x = {.grpc_status = rows[i].status,
                             .has_grpc_status = true,
                             .grpc_message = (char *)(uintptr_t)rows[i].sent};
        struct text text;

        text_init(&text, 256);
        grpc_add_status(&text, &x, false);
        assert_string_equal(text_string(&text), rows[i].shown);
        text_release(&text);
    }
}

static void test_secrets_shown(void **state)
{
    struct exchange x = {.has_grpc_status = true,
                         .grpc_message = (char[]){"/a?token=abc"}};
    struct text text;

    (void)state;
    text_init(&text, 256);
    grpc_add_message(&text, &x, true);
    assert_string_equal(text_string(&text), "/a?token=abc");
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_secrets_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
