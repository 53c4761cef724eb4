#include "http/h2_frame.h"

#include "base/text.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    TOLD_MAX = 1 << 16,
    BYTES_MAX = 1 << 18
};

struct told {
    struct text frames;
    uint64_t data;
};

static void take_frame(void *context, unsigned side,
                       const struct h2_frame *frame, struct span payload)
{
    struct told *told = context;

    text_addf(&told->frames, "%u: %u/%02x on %u, %u:", side, frame->type,
              frame->flags, frame->stream, frame->length);
    for (size_t i = 0; i < payload.size && i < 8; i++)
        text_addf(&told->frames, " %02x", payload.at[i]);
    text_addf(&told->frames, " (%zu)\n", payload.size);
}

static void take_data(void *context, unsigned side,
                      const struct h2_frame *frame, struct span bytes)
{
    struct told *told = context;

    (void)side;
    assert_int_equal(frame->type, H2_DATA);
    told->data += bytes.size;
}

struct bench {
    struct told told;
    struct h2_frame_sink sink;
    struct h2_cutter cutter;
};

static void begin(struct bench *bench)
{
    *bench = (struct bench){.told = {.data = 0}};
    text_init(&bench->told.frames, TOLD_MAX);
    bench->sink = (struct h2_frame_sink){.context = &bench->told,
                                         .frame = take_frame,
                                         .data = take_data};
    h2_cutter_init(&bench->cutter, &bench->sink, 1);
}

static void end(struct bench *bench)
{
    h2_cutter_release(&bench->cutter);
    text_release(&bench->told.frames);
}

static void put_head(struct text *out, uint32_t length, unsigned type,
                     unsigned flags, uint32_t stream)
{
    const uint8_t head[] = {
        (uint8_t)(length >> 16), (uint8_t)(length >> 8),
        (uint8_t)length,         (uint8_t)type,
        (uint8_t)flags,          (uint8_t)(stream >> 24),
        (uint8_t)(stream >> 16), (uint8_t)(stream >> 8),
        (uint8_t)stream,
    };

    text_add_bytes(out, (struct span){head, sizeof head});
}

static void put_frame(struct text *out, unsigned type, unsigned flags,
                      uint32_t stream, const char *payload)
{
    put_head(out, (uint32_t)strlen(payload), type, flags, stream);
    text_add(out, payload);
}

static struct span span_of(const struct text *text)
{
    return (struct span){(const uint8_t *)text_string(text), text->size};
}

static void put_several(struct text *out)
{
    put_frame(out, H2_SETTINGS, 0, 0, "");
    put_frame(out, H2_HEADERS, 5, 1, "block");
    put_frame(out, H2_DATA, 8, 1, "\2datapp");
    put_frame(out, H2_DATA, 1, 1, "");
    put_frame(out, H2_PING, 0, 0, "12345678");
    put_frame(out, 0x1e, 0, 0x80000003, "new"); /* with the reserved bit */
}

static const char several[] = "1: 4/00 on 0, 0: (0)\n"
                              "1: 1/05 on 1, 5: 62 6c 6f 63 6b (5)\n"
                              "1: 0/08 on 1, 7: 02 (1)\n"
                              "1: 0/01 on 1, 0: (0)\n"
                              "1: 6/00 on 0, 8: 31 32 33 34 35 36 37 38 (8)\n"
                              "1: 30/00 on 3, 3: 6e 65 77 (3)\n";

/* In pieces of every size the frames are the same. */
static void test_pieces(void **state)
{
    struct text bytes;

    (void)state;
    text_init(&bytes, BYTES_MAX);
    put_several(&bytes);
    for (size_t piece = 1; piece <= bytes.size; piece++) {
        struct span rest = span_of(&bytes);
        struct bench bench;

        begin(&bench);
        for (; rest.size; rest = span_skip(rest, piece))
            assert_true(h2_cutter_take(&bench.cutter, span_head(rest, piece)));
        assert_string_equal(text_string(&bench.told.frames), several);
        assert_int_equal(bench.told.data, 7);
        end(&bench);
    }
    text_release(&bytes);
}

