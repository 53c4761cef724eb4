/* Connections that no sound program has: bounded in memory and in time. */
#include "http/h2.h"

#include "base/bytes.h"
#include "http/h2_frame.h"
#include "http/h2_stream.h"
#include "scene/hpack.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>
#include <time.h>

enum {
    CLIENT,
    SERVER,
    PIECE_MAX = 1 << 20,
    MANY = 1000000
};

#define MEMORY_MAX ((size_t)16 << 20)

struct bench {
    struct http_sink sink;
    struct h2 *h2;
    struct text piece;
    uint64_t seen[HTTP_EVENT_KIND_COUNT];
    struct h2_windows windows; /* the latest */
    struct mark now;
    clock_t start;
};

static void take_event(void *context, struct conn *conn,
                       const struct http_event *event)
{
    struct bench *bench = context;

    (void)conn;
    bench->seen[event->kind]++;
    if (event->windows)
        bench->windows = *event->windows;
}

static void begin(struct bench *bench)
{
    *bench = (struct bench){.start = clock()};
    bench->sink = (struct http_sink){.context = bench, .event = take_event};
    bench->h2 = h2_new(&bench->sink, NULL, CLIENT, H2_PREFACE);
    text_init(&bench->piece, PIECE_MAX);
    text_add(&bench->piece, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

/* What was put so far comes from that side. */
static void flush(struct bench *bench, unsigned side)
{
    struct chunk chunk = {.bytes = text_span(&bench->piece), .at = bench->now};

    chunk.at.time += NANOS_PER_MILLI;
    chunk.at.frame++;
    bench->now = chunk.at;
    h2_data(bench->h2, side, &chunk);
    text_clear(&bench->piece);
}

static struct h2_facts finish(struct bench *bench)
{
    struct http_facts facts = {.broken = 0};

    h2_close(bench->h2);
    h2_tell(bench->h2, &facts);
    assert_true(mallinfo2().uordblks < MEMORY_MAX);
    h2_free(bench->h2);
    text_release(&bench->piece);
    assert_true(clock() - bench->start < 20 * CLOCKS_PER_SEC);
    return facts.h2;
}

static void put_head(struct bench *bench, uint32_t length, unsigned type,
                     unsigned flags, uint32_t stream)
{
    put_u8(&bench->piece, length >> 16);
    put_be16(&bench->piece, length);
    put_u8(&bench->piece, type);
    put_u8(&bench->piece, flags);
    put_be32(&bench->piece, stream);
}

static void put_frame(struct bench *bench, unsigned type, unsigned flags,
                      uint32_t stream, struct span payload)
{
    put_head(bench, (uint32_t)payload.size, type, flags, stream);
    text_add_bytes(&bench->piece, payload);
}

static void put_window(struct bench *bench, uint32_t stream, uint32_t size)
{
    put_head(bench, 4, H2_WINDOW_UPDATE, 0, stream);
    put_be32(&bench->piece, size);
}

static void put_request(struct bench *bench, uint32_t stream)
{
    struct text block;

    text_init(&block, PIECE_MAX);
    hpack_add(&block, span_of_text(":method"), span_of_text("GET"));
    hpack_add(&block, span_of_text(":path"), span_of_text("/"));
    put_frame(bench, H2_HEADERS, H2_END_STREAM | H2_END_HEADERS, stream,
              text_span(&block));
    text_release(&block);
}

/* Requests without end and without an answer. */
static void test_streams(void **state)
{
    struct bench bench;
    struct h2_facts facts;

    (void)state;
    begin(&bench);
    for (uint32_t i = 0; i < MANY; i++) {
        put_request(&bench, 2 * i + 1);
        if (i % 1000 == 999)
            flush(&bench, CLIENT);
    }
    facts = finish(&bench);
    assert_int_equal(bench.seen[HTTP_REQUEST_START], H2_STREAMS_MAX);
    assert_int_equal(bench.seen[HTTP_STILL_OPEN], H2_STREAMS_MAX);
    assert_int_equal(facts.dropped, MANY - H2_STREAMS_MAX);
    assert_int_equal(facts.strange, 0);
}

/* The same, each reset at once (CVE-2023-44487): none stays. */
static void test_resets(void **state)
{
    static const uint8_t cancel[] = {0, 0, 0, 8};
    struct bench bench;
    struct h2_facts facts;

    (void)state;
    begin(&bench);
    for (uint32_t i = 0; i < MANY; i++) {
        put_request(&bench, 2 * i + 1);
        put_frame(&bench, H2_RST_STREAM, 0, 2 * i + 1,
                  (struct span){cancel, sizeof cancel});
        if (i % 1000 == 999)
            flush(&bench, CLIENT);
    }
    facts = finish(&bench);
    assert_int_equal(bench.seen[HTTP_RESET], MANY);
    assert_int_equal(facts.open, 0);
    assert_int_equal(facts.most, 1);
}

static void test_settings(void **state)
{
    static const uint8_t window[] = {0, 4, 0, 0, 0, 9};
    struct bench bench;

    (void)state;
    begin(&bench);
    put_request(&bench, 1);
    for (uint32_t i = 0; i < MANY; i++) {
        put_frame(&bench, H2_SETTINGS, 0, 0,
                  (struct span){window, sizeof window});
        if (i % 1000 == 999)
            flush(&bench, CLIENT);
    }
    assert_int_equal(finish(&bench).strange, 0);
    assert_false(bench.windows.known[SERVER]);
}

/* A thousand that are empty change nothing. */
static void test_empty_continuations(void **state)
{
    static const uint8_t get[] = {0x82};
    struct bench bench;

    (void)state;
    begin(&bench);
    put_frame(&bench, H2_HEADERS, H2_END_STREAM, 1, (struct span){get, 1});
    for (unsigned i = 0; i < 1000; i++)
        put_head(&bench, 0, H2_CONTINUATION, 0, 1);
    flush(&bench, CLIENT);
    assert_int_equal(bench.seen[HTTP_REQUEST_START], 0);
    put_head(&bench, 0, H2_CONTINUATION, H2_END_HEADERS, 1);
    flush(&bench, CLIENT);
    assert_int_equal(bench.seen[HTTP_REQUEST_HEAD], 1);
    assert_int_equal(bench.seen[HTTP_REQUEST_END], 1);
    assert_int_equal(finish(&bench).strange, 0);
}

/* A header block without end (CVE-2024-27316) takes no more than its room. */
static void test_endless_block(void **state)
{
    static uint8_t zero[10000];
    struct bench bench;

    (void)state;
    begin(&bench);
    put_frame(&bench, H2_HEADERS, 0, 1, (struct span){zero, 1});
    for (unsigned i = 0; i < 10000; i++) {
        put_frame(&bench, H2_CONTINUATION, 0, 1,
                  (struct span){zero, sizeof zero});
        flush(&bench, CLIENT);
    }
    assert_int_equal(finish(&bench).most, 0);
}

/* RFC 9113, 6.9.1: past 2^31-1 the window is wrong. */
static void test_windows(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    put_request(&bench, 1);
    put_window(&bench, 0, 0x7fffffff - H2_WINDOW_DEFAULT);
    put_window(&bench, 1, 0x7fffffff - H2_WINDOW_DEFAULT);
    flush(&bench, CLIENT);
    h2_close(bench.h2);
    assert_true(bench.windows.known[SERVER]);
    for (unsigned i = 0; i < 1000; i++)
        put_window(&bench, 1, 0x7fffffff);
    put_window(&bench, 1, 0);
    flush(&bench, CLIENT);
    assert_int_equal(finish(&bench).strange, 1);
    assert_false(bench.windows.known[SERVER]);
    assert_true(bench.windows.known[CLIENT]);
}

static const struct {
    unsigned type;
    uint32_t length;
    uint32_t stream;
    bool read;
} lengths[] = {
    {H2_DATA,          H2_LENGTH_MAX, 1, true },
    {H2_HEADERS,       H2_LENGTH_MAX, 3, true },
    {H2_GOAWAY,        H2_LENGTH_MAX, 0, true },
    {H2_SETTINGS,      H2_LENGTH_MAX, 0, false},
    {H2_WINDOW_UPDATE, 5,             1, false},
    {H2_PING,          H2_LENGTH_MAX, 0, false},
};

/* What no frame may have ends the reading; what one may have is passed by. */
static void test_lengths(void **state)
{
    static uint8_t zero[1 << 16];

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct bench bench;
        uint32_t left = lengths[i].length;

        begin(&bench);
        put_request(&bench, 1);
        put_head(&bench, left, lengths[i].type, 0, lengths[i].stream);
        flush(&bench, CLIENT);
        while (left > 0) {
            struct span piece =
                span_head((struct span){zero, sizeof zero}, left);

            text_add_bytes(&bench.piece, piece);
            flush(&bench, CLIENT);
            left -= (uint32_t)piece.size;
        }
        if (finish(&bench).strange != !lengths[i].read)
            fail_msg("row %zu", i);
    }
}

/* An HTTP/1 server that answers the preface. */
static void test_http1(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    put_request(&bench, 1);
    flush(&bench, CLIENT);
    text_add(&bench.piece, "HTTP/1.1 400 Bad Request\r\n"
                           "Content-Length: 0\r\nConnection: close\r\n\r\n");
    flush(&bench, SERVER);
    assert_int_equal(finish(&bench).strange, 1);
    assert_int_equal(bench.seen[HTTP_REQUEST_END], 1);
    assert_int_equal(bench.seen[HTTP_RESPONSE_START], 0);
    assert_false(bench.windows.known[SERVER]);
}

/* Of the preface nothing is needed: it may be missing, whole or in part. */
static void test_preface_missing(void **state)
{
    (void)state;
    for (size_t missing = 1; missing <= 25; missing++) {
        struct bench bench;
        struct chunk gap = {
            .bytes = {NULL, missing}
        };

        begin(&bench);
        h2_gap(bench.h2, CLIENT, &gap);
        text_clear(&bench.piece);
        text_add(
            &bench.piece,
            &"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[missing < 24 ? missing : 24]);
        put_request(&bench, 1);
        flush(&bench, CLIENT);
        assert_int_equal(finish(&bench).joined, missing > 24);
        assert_int_equal(bench.seen[HTTP_REQUEST_START], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_resets),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_empty_continuations),
        cmocka_unit_test(test_endless_block),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_http1),
        cmocka_unit_test(test_preface_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
