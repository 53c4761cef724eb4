/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tls/prelude.h"

#define HELLO     "\x16\x03\x01\x00\x05\x01"
#define V2        "\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a\x21\x11\x00\x0c"
#define ADDRESSES "123456789012"

enum {
    CLIENT,
    SERVER,
    STEPS_MOST = 6
};

/* A chunk, and what it is; of PRELUDE_ENDS, behind how many bytes. */
struct step {
    unsigned side;
    const char *bytes;
    size_t size;
    enum prelude_step is;
    size_t ends;
};

#define SAID(side, text, is, ends)                                             \
    {                                                                          \
        side, text, sizeof text - 1, is, ends                                  \
    }

static const struct {
    const char *what;
    struct step step[STEPS_MOST];
} row[] = {
    {"version 1, alone",
     {SAID(CLIENT, "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", PRELUDE_GOES_ON, 0),
      SAID(CLIENT, HELLO, PRELUDE_ENDS, 0)}                                           },
    {"version 1, with the hello",
     {SAID(CLIENT, "PROXY UNKNOWN\r\n" HELLO, PRELUDE_ENDS, 15)}                      },
    {"version 1, and HTTP",
     {SAID(CLIENT, "PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n", PRELUDE_OTHER, 0)}          },
    {"version 1 without an end",
     {SAID(CLIENT, "PROXY TCP4 1.1.1.1", PRELUDE_OTHER, 0)}                           },
    {"version 2, with the hello",
     {SAID(CLIENT, V2 ADDRESSES HELLO, PRELUDE_ENDS, 28)}                             },
    {"version 2, cut",                       {SAID(CLIENT, V2 "12", PRELUDE_OTHER, 0)}},
    {"version 2, and the server speaks",
     {SAID(CLIENT, V2 ADDRESSES, PRELUDE_GOES_ON, 0),
      SAID(SERVER, "220 hello\r\n", PRELUDE_OTHER, 0)}                                },
    {"CONNECT",
     {SAID(CLIENT, "CONNECT a:443 HTTP/1.1\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(SERVER, "HTTP/1.1 200 OK\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(CLIENT, HELLO, PRELUDE_ENDS, 0)}                                           },
    {"CONNECT in pieces",
     {SAID(CLIENT, "CONNECT a:443 HTTP/1.1\r\n", PRELUDE_GOES_ON, 0),
      SAID(CLIENT, "\r\n", PRELUDE_GOES_ON, 0),
      SAID(SERVER, "HTTP/1.0 200 OK\r\nVia: x\r", PRELUDE_GOES_ON, 0),
      SAID(SERVER, "\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(CLIENT, HELLO, PRELUDE_ENDS, 0)}                                           },
    {"CONNECT refused, and something else",
     {SAID(CLIENT, "CONNECT a:443 HTTP/1.1\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(SERVER, "HTTP/1.1 407 No\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(CLIENT, "GET / HTTP/1.1\r\n\r\n", PRELUDE_OTHER, 0)}                       },
    {"CONNECT refused, and granted",
     {SAID(CLIENT, "CONNECT a:443 HTTP/1.1\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(SERVER, "HTTP/1.1 407 No\r\nContent-Length: 4\r\n\r\n",
           PRELUDE_GOES_ON, 0),
      SAID(SERVER, "no\r\n", PRELUDE_GOES_ON, 0),
      SAID(CLIENT, "CONNECT a:443 HTTP/1.1\r\nA: b\r\n\r\n", PRELUDE_GOES_ON,
           0),
      SAID(SERVER, "HTTP/1.1 200 OK\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(CLIENT, HELLO, PRELUDE_ENDS, 0)}                                           },
    {"CONNECT, and the answer is none",
     {SAID(CLIENT, "CONNECT a:443 HTTP/1.1\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(SERVER, "220 hello\r\n", PRELUDE_OTHER, 0)}                                },
    {"CONNECT, and HTTP in it",
     {SAID(CLIENT, "CONNECT a:80 HTTP/1.1\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(SERVER, "HTTP/1.1 200 OK\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(CLIENT, "GET / HTTP/1.1\r\n\r\n", PRELUDE_OTHER, 0)}                       },
    {"CONNECT, and the server speaks in it",
     {SAID(CLIENT, "CONNECT a:25 HTTP/1.1\r\n\r\n", PRELUDE_GOES_ON, 0),
      SAID(SERVER, "HTTP/1.1 200 OK\r\n\r\n220", PRELUDE_OTHER, 0)}                   },
};

static struct chunk chunk_of(const struct step *step)
{
    return (struct chunk){
        .bytes = {(const uint8_t *)step->bytes, step->size}
    };
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct prelude prelude;

        for (size_t j = 0; j < STEPS_MOST && row[i].step[j].bytes; j++) {
            const struct step *step = &row[i].step[j];
            struct chunk chunk = chunk_of(step);
            size_t ends = 0;
            enum prelude_step is;

            if (j == 0)
                assert_true(prelude_begin(&prelude, step->side, &chunk));
            is = prelude_take(&prelude, step->side, &chunk, &ends);
            if (is != step->is || (is == PRELUDE_ENDS && ends != step->ends))
                fail_msg("%s, piece %zu: %d behind %zu", row[i].what, j, is,
                         ends);
        }
    }
}

static void test_no_prelude(void **state)
{
    static const char *const others[] = {"GET / HTTP/1.1\r\n", "PROXYING",
                                         "CONNECTED", "\r\n\r\n"};
    struct prelude prelude;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct chunk chunk = {
            .bytes = {(const uint8_t *)others[i], strlen(others[i])}
        };

        assert_false(prelude_begin(&prelude, 0, &chunk));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_prelude),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
