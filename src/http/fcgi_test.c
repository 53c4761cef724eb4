#include "http/fcgi_kit.h"

#define GET                                                                    \
    "\16\3REQUEST_METHODGET"                                                   \
    "\13\4REQUEST_URI/a?b"                                                     \
    "\11\1HTTP_HOSTh"
#define ASKED BEGIN(), PARAMS(GET), PARAMS(""), STDIN("")
#define KEPT  BEGIN_KEEP, PARAMS(GET), PARAMS(""), STDIN("")
#define OK    "Content-Type: a/b\r\n\r\n"

static const struct fcgi_talk talks[] = {
    ROW(.name = "a request and its answer",
        .step = {ASKED,                                                    STDOUT(OK "abc", .padding = 3), STDOUT(""), END()},
        .told = "> 1 GET /a?b closes\n> 1 end 0\n"
                "< 1 200 closes\n< 1 end 3\nover fastcgi\n"),
    ROW(.name = "several on a kept connection",
        .step = {KEPT,                                           STDOUT("Status: 404 Not Found\r\nA: b\r\n\r\nx"), END(),
                 KEPT, STDOUT("Location: http://h/\n\n"), END()},
        .told = "> 1 GET /a?b\n> 1 end 0\n< 1 404\n< 1 end 1\n"
                "> 2 GET /a?b\n> 2 end 0\n< 2 302\n< 2 end 0\n"
                "over fastcgi\n"),
    ROW(.name = "a body, and a path without REQUEST_URI",
        .step = {BEGIN(),
                 PARAMS("\16\4REQUEST_METHODPOST\13\2SCRIPT_NAME/s"
                        "\14\3QUERY_STRINGq=1\16\1CONTENT_LENGTH5\1\1XY"),
                 PARAMS(""), STDIN("abc"), STDIN("de"), STDIN(""), STDOUT(OK),
                 END()},
        .told = "> 1 POST /s?q=1 length 5 closes\n> 1 end 5\n"
                "< 1 200 closes\n< 1 end 0\nover fastcgi\n"),
    ROW(.name = "the last of a parameter counts, and a long one",
        .step = {BEGIN(),
                 PARAMS("\16\3REQUEST_METHODPUT\16\3REQUEST_METHODGET"
                        "\13\200\0\0\2REQUEST_URI/z"),
                 PARAMS("")},
        .told = "> 1 GET /z closes\nover fastcgi\n"),
    ROW(.name = "STDERR is none of the answer",
        .step = {ASKED,                                                   STDERR("a warning"), STDOUT(OK "x"), STDERR("more"),
                 END()},
        .told = "> 1 GET /a?b closes\n> 1 end 0\n"
                "< 1 200 closes\n< 1 end 1\nover fastcgi\n"),
    ROW(.name = "a line of an HTTP server's is left out",
        .step = {ASKED,                       STDOUT("HTTP/1.1 200 OK\r\n" OK), END()},
        .told = "> 1 GET /a?b closes\n> 1 end 0\n"
                "< 1 200 closes\n< 1 end 0\nover fastcgi\n"),
    ROW(.name = "a header line that is none, and a status that is none",
        .step = {ASKED,                                                        STDOUT("\1: b\r\nStatus: x\r\n" OK), END()},
        .told = "> 1 GET /a?b closes\n> 1 end 0\n"
                "< 1 bad field\n< 1 bad field\n"
                "< 1 200 closes\n< 1 end 0\nover fastcgi\n"),
    ROW(.name = "it ends in its header section, or says nothing",
        .step = {KEPT, STDOUT("A: b\r\n"), END(), KEPT, END()},
        .told = "> 1 GET /a?b\n> 1 end 0\n< 1 no head\n< 1 end 0\n"
                "> 2 GET /a?b\n> 2 end 0\n< 2 no head\n< 2 end 0\n"
                "over fastcgi\n"),
    ROW(.name = "no END_REQUEST", .step = {ASKED,                                            STDOUT(OK "abc")},
        .told = "> 1 GET /a?b closes\n> 1 end 0\n"
                "< 1 200 closes\nover fastcgi\n"),
    ROW(.name = "answered before the body has come",
        .step = {BEGIN(),                                               PARAMS(GET), PARAMS(""), STDIN("abc"), STDOUT(OK),
                 END(), STDIN("de"), STDIN("")},
        .told = "> 1 GET /a?b closes\n< 1 200 closes\n< 1 end 0\n"
                "> 1 end 5\nover fastcgi\n"),
    ROW(.name = "what is for no request is passed over",
        .step = {{'>', 9, "\16\0FCGI_MAX_CONNS", 16, .id = 255},
                 {'<', 10, "\16\1FCGI_MAX_CONNS4", 17, .id = 255},
                 ASKED, {'<', 6, "for another", 0, .id = 7},
                 STDOUT(OK),
                 END()},
        .told = "> 1 GET /a?b closes\n> 1 end 0\n"
                "< 1 200 closes\n< 1 end 0\nover fastcgi\n"),
    ROW(.name = "aborted: what ends is nobody's",
        .step = {KEPT,
                 STDOUT(OK "a"),
                 {'>', 2, ""},
                 END(),
                 KEPT, STDOUT(OK),
                 END()},
        .told = "> 1 GET /a?b\n> 1 end 0\n< 1 200\n< 1 lost 0\n"
                "> 2 GET /a?b\n> 2 end 0\n< 2 200\n< 2 end 0\n"
                "over fastcgi\n"),
    ROW(.name = "a second one at once: no more is read",
        .step = {KEPT,                                               BEGIN(.id = 2), STDOUT(OK), END()},
        .told = "> 1 GET /a?b\n> 1 end 0\n> 1 lost 0\n< 1 lost 0\n"
                "over fastcgi\n"),
    ROW(.name = "bytes missing in a body",
        .step = {ASKED,
                 STDOUT(OK "abcdef", .size = 30, .cut = true),
                 GAP('<', 3),
                 {'<', 0, "ef", 2},
                 END()},
        .told = "> 1 GET /a?b closes\n> 1 end 0\n"
                "< 1 200 closes\n< 1 end 6\nover fastcgi\n"),
    ROW(.name = "bytes missing in a body and behind it",
        .step = {ASKED,                                          STDOUT(OK "abcdef", .size = 30, .cut = true),
                 GAP('<', 9), STDOUT("more"), END()},
        .told = "> 1 GET /a?b closes\n> 1 end 0\n"
                "< 1 200 closes\n< 1 lost 4\nover fastcgi\n"),
    ROW(.name = "bytes missing in the header section, then a new request",
        .step = {KEPT,                                                    STDOUT(OK, .size = 12, .cut = true), GAP('<', 15), END(),
                 KEPT, STDOUT(OK), END()},
        .told = "> 1 GET /a?b\n> 1 end 0\n< 1 lost 15\n"
                "> 2 GET /a?b\n> 2 end 0\n< 2 200\n< 2 end 0\n"
                "over fastcgi\n"),
    ROW(.name = "joined midway",
        .step = {{'>', 0, "rest", 4},
                 STDOUT("of another"),
                 END(),
                 KEPT, STDOUT(OK "ab"),
                 END()},
        .told = "> 1 GET /a?b\n> 1 end 0\n< 1 200\n< 1 end 2\n"
                "over fastcgi\n",
        .joined = true),
    ROW(.name = "no records any more", .step = {KEPT,                                                   {'<', 0, "HTTP/1.1", 8}},
        .told = "> 1 GET /a?b\n> 1 end 0\n< 1 broken\n"
                "over fastcgi broken 1\n"),
    ROW(.name = "not quite: an unknown role, a padding, a flag",
        .step = {{'>', 0, "\1\1\0\1\0\10\0\0\0\4\0\0\0\0\0\0", 16}                                                   },
        .told = "over tcp\n"),
    ROW(.name = "not quite: something reserved is not zero",
        .step = {{'>', 0, "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\1", 16}                                                  },
        .told = "over tcp\n"),
};

