#include "record/store_kit.h"

static void test_holds_all_while_there_is_room(void **state)
{
    struct ring *ring = must_open(1 << 20);
    struct ring_walk walk;
    struct ring_packet packet;

    (void)state;
    for (uint64_t i = 1; i <= 300; i++)
        give(ring, i % 3, i, 20 + i * 4 % 1500);
    for (uint64_t conn = 0; conn < 3; conn++) {
        uint64_t number = conn ? conn : 3;

        walk = ring_walk(ring, conn);
        for (; ring_walk_next(&walk, &packet); number += 3) {
            assert_int_equal(packet.number, number);
            assert_false(packet.trimmed);
            check_bytes(&packet, 20 + number * 4 % 1500);
        }
        assert_int_equal(number, 300 + (conn ? conn : 3));
    }
    walk = ring_walk(ring, 3);
    assert_false(ring_walk_next(&walk, &packet));
    assert_int_equal(ring_counts(ring).packets, 300);
    assert_int_equal(ring_counts(ring).connections, 3);
    assert_int_equal(ring_counts(ring).trimmed, 0);
    ring_forget(ring, 1);
    ring_forget(ring, 1);
    assert_int_equal(ring_counts(ring).packets, 200);
    ring_close(ring);
}

/* Payload goes connection by connection, in order, before any packet does. */
static void test_order_of_trimming(void **state)
{
    struct ring *ring = must_open(SMALL);
    uint64_t number = 0;

    (void)state;
    for (uint64_t conn = 0; conn < 16; conn++) {
        for (int i = 0; i < 5; i++)
            give(ring, conn, ++number, 1400);
        for (uint64_t c = 0; c < conn; c++) {
            struct ring_holding older = must_find(ring, c);
            struct ring_holding newer = must_find(ring, c + 1);

            assert_int_equal(older.packets, 5);
            assert_int_equal(older.dropped, 0);
            if (newer.trimmed)
                assert_int_equal(older.trimmed, 5);
        }
    }
    assert_int_equal(must_find(ring, 0).trimmed, 5);
    assert_int_equal(must_find(ring, 6).trimmed, 5);
    assert_int_equal(must_find(ring, 12).trimmed, 0);
    assert_int_equal(must_find(ring, 15).trimmed, 0);
    ring_close(ring);
}

/* Of one connection that is larger than the ring the end is held whole. */
static void test_one_connection_alone(void **state)
{
    struct ring *ring = must_open(SMALL);
    struct ring_walk walk;
    struct ring_packet packet;
    struct ring_holding holding;
    uint64_t at = 0;
    bool whole = false;

    (void)state;
    for (uint64_t i = 1; i <= 5000; i++) {
        give(ring, 9, i, 1000);
        assert_true(ring_counts(ring).bytes <= ring_counts(ring).room);
    }
    holding = must_find(ring, 9);
    assert_int_equal(holding.packets + holding.dropped, 5000);
    walk = ring_walk(ring, 9);
    while (ring_walk_next(&walk, &packet)) {
        at++;
        if (at <= RING_FIRST_KEPT)
            assert_int_equal(packet.number, at);
        else
            assert_int_equal(packet.number, at + holding.dropped);
        assert_true(packet.trimmed ? !whole : true);
        whole = !packet.trimmed;
        check_bytes(&packet, 1000);
    }
    assert_int_equal(packet.number, 5000);
    assert_true(whole);
    assert_int_equal(ring_counts(ring).trimmed, 1);
    assert_int_equal(ring_counts(ring).shortened, 1);
    assert_int_equal(ring_counts(ring).dropped, 0);
    ring_close(ring);
}

/* The first three stay while others have a fourth to give. */
static void test_handshakes_stay(void **state)
{
    struct ring *ring = must_open(SMALL);
    uint64_t number = 0;
    uint64_t given[2] = {0, 0};

    (void)state;
    for (uint64_t conn = 10; conn < 15; conn++) {
        for (int i = 0; i < 3; i++)
            give(ring, conn, ++number, HEADERS);
    }
    for (int i = 0; i < 3000; i++) {
        give(ring, (uint64_t)i & 1, ++number, HEADERS);
        given[i & 1]++;
    }
    for (uint64_t conn = 10; conn < 15; conn++) {
        assert_int_equal(must_find(ring, conn).packets, 3);
        assert_int_equal(must_find(ring, conn).dropped, 0);
    }
    for (uint64_t conn = 0; conn < 2; conn++) {
        struct ring_holding holding = must_find(ring, conn);

        assert_true(holding.packets >= 3);
        assert_int_equal(holding.packets + holding.dropped, given[conn]);
    }
    assert_int_equal(ring_counts(ring).dropped, 0);
    assert_int_equal(ring_counts(ring).trimmed, 0);
    ring_close(ring);
}

