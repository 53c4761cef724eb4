#include "http/h2_stream.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    CLIENT,
    SERVER
};

static struct mark at(int millis)
{
    return (struct mark){.frame = 1 + (unsigned)millis,
                         .time = (nanos)(1 + millis) * NANOS_PER_MILLI};
}

static nanos longest(const struct h2_flow_control *flow_control, int now)
{
    struct h2_window window = h2_flow_control_window(flow_control);

    return h2_window_longest(&window, at(now)) / NANOS_PER_MILLI;
}

/* A stream whose request is whole and whose response has begun. */
static struct h2_stream *answer(struct h2_streams *streams, uint32_t id,
                                int now)
{
    struct h2_stream *stream = h2_streams_add(streams, id);

    assert_non_null(stream);
    h2_streams_begin(streams, stream, CLIENT, at(now));
    h2_streams_end(streams, stream, CLIENT, at(now));
    h2_streams_begin(streams, stream, SERVER, at(now));
    return stream;
}

static void send(struct h2_streams *streams, struct h2_stream *stream,
                 uint32_t size, int now)
{
    struct h2_frame frame = {.length = size,
                             .stream = stream ? stream->id : 99,
                             .type = H2_DATA};

    h2_streams_send(streams, stream, SERVER, &frame, at(now));
}

static void test_finding(void **state)
{
    struct h2_streams streams;

    (void)state;
    h2_streams_init(&streams, true);
    for (uint32_t id = 1; id < 1000; id++)
        assert_int_equal(h2_streams_add(&streams, id)->id, id);
    assert_int_equal(streams.open, 999);
    assert_int_equal(streams.asked, 500);
    for (uint32_t id = 1; id < 1000; id += 3)
        h2_streams_remove(&streams, h2_streams_find(&streams, id));
    for (uint32_t id = 1; id < 1000; id++)
        assert_int_equal(!h2_streams_find(&streams, id), id % 3 == 1);
    assert_int_equal(streams.open, 666);
    assert_int_equal(streams.asked, 333);
    h2_streams_release(&streams);
}

static void test_too_many(void **state)
{
    struct h2_streams streams;

    (void)state;
    h2_streams_init(&streams, true);
    for (uint32_t i = 0; i < H2_STREAMS_MAX; i++)
        assert_non_null(h2_streams_add(&streams, 2 * i + 1));
    assert_null(h2_streams_add(&streams, 2 * H2_STREAMS_MAX + 1));
    assert_true(h2_streams_was_closed(&streams, 2 * H2_STREAMS_MAX + 1, true));
    h2_streams_remove(&streams, h2_streams_find(&streams, 77));
    assert_non_null(h2_streams_add(&streams, 2 * H2_STREAMS_MAX + 3));
    h2_streams_release(&streams);
}

static void test_closed(void **state)
{
    struct h2_streams streams;

    (void)state;
    h2_streams_init(&streams, true);
    h2_streams_add(&streams, 5);
    h2_streams_add(&streams, 2);
    assert_false(h2_streams_was_closed(&streams, 5, true)); /* it is open */
    assert_true(h2_streams_was_closed(&streams, 3, true));
    assert_false(h2_streams_was_closed(&streams, 3, false));
    assert_false(h2_streams_was_closed(&streams, 7, true));
    assert_false(
        h2_streams_was_closed(&streams, 4, true)); /* even ones apart */
    h2_streams_remove(&streams, h2_streams_find(&streams, 5));
    assert_true(h2_streams_was_closed(&streams, 5, true));
    assert_true(h2_streams_was_closed(&streams, 5, false));
    assert_false(h2_streams_was_closed(&streams, 0, false));
    for (uint32_t i = 0; i < H2_CLOSED_KEPT; i++)
        h2_streams_remove(&streams, h2_streams_add(&streams, 101 + 2 * i));
    assert_false(h2_streams_was_closed(&streams, 5, false));
    h2_streams_release(&streams);
}

/* One stream uses the connection's window up: the other one waits too, from
 * the moment that it has something to send. */