static void reads_connections(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof talks / sizeof *talks; i++)
        check_fcgi_talk(&talks[i], false);
}

/* The same in segments of one byte, where none is to begin with a record. */
static void reads_them_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof talks / sizeof *talks; i++) {
        bool resumes = talks[i].joined || strstr(talks[i].told, "lost 15");

        if (!resumes)
            check_fcgi_talk(&talks[i], true);
    }
}

/* Web servers other than those that were recorded send the same. */
static void takes_for_fastcgi_what_it_is(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum sniffed is;
    } beginning[] = {
        {"\1",                                     1,  SNIFFED_MORE   },
        {"\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0",        15, SNIFFED_MORE   },
        {"\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0",      16, SNIFFED_FASTCGI},
        {"\1\1\1\0\0\10\0\0\0\1\1\0\0\0\0\0",      16, SNIFFED_FASTCGI},
        {"\1\1\0\0\0\10\0\0\0\1\0\0\0\0\0\0",      16, SNIFFED_OTHER  },
        {"\1\1\0\1\0\11\0\0\0\1\0\0\0\0\0\0",      16, SNIFFED_OTHER  },
        {"\1\1\0\1\0\10\4\0\0\1\0\0\0\0\0\0",      16, SNIFFED_OTHER  },
        {"\1\1\0\1\0\10\0\0\0\1\2\0\0\0\0\0",      16, SNIFFED_OTHER  },
        {"\2",                                     1,  SNIFFED_OTHER  },
        {"\1\2",                                   2,  SNIFFED_OTHER  },
        {"\1\6\0\1\0\10\0\0",                      8,  SNIFFED_OTHER  },
        {"\1\11\0\0\0\20\0\0\16\0FCGI",            14, SNIFFED_MORE   },
        {"\1\11\0\0\0\20\0\0\16\0FCGI_MAX_CONNS",  24, SNIFFED_FASTCGI},
        {"\1\11\0\0\0\20\0\0\16\1FCGI_MAX_CONNS1", 24, SNIFFED_OTHER  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof beginning / sizeof *beginning; i++) {
        struct span first = {(const uint8_t *)beginning[i].bytes,
                             beginning[i].size};

        if (sniff(first) != beginning[i].is)
            fail_msg("beginning %zu is %s", i, sniffed_name(sniff(first)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_connections),
        cmocka_unit_test(reads_them_byte_by_byte),
        cmocka_unit_test(takes_for_fastcgi_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
