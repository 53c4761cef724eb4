/* What two captures made by hand have in common, and what they have not. */
#include "compare/compare_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct compare_way *way_of(const struct comparison *c,
                                        enum way way)
{
    assert_int_equal(c->connections, 1);
    return &c->connection->way[way];
}

static void what_is_in_both_is_paired(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23, TCP_ACK, 1,   1,   100, KIT_BOTH, 0, 0, 0},
        {KIT_SERVER, 40, TCP_ACK, 1,   101, 900, KIT_BOTH, 0, 0, 0},
        {KIT_CLIENT, 60, TCP_ACK, 101, 901, 0,   KIT_BOTH, 0, 0, 0},
    };
    struct kit_pair pair;
    const struct comparison *c;

    (void)state;
    kit_pair_init(&pair);
    c = kit_pair_run(&pair, table, KIT_COUNT(table));
    assert_int_equal(way_of(c, WAY_UP)->paired, 4);
    assert_int_equal(way_of(c, WAY_DOWN)->paired, 2);
    assert_int_equal(c->connection->events, 0);
    assert_int_equal(c->clock.state, CLOCK_ALIGNED);
    assert_true(c->clock.offset >= KIT_OFFSET - c->clock.error &&
                c->clock.offset <= KIT_OFFSET + c->clock.error);
    assert_int_equal(c->connection->match.confidence, CONFIDENCE_CERTAIN);
    assert_int_equal(way_of(c, WAY_UP)->hops, 1);
    assert_false(c->swapped);
    kit_pair_release(&pair);
}

/* The first copy of an answer is lost, the second comes: by what tells copies
 * apart it is the first, whatever that is. */
static void which_copy_was_lost(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23,  TCP_ACK, 1,   1,   100, KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 40,  TCP_ACK, 1,   101, 900, KIT_SENT_ONLY, 0, 0, 0},
        {KIT_SERVER, 240, TCP_ACK, 1,   101, 900, KIT_BOTH,      0, 0, 0},
        {KIT_CLIENT, 260, TCP_ACK, 101, 901, 0,   KIT_BOTH,      0, 0, 0},
    };

    (void)state;
    for (unsigned marks = 0; marks < 4; marks++) {
        const struct compare_event *event;
        struct kit_pair pair;

        kit_pair_init(&pair);
        pair.has_timestamps = marks & 1;
        pair.has_ids = marks & 2;
        event = kit_only_event(kit_pair_run(&pair, table, KIT_COUNT(table)));
        assert_int_equal(event->kind, EVENT_LOST);
        assert_int_equal(event->way, WAY_DOWN);
        assert_int_equal(event->of[SERVER_SIDE]->frame, 5);
        assert_null(event->of[CLIENT_SIDE]);
        assert_true(event->healed);
        assert_false(event->maybe);
        assert_int_equal(event->unsure, marks == 0);
        assert_int_equal(event->severity, SEVERITY_INFO);
        kit_pair_release(&pair);
    }
}

/* Nothing was lost that the receiver acknowledged: its capture lacks it. */
static void what_is_acknowledged_came(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23, TCP_ACK, 1,   1,   100, KIT_SENT_ONLY, 0, 0, 0},
        {KIT_SERVER, 40, TCP_ACK, 1,   101, 900, KIT_BOTH,      0, 0, 0},
        {KIT_CLIENT, 60, TCP_ACK, 101, 901, 0,   KIT_BOTH,      0, 0, 0},
    };
    struct kit_pair pair;
    const struct comparison *c;

    (void)state;
    kit_pair_init(&pair);
    c = kit_pair_run(&pair, table, KIT_COUNT(table));
    assert_int_equal(c->connection->events, 0);
    assert_int_equal(way_of(c, WAY_UP)->unrecorded, 1);
    assert_int_equal(way_of(c, WAY_UP)->lost, 0);
    kit_pair_release(&pair);
}

/* A copy is sent for want of the acknowledgement: that the receiver gave
 * before the copy came, so the first one had come. */
static void what_is_acknowledged_before_its_copy_came(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23,  TCP_ACK, 1,   1,   100, KIT_SENT_ONLY, 0, 0, 0},
        {KIT_SERVER, 34,  TCP_ACK, 1,   101, 0,   KIT_SENT_ONLY, 0, 0, 0},
        {KIT_CLIENT, 230, TCP_ACK, 1,   1,   100, KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 250, TCP_ACK, 1,   101, 900, KIT_BOTH,      0, 0, 0},
        {KIT_CLIENT, 270, TCP_ACK, 101, 901, 0,   KIT_BOTH,      0, 0, 0},
    };
    struct kit_pair pair;
    const struct comparison *c;

    (void)state;
    kit_pair_init(&pair);
    c = kit_pair_run(&pair, table, KIT_COUNT(table));
    assert_int_equal(way_of(c, WAY_UP)->unrecorded, 1);
    assert_int_equal(way_of(c, WAY_UP)->lost, 0);
    assert_int_equal(way_of(c, WAY_DOWN)->lost_bare, 1);
    kit_pair_release(&pair);
}