/* A flood: the newest are held, nothing more than there is room for. */
static void test_many_tiny(void **state)
{
    enum {
        FLOOD = 1000000
    };
    struct ring *ring = must_open(4 << 20);
    struct ring_holding holding;
    struct ring_counts counts;

    (void)state;
    for (uint64_t i = 1; i <= FLOOD; i++)
        give(ring, i, i, HEADERS);
    counts = ring_counts(ring);
    assert_true(counts.bytes <= counts.room);
    assert_true(counts.room <= 4 << 20);
    assert_in_range(counts.connections, 6000, 8192);
    assert_int_equal(counts.packets, counts.connections);
    assert_int_equal(counts.dropped + counts.connections, FLOOD);
    for (uint64_t i = 1; i <= FLOOD; i++)
        assert_int_equal(ring_find(ring, i, &holding),
                         i > FLOOD - counts.connections);
    ring_close(ring);
}

/* A packet that alone would fill the ring is held without its payload. */
static void test_monsters(void **state)
{
    struct ring *ring = must_open(SMALL);
    struct ring *large = must_open(4 << 20);
    struct ring_walk walk;
    struct ring_packet packet;

    (void)state;
    for (uint64_t i = 1; i <= 20; i++) {
        give(ring, 1, i, RING_PACKET_MOST + 100);
        give(large, 1, i, RING_PACKET_MOST + 100);
    }
    walk = ring_walk(ring, 1);
    for (uint64_t i = 1; ring_walk_next(&walk, &packet); i++) {
        assert_true(packet.trimmed);
        check_bytes(&packet, RING_PACKET_MOST + 100);
    }
    assert_int_equal(must_find(ring, 1).packets, 20);
    walk = ring_walk(large, 1);
    while (ring_walk_next(&walk, &packet))
        continue;
    assert_int_equal(packet.number, 20);
    assert_int_equal(packet.data.size, RING_PACKET_MOST);
    ring_close(ring);
    ring_close(large);
}

struct losing {
    struct ring *ring;
    uint64_t conn[8];
    uint64_t trimmed[8];
    size_t count;
};

static void note_losing(void *context, uint64_t conn)
{
    struct losing *losing = context;

    assert_true(losing->count < 8);
    losing->conn[losing->count] = conn;
    losing->trimmed[losing->count++] = must_find(losing->ring, conn).trimmed;
}

/* Told once, before the loss, of those that are marked. */
static void test_losing(void **state)
{
    struct losing losing = {.ring = must_open(SMALL)};
    uint64_t number = 0;

    (void)state;
    ring_on_losing(losing.ring, note_losing, &losing);
    for (uint64_t conn = 0; conn < 12; conn++) {
        for (int i = 0; i < 5; i++)
            give(losing.ring, conn, ++number, 1400);
        ring_mark(losing.ring, conn, conn % 2 == 1);
        if (conn == 3)
            ring_mark(losing.ring, 3, false);
    }
    assert_int_equal(must_find(losing.ring, 4).trimmed, 5);
    assert_int_equal(losing.count, 2);
    assert_int_equal(losing.conn[0], 1);
    assert_int_equal(losing.conn[1], 5);
    assert_int_equal(losing.trimmed[0], 0);
    assert_int_equal(losing.trimmed[1], 0);
    ring_close(losing.ring);
}

static void test_no_memory(void **state)
{
    struct fail fail = {0};

    (void)state;
    assert_null(ring_open((size_t)1 << 60, &fail));
    assert_true(fail.set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds_all_while_there_is_room),
        cmocka_unit_test(test_order_of_trimming),
        cmocka_unit_test(test_one_connection_alone),
        cmocka_unit_test(test_handshakes_stay),
        cmocka_unit_test(test_many_tiny),
        cmocka_unit_test(test_monsters),
        cmocka_unit_test(test_losing),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