static void test_connection_window(void **state)
{
    struct h2_streams streams;
    struct h2_stream *hog, *other;

    (void)state;
    h2_streams_init(&streams, true);
    h2_streams_resize(&streams, SERVER, 100000, at(0));
    hog = answer(&streams, 1, 0);
    send(&streams, hog, 65535, 10);
    other = answer(&streams, 3, 20);
    assert_int_equal(longest(&streams.connection[SERVER], 50), 40);
    assert_int_equal(longest(&hog->flow_control[SERVER], 50), 0);
    assert_int_equal(longest(&other->flow_control[SERVER], 50), 0);
    h2_streams_credit(&streams, NULL, SERVER, 1, at(60));
    assert_int_equal(longest(&streams.connection[SERVER], 90), 50);
    assert_true(streams.known[SERVER]);
    h2_streams_release(&streams);
}

/* The last of all streams takes the last byte: nobody waits. */
static void test_nobody_waits(void **state)
{
    struct h2_frame last = {65535, 1, H2_DATA, H2_END_STREAM};
    struct h2_streams streams;
    struct h2_stream *stream;

    (void)state;
    h2_streams_init(&streams, true);
    stream = answer(&streams, 1, 0);
    h2_streams_send(&streams, stream, SERVER, &last, at(10));
    h2_streams_end(&streams, stream, SERVER, at(10));
    assert_int_equal(longest(&stream->flow_control[SERVER], 90), 0);
    assert_int_equal(longest(&streams.connection[SERVER], 90), 0);
    h2_streams_release(&streams);
}

/* SETTINGS_INITIAL_WINDOW_SIZE moves open streams, below zero too, and is
 * what later ones begin with. The connection's window stays. */
static void test_resize(void **state)
{
    struct h2_streams streams;
    struct h2_stream *old, *later;

    (void)state;
    h2_streams_init(&streams, true);
    old = answer(&streams, 1, 0);
    send(&streams, old, 49152, 10);
    h2_streams_resize(&streams, SERVER, 16384, at(20));
    assert_true(h2_streams_were_blocked(&streams, old));
    assert_int_equal(h2_flow_control_left(&old->flow_control[SERVER]), -32768);
    assert_int_equal(longest(&old->flow_control[SERVER], 50), 30);
    assert_int_equal(h2_flow_control_left(&streams.connection[SERVER]), 16383);
    later = answer(&streams, 3, 50);
    assert_int_equal(h2_flow_control_left(&later->flow_control[SERVER]), 16384);
    assert_int_equal(h2_flow_control_left(&later->flow_control[CLIENT]),
                     H2_WINDOW_DEFAULT);
    h2_streams_credit(&streams, old, SERVER, 32769, at(60));
    assert_int_equal(h2_flow_control_left(&old->flow_control[SERVER]), 1);
    assert_int_equal(longest(&old->flow_control[SERVER], 90), 40);
    assert_true(streams.known[SERVER]);
    h2_streams_release(&streams);
}

/*
 * A stream that nothing is asked of takes changes in later, each as of its
 * time: blocked from 20 to 50 and from 60 on, and what it missed too many of
 * makes windows unknown, for whether it was blocked in between is not known.
 */
static void test_resize_late(void **state)
{
    struct h2_streams streams;
    struct h2_stream *stream;

    (void)state;
    h2_streams_init(&streams, true);
    stream = answer(&streams, 1, 0);
    send(&streams, stream, 50000, 10);
    h2_streams_resize(&streams, SERVER, 50000, at(20));
    h2_streams_resize(&streams, SERVER, 40000, at(30));
    h2_streams_resize(&streams, SERVER, 70000, at(50));
    h2_streams_resize(&streams, SERVER, 100, at(60));
    h2_streams_credit(&streams, stream, SERVER, 1, at(70));
    assert_int_equal(longest(&stream->flow_control[SERVER], 70), 30);
    assert_int_equal(longest(&stream->flow_control[SERVER], 100), 40);
    assert_int_equal(h2_flow_control_left(&stream->flow_control[SERVER]),
                     -49899);
    for (int i = 0; i < H2_CHANGES_KEPT; i++)
        h2_streams_resize(&streams, SERVER, 60000 + i, at(100 + i));
    h2_streams_credit(&streams, stream, SERVER, 1, at(150));
    assert_true(streams.known[SERVER]);
    for (int i = 0; i <= H2_CHANGES_KEPT; i++)
        h2_streams_resize(&streams, SERVER, 50000 + i, at(200 + i));
    h2_streams_credit(&streams, stream, SERVER, 1, at(250));
    assert_false(streams.known[SERVER]);
    assert_int_equal(h2_flow_control_left(&stream->flow_control[SERVER]),
                     H2_CHANGES_KEPT + 3);
    assert_true(streams.known[CLIENT]);
    h2_streams_release(&streams);
}