/* One copy, and nothing that would show that it did not come. */
static void a_last_segment_may_be_missed(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23,  TCP_ACK, 1,   1,   100, KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 40,  TCP_ACK, 1,   101, 900, KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 41,  TCP_ACK, 901, 101, 900, KIT_SENT_ONLY, 0, 0, 0},
        {KIT_SERVER, 900, TCP_RST, 901, 0,   0,   KIT_BOTH,      0, 0, 0},
    };
    struct kit_pair pair;
    const struct compare_event *event;

    (void)state;
    kit_pair_init(&pair);
    event = kit_only_event(kit_pair_run(&pair, table, KIT_COUNT(table)));
    assert_int_equal(event->kind, EVENT_LOST);
    assert_true(event->maybe);
    assert_false(event->healed);
    assert_int_equal(event->severity, SEVERITY_WARNING);
    kit_pair_release(&pair);
}

/* The card of the server cuts one segment of 3000 bytes into three, of which
 * the second is lost and sent again. */
static void what_was_cut_anew_is_compared_by_bytes(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23,  TCP_ACK, 1,    1,    100,  KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 40,  TCP_ACK, 1,    101,  3000, KIT_SENT_ONLY, 0, 0, 0},
        {KIT_SERVER, 40,  TCP_ACK, 1,    101,  1400, KIT_CAME_ONLY, 0, 0, 0},
        {KIT_SERVER, 40,  TCP_ACK, 2801, 101,  200,  KIT_CAME_ONLY, 0, 0, 0},
        {KIT_CLIENT, 55,  TCP_ACK, 101,  1401, 0,    KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 240, TCP_ACK, 1401, 101,  1400, KIT_BOTH,      0, 0, 0},
        {KIT_CLIENT, 260, TCP_ACK, 101,  3001, 0,    KIT_BOTH,      0, 0, 0},
    };
    struct kit_pair pair;
    const struct comparison *c;
    const struct compare_event *event;

    (void)state;
    kit_pair_init(&pair);
    c = kit_pair_run(&pair, table, KIT_COUNT(table));
    event = kit_only_event(c);
    assert_int_equal(event->kind, EVENT_LOST);
    assert_int_equal(event->missing, 1400);
    assert_true(event->healed);
    assert_int_equal(way_of(c, WAY_DOWN)->unsent, 0);
    kit_pair_release(&pair);
}

static void all_pieces_came(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23, TCP_ACK,           1,    1,    100,  KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 40, TCP_ACK | TCP_FIN, 1,    101,  3000, KIT_SENT_ONLY, 0, 0,
          0                                                                          },
        {KIT_SERVER, 40, TCP_ACK,           1,    101,  1400, KIT_CAME_ONLY, 0, 0, 0},
        {KIT_SERVER, 40, TCP_ACK,           1401, 101,  1400, KIT_CAME_ONLY, 0, 0, 0},
        {KIT_SERVER, 40, TCP_ACK | TCP_FIN, 2801, 101,  200,  KIT_CAME_ONLY, 0, 0,
          0                                                                          },
        {KIT_CLIENT, 55, TCP_ACK,           101,  3002, 0,    KIT_BOTH,      0, 0, 0},
    };
    struct kit_pair pair;
    const struct comparison *c;

    (void)state;
    kit_pair_init(&pair);
    c = kit_pair_run(&pair, table, KIT_COUNT(table));
    assert_int_equal(c->connection->events, 0);
    assert_int_equal(way_of(c, WAY_DOWN)->recut, 1);
    kit_pair_release(&pair);
}

/* A box answers in the server's place, with other bytes at the same number. */
static void bytes_of_a_box_are_no_piece(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23,  TCP_ACK, 1, 1,   100, KIT_BOTH,      0, 0,   0 },
        {KIT_SERVER, 40,  TCP_ACK, 1, 101, 900, KIT_SENT_ONLY, 0, 0,   0 },
        {KIT_SERVER, 41,  TCP_ACK, 1, 101, 300, KIT_CAME_ONLY, 0, 'b', 99},
        {KIT_SERVER, 240, TCP_ACK, 1, 101, 900, KIT_SENT_ONLY, 0, 0,   0 },
        {KIT_SERVER, 640, TCP_ACK, 1, 101, 900, KIT_SENT_ONLY, 0, 0,   0 },
    };
    struct kit_pair pair;
    const struct comparison *c;

    (void)state;
    kit_pair_init(&pair);
    c = kit_pair_run(&pair, table, KIT_COUNT(table));
    assert_int_equal(c->connection->events, 4);
    assert_int_equal(c->connection->event[0].kind, EVENT_INJECTED);
    assert_false(c->connection->event[0].maybe);
    assert_int_equal(c->connection->event[0].severity, SEVERITY_ERROR);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(c->connection->event[i].kind, EVENT_LOST);
        assert_false(c->connection->event[i].healed);
    }
    kit_pair_release(&pair);
}

/* The server goes on behind an RST of its name, so it is not its own; one that
 * nothing contradicts may have been missed by the capture there. */
