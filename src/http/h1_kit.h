/*
 * A talk is what tcp hands on of one connection, in a table; what http makes
 * of it is a text.
 */
#ifndef HTTP_H1_KIT_H
#define HTTP_H1_KIT_H

#include "base/text.h"
#include "http/http.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

enum {
    STEPS_MAX = 12
};

/* What tcp hands on: '>' of the client, '<' of the server. */
struct step {
    char from;
    const char *data; /* NULL: bytes are missing, or its end */
    size_t gap;       /* 0: its end */
};

#define TO(...)                                                                \
    {                                                                          \
        .from = '>', .data = __VA_ARGS__                                       \
    }
#define FROM(...)                                                              \
    {                                                                          \
        .from = '<', .data = __VA_ARGS__                                       \
    }
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }
#define GET(target) "GET " target " HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK(length)  "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"

/*
 * One line for each event but the beginnings and the bytes in between: the
 * direction, the stream, what. `end` comes with the bytes of the body, those
 * that were skipped among them.
 */
struct talk {
    const char *name;
    struct step step[STEPS_MAX];
    const char *told;
    bool joined;     /* the SYNs were not seen */
    bool whole_only; /* where the segments begin matters */
};

void check_talk(const struct talk *talk, bool bytewise);

#endif
