#include "record/store_kit.h"

static void test_holds_all_while_there_is_room(void **state)
{
    struct store *store = must_open(1 << 20);
    struct store_walk walk;
    struct store_packet packet;

    (void)state;
    for (uint64_t i = 1; i <= 300; i++)
        give(store, i % 3, i, 20 + i * 4 % 1500);
    for (uint64_t conn = 0; conn < 3; conn++) {
        uint64_t number = conn ? conn : 3;

        walk = store_walk(store, conn);
        for (; store_walk_next(&walk, &packet); number += 3) {
            assert_int_equal(packet.number, number);
            assert_false(packet.trimmed);
            check_bytes(&packet, 20 + number * 4 % 1500);
        }
        assert_int_equal(number, 300 + (conn ? conn : 3));
    }
    walk = store_walk(store, 3);
    assert_false(store_walk_next(&walk, &packet));
    assert_int_equal(store_counts(store).packets, 300);
    assert_int_equal(store_counts(store).connections, 3);
    assert_int_equal(store_counts(store).trimmed, 0);
    store_forget(store, 1);
    store_forget(store, 1);
    assert_int_equal(store_counts(store).packets, 200);
    store_close(store);
}

/* Payload goes connection by connection, in order, before any packet does. */
static void test_order_of_trimming(void **state)
{
    struct store *store = must_open(SMALL);
    uint64_t number = 0;

    (void)state;
    for (uint64_t conn = 0; conn < 16; conn++) {
        for (int i = 0; i < 5; i++)
            give(store, conn, ++number, 1400);
        for (uint64_t c = 0; c < conn; c++) {
            struct store_holding older = must_find(store, c);
            struct store_holding newer = must_find(store, c + 1);

            assert_int_equal(older.packets, 5);
            assert_int_equal(older.dropped, 0);
            if (newer.trimmed)
                assert_int_equal(older.trimmed, 5);
        }
    }
    assert_int_equal(must_find(store, 0).trimmed, 5);
    assert_int_equal(must_find(store, 6).trimmed, 5);
    assert_int_equal(must_find(store, 12).trimmed, 0);
    assert_int_equal(must_find(store, 15).trimmed, 0);
    store_close(store);
}

/* Of one connection that is larger than the store the end is held whole. */
static void test_one_connection_alone(void **state)
{
    struct store *store = must_open(SMALL);
    struct store_walk walk;
    struct store_packet packet;
    struct store_holding holding;
    uint64_t at = 0;
    bool whole = false;

    (void)state;
    for (uint64_t i = 1; i <= 5000; i++) {
        give(store, 9, i, 1000);
        assert_true(store_counts(store).bytes <= store_counts(store).room);
    }
    holding = must_find(store, 9);
    assert_int_equal(holding.packets + holding.dropped, 5000);
    walk = store_walk(store, 9);
    while (store_walk_next(&walk, &packet)) {
        at++;
        if (at <= STORE_FIRST_KEPT)
            assert_int_equal(packet.number, at);
        else
            assert_int_equal(packet.number, at + holding.dropped);
        assert_true(packet.trimmed ? !whole : true);
        whole = !packet.trimmed;
        check_bytes(&packet, 1000);
    }
    assert_int_equal(packet.number, 5000);
    assert_true(whole);
    assert_int_equal(store_counts(store).trimmed, 1);
    assert_int_equal(store_counts(store).shortened, 1);
    assert_int_equal(store_counts(store).dropped, 0);
    store_close(store);
}