static void an_injected_reset_is_contradicted(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23,  TCP_ACK, 1,   1,   100, KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 40,  TCP_RST, 1,   0,   0,   KIT_CAME_ONLY, 0, 0, 0},
        {KIT_SERVER, 300, TCP_ACK, 1,   101, 900, KIT_BOTH,      0, 0, 0},
        {KIT_CLIENT, 320, TCP_RST, 101, 0,   0,   KIT_BOTH,      0, 0, 0},
    };

    (void)state;
    for (unsigned goes_on = 0; goes_on < 2; goes_on++) {
        const struct compare_event *event;
        struct kit_pair pair;

        kit_pair_init(&pair);
        event = kit_only_event(
            kit_pair_run(&pair, table, goes_on ? KIT_COUNT(table) : 5));
        assert_int_equal(event->kind, EVENT_INJECTED);
        assert_int_equal(event->way, WAY_DOWN);
        assert_int_equal(event->maybe, !goes_on);
        assert_int_equal(event->severity,
                         goes_on ? SEVERITY_ERROR : SEVERITY_WARNING);
        kit_pair_release(&pair);
    }
}

static void a_changed_payload_is_told(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23, TCP_ACK, 1,   1,   100, KIT_BOTH,      0, 0,   0},
        {KIT_SERVER, 40, TCP_ACK, 1,   101, 900, KIT_SENT_ONLY, 0, 0,   0},
        {KIT_SERVER, 40, TCP_ACK, 1,   101, 900, KIT_CAME_ONLY, 0, 'y', 0},
        {KIT_CLIENT, 60, TCP_ACK, 101, 901, 0,   KIT_BOTH,      0, 0,   0},
    };
    struct kit_pair pair;
    const struct compare_event *event;

    (void)state;
    kit_pair_init(&pair);
    pair.has_ids = false; /* the two made segments would not have one */
    event = kit_only_event(kit_pair_run(&pair, table, KIT_COUNT(table)));
    assert_int_equal(event->kind, EVENT_CHANGED);
    assert_int_equal(event->changes, CHANGE_PAYLOAD);
    assert_int_equal(event->severity, SEVERITY_ERROR);
    kit_pair_release(&pair);
}

static void what_took_long_is_named(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23,   TCP_ACK, 1,   1,   100, KIT_BOTH, 800, 0, 0},
        {KIT_SERVER, 840,  TCP_ACK, 1,   101, 900, KIT_BOTH, 0,   0, 0},
        {KIT_CLIENT, 860,  TCP_ACK, 101, 901, 0,   KIT_BOTH, 0,   0, 0},
        {KIT_CLIENT, 1000, TCP_ACK, 101, 901, 50,  KIT_BOTH, 0,   0, 0},
    };
    struct kit_pair pair;
    const struct compare_way *up;

    (void)state;
    kit_pair_init(&pair);
    up = way_of(kit_pair_run(&pair, table, KIT_COUNT(table)), WAY_UP);
    assert_int_equal(up->held[CLIENT_SIDE]->frame, 4);
    assert_true(up->most > 800 * NANOS_PER_MILLI &&
                up->most < 821 * NANOS_PER_MILLI);
    assert_true(up->median < 12 * NANOS_PER_MILLI);
    kit_pair_release(&pair);
}

/* Of what left before the other capture began nothing is said. */
static void before_the_beginning_nothing_is_said(void **state)
{
    static const struct kit_segment table[] = {
        {KIT_CLIENT, 0,  TCP_SYN,           0,   0,   0,   KIT_SENT_ONLY, 0, 0, 0},
        {KIT_SERVER, 11, TCP_SYN | TCP_ACK, 0,   1,   0,   KIT_CAME_ONLY, 0, 0, 0},
        {KIT_CLIENT, 22, TCP_ACK,           1,   1,   0,   KIT_SENT_ONLY, 0, 0, 0},
        {KIT_CLIENT, 23, TCP_ACK,           1,   1,   100, KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 40, TCP_ACK,           1,   101, 900, KIT_BOTH,      0, 0, 0},
        {KIT_CLIENT, 60, TCP_ACK,           101, 901, 0,   KIT_BOTH,      0, 0, 0},
    };
    struct kit_pair pair;
    const struct comparison *c;

    (void)state;
    kit_pair_init(&pair);
    c = kit_pair_run(&pair, table, KIT_COUNT(table));
    assert_int_equal(c->connection->events, 0);
    assert_int_equal(way_of(c, WAY_UP)->outside, 2);
    assert_int_equal(way_of(c, WAY_DOWN)->outside, 1);
    kit_pair_release(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_both_is_paired),
        cmocka_unit_test(which_copy_was_lost),
        cmocka_unit_test(what_is_acknowledged_came),
        cmocka_unit_test(what_is_acknowledged_before_its_copy_came),
        cmocka_unit_test(a_last_segment_may_be_missed),
        cmocka_unit_test(what_was_cut_anew_is_compared_by_bytes),
        cmocka_unit_test(all_pieces_came),
        cmocka_unit_test(bytes_of_a_box_are_no_piece),
        cmocka_unit_test(an_injected_reset_is_contradicted),
        cmocka_unit_test(a_changed_payload_is_told),
        cmocka_unit_test(what_took_long_is_named),
        cmocka_unit_test(before_the_beginning_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