static void test_plausible(void **state)
{
    static const struct {
        struct h2_frame frame; /* length, stream, type, flags */
        bool plausible;
    } rows[] = {
        {{0, 1, H2_DATA, 0},                   true },
        {{16384, 1, H2_DATA, 0xff},            true },
        {{H2_LENGTH_MAX, 1, H2_DATA, 0},       true },
        {{0, 0, H2_DATA, 0},                   false},
        {{0, 1, H2_HEADERS, 0},                true },
        {{9, 0, H2_HEADERS, 0},                false},
        {{5, 3, H2_PRIORITY, 0},               true },
        {{4, 3, H2_PRIORITY, 0},               false},
        {{4, 3, H2_RST_STREAM, 0},             true },
        {{4, 0, H2_RST_STREAM, 0},             false},
        {{5, 3, H2_RST_STREAM, 0},             false},
        {{0, 0, H2_SETTINGS, 1},               true },
        {{600, 0, H2_SETTINGS, 0},             true },
        {{606, 0, H2_SETTINGS, 0},             false},
        {{7, 0, H2_SETTINGS, 0},               false},
        {{6, 1, H2_SETTINGS, 0},               false},
        {{4, 1, H2_PUSH_PROMISE, 0},           true },
        {{3, 1, H2_PUSH_PROMISE, 0},           false},
        {{8, 0, H2_PING, 0},                   true },
        {{8, 1, H2_PING, 0},                   false},
        {{9, 0, H2_PING, 0},                   false},
        {{8, 0, H2_GOAWAY, 0},                 true },
        {{7, 0, H2_GOAWAY, 0},                 false},
        {{900, 0, H2_GOAWAY, 0},               true },
        {{4, 0, H2_WINDOW_UPDATE, 0},          true },
        {{4, 0x7fffffff, H2_WINDOW_UPDATE, 0}, true },
        {{5, 0, H2_WINDOW_UPDATE, 0},          false},
        {{0, 1, H2_CONTINUATION, 0},           true },
        {{0, 0, H2_CONTINUATION, 0},           false},
        {{12, 0, 0xa, 0},                      true },
        {{12, 0, 0x47, 0},                     false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (h2_frame_is_plausible(&rows[i].frame) != rows[i].plausible)
            fail_msg("row %zu", i);
    }
}

/* HTTP/1 where a frame should be: lost, and nothing is taken any more. */
static void test_no_frames(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    assert_false(h2_cutter_take(&bench.cutter,
                                span_of_text("HTTP/1.1 400 Bad Request\r\n")));
    assert_true(bench.cutter.lost);
    assert_true(h2_cutter_take(&bench.cutter, span_of_text("whatever comes")));
    assert_false(h2_cutter_skip(&bench.cutter, 5));
    assert_string_equal(text_string(&bench.told.frames), "");
    end(&bench);
}

/* What is longer than the limit is gathered up to it and passed by. */
static void test_long(void **state)
{
    struct text bytes;
    struct bench bench;
    const uint8_t zero[1000] = {0};

    (void)state;
    text_init(&bytes, BYTES_MAX);
    begin(&bench);
    put_head(&bytes, 100000, H2_HEADERS, 4, 1);
    for (unsigned i = 0; i < 100; i++)
        text_add_bytes(&bytes, (struct span){zero, sizeof zero});
    put_frame(&bytes, H2_WINDOW_UPDATE, 0, 0, "1234");
    assert_true(h2_cutter_take(&bench.cutter, span_of(&bytes)));
    assert_string_equal(text_string(&bench.told.frames),
                        "1: 1/04 on 1, 100000: 00 00 00 00 00 00 00 00 (65536)"
                        "\n1: 8/00 on 0, 4: 31 32 33 34 (4)\n");
    assert_true(bench.cutter.gathered_room <= 256);
    end(&bench);
    text_release(&bytes);
}

/* Sixteen megabytes of DATA take no room. */
static void test_longest_data(void **state)
{
    const uint8_t zero[4096] = {0};
    struct text bytes;
    struct bench bench;

    (void)state;
    text_init(&bytes, BYTES_MAX);
    begin(&bench);
    put_head(&bytes, H2_LENGTH_MAX, H2_DATA, 1, 5);
    assert_true(h2_cutter_take(&bench.cutter, span_of(&bytes)));
    for (unsigned i = 0; i < (H2_LENGTH_MAX + 1) / sizeof zero - 1; i++)
        assert_true(
            h2_cutter_take(&bench.cutter, (struct span){zero, sizeof zero}));
    assert_true(
        h2_cutter_take(&bench.cutter, (struct span){zero, sizeof zero - 1}));
    assert_string_equal(text_string(&bench.told.frames),
                        "1: 0/01 on 5, 16777215: 00 (1)\n");
    assert_int_equal(bench.told.data, H2_LENGTH_MAX);
    end(&bench);
    text_release(&bytes);
}

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static const struct {
    const char *name;
    unsigned type;
    size_t before; /* bytes of the frame and its head that are there */
    uint64_t gap;
    bool known;
    const char *told;
} skips[] = {
    ROW("inside DATA", H2_DATA, 12, 5, true, ""),
    ROW("to the end of DATA", H2_DATA, 12, 7, true,
        "1: 0/00 on 1, 10: 30 (1)\n"),
    ROW("all of DATA", H2_DATA, 9, 10, true, "1: 0/00 on 1, 10: 00 (1)\n"),
    ROW("past the end", H2_DATA, 12, 8, false, ""),
    ROW("part of a head", H2_DATA, 4, 1, false, ""),
    ROW("at a boundary", H2_DATA, 0, 9, false, ""),
    ROW("inside HEADERS", H2_HEADERS, 12, 2, false, ""),
};

static void test_skips(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof skips / sizeof *skips; i++) {
        struct text bytes;
        struct bench bench;

        text_init(&bytes, BYTES_MAX);
        begin(&bench);
        put_frame(&bytes, skips[i].type, 0, 1, "0123456789");
        assert_true(h2_cutter_take(&bench.cutter, span_head(span_of(&bytes),
                                                            skips[i].before)));
        if (h2_cutter_skip(&bench.cutter, skips[i].gap) != skips[i].known ||
            strcmp(text_string(&bench.told.frames), skips[i].told) != 0)
            fail_msg("%s: %s", skips[i].name, text_string(&bench.told.frames));
        end(&bench);
        text_release(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),       cmocka_unit_test(test_plausible),
        cmocka_unit_test(test_no_frames),    cmocka_unit_test(test_long),
        cmocka_unit_test(test_longest_data), cmocka_unit_test(test_skips),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
