#include "http/websocket.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What came, and whether a Close frame was among it. */
struct row {
    const char *name;
    const char *bytes;
    size_t size;
    bool closes;
    bool lost;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct row rows[] = {
    {"nothing",                      BYTES(""),                                    false, false},
    {"a text",                       BYTES("\x81\x05Hello"),                       false, false},
    {"a Close",                      BYTES("\x88\x02\x03\xe8"),                    true,  false},
    {"a masked Close behind a text", BYTES("\x81\x81mask!\x88\x80mask"),           true,
     false                                                                                     },
    {"the text is one",              BYTES("\x81\x02\x88\x00"),                    false, false},
    {"a length of 16 bits",          BYTES("\x82\x7e\x00\x02\x88\x00\x8a"),        false,
     false                                                                                     },
    {"behind a length of 64 bits",   BYTES("\x82\x7f\0\0\0\0\0\0\0\x01x\x88\x00"),
     true,                                                                                false},
    {"a length that none may have",
     BYTES("\x82\x7f\xff\0\0\0\0\0\0\x01x\x88\x00"),                               false, true },
    {"a reserved opcode",            BYTES("\x85\x00\x88\x00"),                    false, true },
};

/* In one piece, and byte by byte. */
static struct websocket read_row(const struct row *row, size_t piece)
{
    struct websocket websocket = {0};
    struct mark at = {.frame = 7};

    for (size_t i = 0; i < row->size; i += piece) {
        struct span rest = {(const uint8_t *)row->bytes + i, row->size - i};

        websocket_take(&websocket, span_head(rest, piece), at);
    }
    return websocket;
}

static void test_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];

        for (size_t piece = 1; piece <= 16; piece++) {
            struct websocket websocket = read_row(row, piece);

            if (mark_is_set(websocket.close) != row->closes ||
                websocket.lost != row->lost)
                fail_msg("%s, by %zu", row->name, piece);
        }
    }
}

/* A hole inside a payload hides nothing, another one may hide a Close. */
static void test_holes(void **state)
{
    const struct row text = {"", BYTES("\x81\x05He"), false, false};
    struct websocket websocket = read_row(&text, 4);

    (void)state;
    websocket_skip(&websocket, 3);
    assert_false(websocket.lost);
    websocket_skip(&websocket, 1);
    assert_true(websocket.lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_holes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
