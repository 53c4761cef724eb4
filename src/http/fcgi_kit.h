/*
 * A talk is what tcp hands on of one FastCGI connection, in a table, records by
 * the names of their types (FastCGI Specification 1.0, 8); what http makes of
 * it is a text, as that of HTTP/1 (h1_kit.h).
 */
#ifndef HTTP_FCGI_KIT_H
#define HTTP_FCGI_KIT_H

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
    STEPS_MOST = 16,
    RECORD_ROOM = 4096
};

/* One record, or a gap, or bytes as they are. */
struct fcgi_sent {
    char from;           /* '>' of the web server, '<' of the application */
    uint8_t type;        /* 0: bytes as they are, or a gap */
    const char *content; /* NULL: `size` bytes are missing */
    size_t size;         /* 0: as long as the content is a string */
    uint8_t id;          /* 0: 1 */
    uint8_t padding;
    bool cut; /* only the first `size` bytes of the record are sent */
};

struct fcgi_talk {
    const char *name;
    struct fcgi_sent step[STEPS_MOST];
    const char *told;
    bool joined; /* the SYNs were not seen */
};

#define BEGIN(...)                                                             \
    {                                                                          \
        '>', 1, "\0\1\0\0\0\0\0\0", 8, __VA_ARGS__                             \
    }
#define BEGIN_KEEP                                                             \
    {                                                                          \
        '>', 1, "\0\1\1\0\0\0\0\0", 8                                          \
    }
#define PARAMS(text)                                                           \
    {                                                                          \
        '>', 4, text, sizeof(text) - 1                                         \
    }
#define STDIN(text)                                                            \
    {                                                                          \
        '>', 5, text                                                           \
    }
#define STDOUT(...)                                                            \
    {                                                                          \
        '<', 6, __VA_ARGS__                                                    \
    }
#define STDERR(text)                                                           \
    {                                                                          \
        '<', 7, text                                                           \
    }
#define END(...)                                                               \
    {                                                                          \
        '<', 3, "\0\0\0\0\0\0\0\0", 8, __VA_ARGS__                             \
    }
#define GAP(who, bytes)                                                        \
    {                                                                          \
        .from = who, .size = bytes                                             \
    }
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

void check_fcgi_talk(const struct fcgi_talk *talk, bool bytewise);

#endif