/* The first three stay while others have a fourth to give. */
static void test_handshakes_stay(void **state)
{
    struct store *store = must_open(SMALL);
    uint64_t number = 0;
    uint64_t given[2] = {0, 0};

    (void)state;
    for (uint64_t conn = 10; conn < 15; conn++) {
        for (int i = 0; i < 3; i++)
            give(store, conn, ++number, HEADERS);
    }
    for (int i = 0; i < 3000; i++) {
        give(store, (uint64_t)i & 1, ++number, HEADERS);
        given[i & 1]++;
    }
    for (uint64_t conn = 10; conn < 15; conn++) {
        assert_int_equal(must_find(store, conn).packets, 3);
        assert_int_equal(must_find(store, conn).dropped, 0);
    }
    for (uint64_t conn = 0; conn < 2; conn++) {
        struct store_holding holding = must_find(store, conn);

        assert_true(holding.packets >= 3);
        assert_int_equal(holding.packets + holding.dropped, given[conn]);
    }
    assert_int_equal(store_counts(store).dropped, 0);
    assert_int_equal(store_counts(store).trimmed, 0);
    store_close(store);
}

/* A flood: the newest are held, nothing more than there is room for. */
static void test_many_tiny(void **state)
{
    enum {
        FLOOD = 1000000
    };
    struct store *store = must_open(4 << 20);
    struct store_holding holding;
    struct store_counts counts;

    (void)state;
    for (uint64_t i = 1; i <= FLOOD; i++)
        give(store, i, i, HEADERS);
    counts = store_counts(store);
    assert_true(counts.bytes <= counts.room);
    assert_true(counts.room <= 4 << 20);
    assert_in_range(counts.connections, 6000, 8192);
    assert_int_equal(counts.packets, counts.connections);
    assert_int_equal(counts.dropped + counts.connections, FLOOD);
    for (uint64_t i = 1; i <= FLOOD; i++)
        assert_int_equal(store_find(store, i, &holding),
                         i > FLOOD - counts.connections);
    store_close(store);
}

/* A packet that alone would fill the store is held without its payload. */
static void test_monsters(void **state)
{
    struct store *store = must_open(SMALL);
    struct store *large = must_open(4 << 20);
    struct store_walk walk;
    struct store_packet packet;

    (void)state;
    for (uint64_t i = 1; i <= 20; i++) {
        give(store, 1, i, STORE_PACKET_MOST + 100);
        give(large, 1, i, STORE_PACKET_MOST + 100);
    }
    walk = store_walk(store, 1);
    for (uint64_t i = 1; store_walk_next(&walk, &packet); i++) {
        assert_true(packet.trimmed);
        check_bytes(&packet, STORE_PACKET_MOST + 100);
    }
    assert_int_equal(must_find(store, 1).packets, 20);
    walk = store_walk(large, 1);
    while (store_walk_next(&walk, &packet))
        continue;
    assert_int_equal(packet.number, 20);
    assert_int_equal(packet.data.size, STORE_PACKET_MOST);
    store_close(store);
    store_close(large);
}

struct losing {
    struct store *store;
    uint64_t conn[8];
    uint64_t trimmed[8];
    size_t count;
};

static void note_losing(void *context, uint64_t conn)
{
    struct losing *losing = context;

    assert_true(losing->count < 8);
    losing->conn[losing->count] = conn;
    losing->trimmed[losing->count++] = must_find(losing->store, conn).trimmed;
}

/* Told once, before the loss, of those that are marked. */
static void test_losing(void **state)
{
    struct losing losing = {.store = must_open(SMALL)};
    uint64_t number = 0;

    (void)state;
    store_on_losing(losing.store, note_losing, &losing);
    for (uint64_t conn = 0; conn < 12; conn++) {
        for (int i = 0; i < 5; i++)
            give(losing.store, conn, ++number, 1400);
        store_mark(losing.store, conn, conn % 2 == 1);
        if (conn == 3)
            store_mark(losing.store, 3, false);
    }
    assert_int_equal(must_find(losing.store, 4).trimmed, 5);
    assert_int_equal(losing.count, 2);
    assert_int_equal(losing.conn[0], 1);
    assert_int_equal(losing.conn[1], 5);
    assert_int_equal(losing.trimmed[0], 0);
    assert_int_equal(losing.trimmed[1], 0);
    store_close(losing.store);
}

static void test_no_memory(void **state)
{
    struct fail fail = {0};

    (void)state;
    assert_null(store_open((size_t)1 << 60, &fail));
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
