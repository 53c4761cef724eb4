#include "http/h1_kit.h"

static const struct talk messages[] = {
    ROW(.name = "request and response",
        .step = {TO(GET("/a")), FROM(OK("3") "abc")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 length 3\n< 1 end 3\n"
                "over http/1.1\n"),
    ROW(.name = "pipelining",
        .step = {TO(GET("/a") "POST /b HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
                              "body" GET("/c")),
                 FROM(OK("1") "a" OK("2") "bb" OK("0"))},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "> 2 POST /b length 4\n> 2 end 4\n"
                "> 3 GET /c\n> 3 end 0\n"
                "< 1 200 length 1\n< 1 end 1\n"
                "< 2 200 length 2\n< 2 end 2\n"
                "< 3 200 length 0\n< 3 end 0\n"
                "over http/1.1\n"),
    ROW(.name = "answers without a body",
        .step = {TO("HEAD /a HTTP/1.1\r\n\r\n" GET("/b") GET("/c") GET("/d")),
                 FROM(OK("5") "HTTP/1.1 204 No Content\r\n\r\n"
                              "HTTP/1.1 304 Not Modified\r\n"
                              "Content-Length: 7\r\n\r\n" OK("2") "dd")},
        .told = "> 1 HEAD /a\n> 1 end 0\n> 2 GET /b\n> 2 end 0\n"
                "> 3 GET /c\n> 3 end 0\n> 4 GET /d\n> 4 end 0\n"
                "< 1 200\n< 1 end 0\n"
                "< 2 204\n< 2 end 0\n"
                "< 3 304\n< 3 end 0\n"
                "< 4 200 length 2\n< 4 end 2\n"
                "over http/1.1\n"),
    ROW(.name = "chunked, with trailers",
        .step = {TO("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "a\r\n0123456789\r\n0\r\n\r\n" GET("/b")),
                 FROM("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\n"
                      "Expires: now\r\nX-A: b\r\n\r\n" OK("1") "b")},
        .told = "> 1 POST /a chunked\n> 1 end 10\n"
                "> 2 GET /b\n> 2 end 0\n"
                "< 1 200 chunked\n< 1 end 9\n"
                "< 2 200 length 1\n< 2 end 1\n"
                "over http/1.1\n"),
    ROW(.name = "until the connection is closed",
        .step = {TO(GET("/a")), FROM("HTTP/1.0 200 OK\r\n\r\nabc"), FROM("def"),
                 FROM(NULL)},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 close closes\n< 1 end 6\n"
                "over http/1.1\n"),
    ROW(.name = "closed too soon",
        .step = {TO(GET("/a")), FROM(OK("5") "abc"), FROM(NULL)},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 length 5\n"
                "over http/1.1\n"),
    ROW(.name = "a close is announced",
        .step = {TO("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"),
                 FROM("HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n"
                      "Connection: close\r\n\r\nx")},
        .told = "> 1 GET /a closes\n> 1 end 0\n"
                "< 1 404 length 1 closes\n< 1 end 1\n"
                "over http/1.1\n"),
    ROW(.name = "100 Continue",
        .step = {TO("POST /a HTTP/1.1\r\nContent-Length: 3\r\n"
                    "Expect: 100-continue\r\n\r\n"),
                 FROM("HTTP/1.1 100 Continue\r\n\r\n"), TO("abc"),
                 FROM("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK("0"))},
        .told = "> 1 POST /a length 3 expects\n"
                "< 1 interim 100\n"
                "> 1 end 3\n"
                "< 1 interim 103\n"
                "< 1 200 length 0\n< 1 end 0\n"
                "over http/1.1\n"),
    ROW(.name = "CONNECT, granted",
        .step = {TO("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
                 FROM(OK("9")), TO("\x16\x03\x01"), FROM(OK("0")),
                 TO(GET("/b"))},
        .told = "> 1 CONNECT h:443\n> 1 end 0\n"
                "< 1 200\n< 1 tunnel\n< 1 end 0\n"
                "over http/1.1 tunnel\n"),
    ROW(.name = "CONNECT, not granted",
        .step = {TO("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
                 FROM("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno"),
                 TO(GET("/b")), FROM(OK("1") "b")},
        .told = "> 1 CONNECT h:443\n> 1 end 0\n"
                "< 1 407 length 2\n< 1 end 2\n"
                "> 2 GET /b\n> 2 end 0\n"
                "< 2 200 length 1\n< 2 end 1\n"
                "over http/1.1\n"),
    ROW(.name = "101",
        .step = {TO("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                    "Upgrade: websocket\r\n\r\n"),
                 FROM("HTTP/1.1 101 Switching Protocols\r\n"
                      "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                      "\x81\x01z"),
                 TO("\x81\x02zz"), FROM(OK("0"))},
        .told = "> 1 GET /ws\n> 1 end 0\n"
                "< 1 101\n< 1 tunnel\n< 1 end 0\n"
                "over http/1.1 tunnel\n"),
};

static const struct talk losses[] = {
    ROW(.name = "a gap inside a body",
        .step = {TO(GET("/a") GET("/b")), FROM(OK("10") "abc"), FROM(NULL, 4),
                 FROM("hij" OK("1") "b")},
        .told = "> 1 GET /a\n> 1 end 0\n> 2 GET /b\n> 2 end 0\n"
                "< 1 200 length 10\n< 1 skipped\n< 1 end 10\n"
                "< 2 200 length 1\n< 2 end 1\n"
                "over http/1.1\n"),
    ROW(.name = "a gap to the very end of a body",
        .step = {TO(GET("/a") GET("/b")), FROM(OK("10") "abc"), FROM(NULL, 7),
                 FROM(OK("1") "b")},
        .told = "> 1 GET /a\n> 1 end 0\n> 2 GET /b\n> 2 end 0\n"
                "< 1 200 length 10\n< 1 skipped\n< 1 end 10\n"
                "< 2 200 length 1\n< 2 end 1\n"
                "over http/1.1\n"),
    ROW(.name = "a gap past the end of a body",
        .step = {TO("POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"),
                 TO(NULL, 8), TO("xyz"), TO(GET("/b"))},
        .told = "> 1 POST /a length 5\n> 1 skipped\n> 1 end 5\n"
                "> 0 lost 5\n"
                "> 2 GET /b\n> 2 end 0\n"
                "over http/1.1\n"),
    ROW(.name = "a gap inside a head",
        .step = {TO("GET /a HT"), TO(NULL, 5), TO("h: x\r\n\r\n"),
                 TO(GET("/b"))},
        .told = "> 1 lost 5\n"
                "> 2 GET /b\n> 2 end 0\n"
                "over http/1.1\n"),
    ROW(.name = "a gap inside chunks: the next is the latest's answer",
        .step = {TO(GET("/a")),
                 FROM("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "5\r\nab"),
                 FROM(NULL, 9), FROM("zz\r\n0\r\n\r\n"), TO(GET("/b")),
                 FROM(OK("1") "b")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 chunked\n< 1 lost 9\n"
                "> 2 GET /b\n> 2 end 0\n"
                "< 2 200 length 1\n< 2 end 1\n"
                "over http/1.1\n"),
    ROW(.name = "a gap in a body until the close",
        .step = {TO(GET("/a")), FROM("HTTP/1.1 200 OK\r\n\r\nabc"),
                 FROM(NULL, 4), FROM("hij"), FROM(NULL)},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 close closes\n< 1 skipped\n< 1 end 10\n"
                "over http/1.1\n"),
    ROW(.name = "garbage, then a message",
        .step = {TO(GET("/a")), FROM(OK("0")), FROM("garbage!"), TO(GET("/b")),
                 FROM(OK("1") "b")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 length 0\n< 1 end 0\n"
                "< 1 bytes behind it\n"
                "< 0 broken\n"
                "> 2 GET /b\n> 2 end 0\n"
                "< 2 200 length 1\n< 2 end 1\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "an answer to HEAD with a body",
        .step = {TO("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"),
                 FROM(OK("5") "hello")},
        .told = "> 1 HEAD /a\n> 1 end 0\n"
                "< 1 200\n< 1 end 0\n"
                "< 1 bytes behind it\n"
                "< 0 broken\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "the body of an answer to HEAD, held back",
        .step = {TO("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"), FROM(OK("5")),
                 TO(GET("/b")), FROM("hello"), FROM(OK("1") "b")},
        .told = "> 1 HEAD /a\n> 1 end 0\n"
                "< 1 200\n< 1 end 0\n"
                "> 2 GET /b\n> 2 end 0\n"
                "< 1 bytes behind it\n"
                "< 2 broken\n"
                "< 2 200 length 1\n< 2 end 1\n"
                "over http/1.1 broken 1\n",
        .whole_only = true),
    ROW(.name = "the same, and the next answer in its segment",
        .step = {TO("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"), FROM(OK("5")),
                 TO(GET("/b")), FROM("hello" OK("1") "b")},
        .told = "> 1 HEAD /a\n> 1 end 0\n"
                "< 1 200\n< 1 end 0\n"
                "> 2 GET /b\n> 2 end 0\n"
                "< 1 bytes behind it\n"
                "< 2 broken\n"
                "over http/1.1 broken 1\n",
        .whole_only = true),
    ROW(.name = "no answer, and not as long as the body that HEAD would have",
        .step = {TO("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"), FROM(OK("9")),
                 TO(GET("/b")), FROM("hello")},
        .told = "> 1 HEAD /a\n> 1 end 0\n"
                "< 1 200\n< 1 end 0\n"
                "> 2 GET /b\n> 2 end 0\n"
                "< 2 bad start line\n"
                "< 2 broken\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "bytes behind a request, and none in front of the next",
        .step = {TO("POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\n{}"),
                 FROM(OK("0")), TO(GET("/b"))},
        .told = "> 1 POST /a length 1\n> 1 end 1\n"
                "> 1 bytes behind it\n"
                "> 0 broken\n"
                "< 1 200 length 0\n< 1 end 0\n"
                "> 2 GET /b\n> 2 end 0\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "the same length twice",
        .step = {TO(GET("/a")), FROM("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                                     "Content-Length: 2\r\n\r\nok")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 obsolete form\n"
                "< 1 200 length 2\n< 1 end 2\n"
                "over http/1.1\n"),
    ROW(.name = "blanks behind the sizes of chunks, in pieces",
        .step = {TO(GET("/a")),
                 FROM("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "5 "),
                 FROM(" \r\nhello\r\n0d\t\r\n0123456789abc\r\n0  \r\n\r\n")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 chunked\n"
                "< 1 obsolete form\n"
                "< 1 obsolete form\n"
                "< 1 obsolete form\n"
                "< 1 end 18\n"
                "over http/1.1\n"),
    ROW(.name = "digits behind blanks behind a chunk's size",
        .step = {TO(GET("/a")),
                 FROM("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "5 5\r\nhello\r\n0\r\n\r\n")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 chunked\n"
                "< 1 obsolete form\n"
                "< 1 broken\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "a list of one length",
        .step = {TO(GET("/a")), FROM("HTTP/1.1 200 OK\r\nContent-Length: 2, "),
                 FROM("2 ,2\r\nServer: x\r\n\r\nok")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 obsolete form\n"
                "< 1 200 length 2\n< 1 end 2\n"
                "over http/1.1\n"),
    ROW(.name = "a list of two lengths",
        .step = {TO(GET("/a")), FROM("HTTP/1.1 200 OK\r\n"
                                     "Content-Length: 3, 2\r\n\r\nok!")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 obsolete form\n"
                "< 1 bad length\n"
                "< 1 broken\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "another length behind the first",
        .step = {TO(GET("/a")), FROM("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                                     "Content-Length: 3\r\n\r\nok!")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 bad length\n"
                "< 1 broken\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "no line's end behind a chunk",
        .step = {TO(GET("/a")),
                 FROM("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "5\r\nhello0\r\n\r\n")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 200 chunked\n"
                "< 1 bad chunk\n"
                "< 1 broken\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "no status",
        .step = {TO(GET("/a")), FROM("HTTP/1.1 OK\r\n\r\n")},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 bad start line\n"
                "< 1 broken\n"
                "over http/1.1 broken 1\n"),
    ROW(.name = "an answer of HTTP/0.9, as it was asked for",
        .step = {TO("GET /\r\n"), FROM("<html></html>"), FROM(NULL)},
        .told = "< 1 broken\n"
                "over http/1.0 broken 1\n"),
    ROW(.name = "a response whose request was not seen",
        .step = {FROM(OK("1") "x"), TO(GET("/b")), FROM(OK("2") "bb")},
        .told = "< 0 200 length 1\n< 0 end 1\n"
                "> 1 GET /b\n> 1 end 0\n"
                "< 1 200 length 2\n< 1 end 2\n"
                "over http/1.1\n",
        .joined = true),
    ROW(.name = "joined inside a body",
        .step = {FROM("end of a body"), TO(GET("/b")), FROM(OK("2") "bb")},
        .told = "> 1 GET /b\n> 1 end 0\n"
                "< 1 200 length 2\n< 1 end 2\n"
                "over http/1.1\n",
        .joined = true, .whole_only = true),
    ROW(.name = "HTTPS was expected",
        .step = {TO(GET("/a")),
                 FROM("HTTP/1.0 400 Bad Request\r\n\r\n"
                      "Client sent an HTTP request to an HTTPS server.\n"),
                 FROM(NULL)},
        .told = "> 1 GET /a\n> 1 end 0\n"
                "< 1 400 close closes\n< 1 end 48\n"
                "over http/1.1 tls-port\n"),
    ROW(.name = "TLS", .step = {TO("\x16\x03\x01\x02")}, .told = "over tls\n"),
    ROW(.name = "SSH", .step = {FROM("SSH-2.0-x")}, .told = "over tcp\n"),
};

static void check_all(const struct talk *talk, size_t count, bool bytewise)
{
    for (size_t i = 0; i < count; i++) {
        if (!bytewise || !talk[i].whole_only)
            check_talk(&talk[i], bytewise);
    }
}

static void test_messages(void **state)
{
    (void)state;
    check_all(messages, sizeof messages / sizeof *messages, false);
}

static void test_messages_by_byte(void **state)
{
    (void)state;
    check_all(messages, sizeof messages / sizeof *messages, true);
}

static void test_losses(void **state)
{
    (void)state;
    check_all(losses, sizeof losses / sizeof *losses, false);
}

static void test_losses_by_byte(void **state)
{
    (void)state;
    check_all(losses, sizeof losses / sizeof *losses, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_messages_by_byte),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_losses_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
