#include "model/passed_on.h"

#include "wire/endpoint.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct passed_on of(const char *id, const char *trace, const char *list)
{
    const struct http_head head = {
        .request_id = span_of_text(id),
        .traceparent = span_of_text(trace),
        .forwarded_for = span_of_text(list),
    };

    return passed_on_of(&head);
}

static void test_client(void **state)
{
    static const struct {
        const char *list;
        const char *client; /* NULL: none */
    } rows[] = {
        {"",                              NULL               },
        {",",                             NULL               },
        {"unknown",                       NULL               },
        {"192.0.2.1",                     "192.0.2.1:0"      },
        {"192.0.2.1:5000",                "192.0.2.1:5000"   },
        {"192.0.2.1:99999",               "192.0.2.1:0"      },
        {"198.51.100.7, 192.0.2.1",       "192.0.2.1:0"      },
        {"198.51.100.7,192.0.2.1  ",      "192.0.2.1:0"      },
        {"192.0.2.1, 2001:db8::1",        "[2001:db8::1]:0"  },
        {"[2001:db8::1]",                 "[2001:db8::1]:0"  },
        {"[2001:db8::1]:443",             "[2001:db8::1]:443"},
        {"[2001:db8::1",                  NULL               },
        {"192.0.2.1, 192.0.2.1.5",        NULL               },
        {"192.0.2.1234567890123456789012345678901234567890"
         "12345678901234567890", NULL               },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct passed_on told = of("", "", rows[i].list);
        char text[ENDPOINT_TEXT_SIZE];

        if (!rows[i].client)
            assert_int_equal(told.client.address.version, 0);
        else
            assert_string_equal(endpoint_print(text, &told.client),
                                rows[i].client);
    }
}

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"

static void test_trace(void **state)
{
    uint64_t trace = of("", "00-" TRACE "-00f067aa0ba902b7-01", "").trace;

    (void)state;
    assert_true(trace != 0);
    /* each hop has a span of its own */
    assert_true(of("", "00-" TRACE "-1111111111111111-00", "").trace == trace);
    assert_true(of("", "cc-" TRACE "-1111111111111111-00-x", "").trace ==
                trace);
    assert_true(of("", "00-5" TRACE "-00f067aa0ba902b7-01", "").trace == 0);
    assert_true(of("", "00-" TRACE, "").trace == 0);
    assert_true(of("", "00-4BF92F3577B34DA6A3CE929D0E0E4736-1-01", "").trace ==
                0);
    assert_true(of("", "00-00000000000000000000000000000000-1-01", "").trace ==
                0);
    assert_true(of("", "", "").trace == 0);
}

static void test_request_id(void **state)
{
    (void)state;
    assert_true(of("", "", "").request_id == 0);
    assert_true(of("a", "", "").request_id != 0);
    assert_true(of("a", "", "").request_id != of("b", "", "").request_id);
    assert_true(of("0123456789abcdef", "", "").request_id !=
                of("0123456789abcdee", "", "").request_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_request_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