/* An initial window of nothing holds a stream up from its HEADERS on. */
static void test_initial_zero(void **state)
{
    struct h2_streams streams;
    struct h2_stream *stream;

    (void)state;
    h2_streams_init(&streams, true);
    h2_streams_resize(&streams, SERVER, 0, at(0));
    stream = answer(&streams, 1, 10);
    assert_int_equal(longest(&stream->flow_control[SERVER], 50), 40);
    h2_streams_release(&streams);
}

/* What cannot be shows that something was missed, on that side. */
static void test_unknown(void **state)
{
    struct h2_streams streams;
    struct h2_stream *stream;

    (void)state;
    h2_streams_init(&streams, true);
    stream = answer(&streams, 1, 0);
    send(&streams, stream, 65535, 10);
    assert_true(streams.known[SERVER]);
    send(&streams, stream, 0, 20);
    assert_true(streams.known[SERVER]);
    send(&streams, stream, 1, 30);
    assert_false(streams.known[SERVER]);
    assert_true(streams.known[CLIENT]);
    h2_streams_release(&streams);

    h2_streams_init(&streams, true);
    h2_streams_credit(&streams, NULL, CLIENT, 0x7fffffff - 65535, at(10));
    assert_true(streams.known[CLIENT]);
    h2_streams_credit(&streams, NULL, CLIENT, 1, at(10));
    assert_false(streams.known[CLIENT]);
    h2_streams_release(&streams);
}

/* DATA of a stream that is closed counts for the connection. */
static void test_closed_data(void **state)
{
    struct h2_streams streams;

    (void)state;
    h2_streams_init(&streams, true);
    send(&streams, NULL, 1000, 10);
    assert_int_equal(h2_flow_control_left(&streams.connection[SERVER]), 64535);
    h2_streams_release(&streams);
}

static void test_windows_of_stream(void **state)
{
    static const uint32_t sizes[] = {3000, 1000, 20000, 0, 500, 41035};
    struct h2_streams streams;
    struct h2_stream *stream[6];
    struct h2_windows windows;

    (void)state;
    h2_streams_init(&streams, true);
    streams.limit = 100;
    h2_streams_add(&streams, 2); /* pushed: not of the client's number */
    for (uint32_t i = 0; i < 6; i++) {
        stream[i] = answer(&streams, 2 * i + 1, 0);
        send(&streams, stream[i], sizes[i], 10);
        /* the last one uses the connection's window up */
        assert_int_equal(h2_streams_were_blocked(&streams, stream[0]), i == 5);
        if (i == 0)
            assert_int_equal(h2_streams_windows(&streams, stream[0])
                                 .holder[SERVER][0]
                                 .stream,
                             0);
    }
    h2_streams_credit(&streams, stream[2], SERVER, 19000, at(20));
    windows = h2_streams_windows(&streams, stream[3]);
    assert_int_equal(windows.open, 6);
    assert_int_equal(windows.limit, 100);
    assert_int_equal(windows.holder[SERVER][0].stream, 11);
    assert_int_equal(windows.holder[SERVER][0].unread, 41035);
    assert_int_equal(windows.holder[SERVER][1].stream, 1);
    assert_int_equal(windows.holder[SERVER][2].unread, 1000);
    assert_int_equal(windows.holder[SERVER][3].unread, 1000);
    assert_int_equal(windows.holder[CLIENT][0].unread, 0);
    assert_int_equal(h2_window_left(&windows.connection[SERVER]), 0);
    h2_streams_release(&streams);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_connection_window),
        cmocka_unit_test(test_nobody_waits),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_resize_late),
        cmocka_unit_test(test_initial_zero),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_closed_data),
        cmocka_unit_test(test_windows_of_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
