#include "base/arena.h"
#include "record/pool.h"
#include "record/store_kit.h"

#include <stdlib.h>

enum {
    CONNS = 24,
    GIVEN_MOST = 4000
};

/*
 * The property: whatever comes, of each connection the store holds its first
 * three packets and then all from some packet on to the latest; those without
 * payload come before those with; and every byte is where it belongs.
 */

struct given {
    uint64_t number;
    size_t size;
};

struct model {
    struct store *store;
    struct given given[CONNS][GIVEN_MOST];
    size_t count[CONNS];
    uint64_t seed;
};

static uint64_t draw(struct model *model, uint64_t below)
{
    model->seed ^= model->seed << 13;
    model->seed ^= model->seed >> 7;
    model->seed ^= model->seed << 17;
    return model->seed % below;
}

static size_t index_of(const struct model *model, uint64_t conn,
                       uint64_t number)
{
    size_t low = 0;
    size_t high = model->count[conn];

    while (low + 1 < high) {
        size_t middle = (low + high) / 2;

        if (model->given[conn][middle].number <= number)
            low = middle;
        else
            high = middle;
    }
    assert_int_equal(model->given[conn][low].number, number);
    return low;
}

static uint64_t check_conn(struct model *model, uint64_t conn)
{
    struct store_walk walk = store_walk(model->store, conn);
    struct store_holding holding;
    struct store_packet packet;
    uint64_t packets = 0;
    uint64_t trimmed = 0;
    bool whole = false;
    size_t first = 0;
    size_t at = 0;

    if (!store_find(model->store, conn, &holding)) {
        assert_false(store_walk_next(&walk, &packet));
        return 0;
    }
    for (; store_walk_next(&walk, &packet); packets++) {
        size_t found = index_of(model, conn, packet.number);

        first = packets ? first : found;
        if (packets == STORE_FIRST_KEPT)
            assert_int_equal(found, at + 1 + holding.dropped);
        else if (packets)
            assert_int_equal(found, at + 1);
        at = found;
        check_bytes(&packet, model->given[conn][at].size);
        trimmed += packet.trimmed;
        assert_false(packet.trimmed && whole);
        whole |= packet.data.size > HEADERS;
    }
    assert_int_equal(packets, holding.packets);
    assert_int_equal(trimmed, holding.trimmed);
    assert_int_equal(packets + holding.dropped, model->count[conn] - first);
    return packets;
}

static void check_model(struct model *model)
{
    struct store_counts counts = store_counts(model->store);
    uint64_t packets = 0;

    for (uint64_t conn = 0; conn < CONNS; conn++)
        packets += check_conn(model, conn);
    assert_int_equal(packets, counts.packets);
    assert_true(counts.bytes <= counts.room);
}

static size_t draw_size(struct model *model)
{
    switch (draw(model, 8)) {
    case 0:
        return 1 + draw(model, HEADERS);
    case 1:
        return HEADERS + draw(model, 4);
    case 2:
        return CHAIN_BLOCK_ROOM - 40 + draw(model, 16);
    case 3:
        return draw(model, 12000);
    default:
        return HEADERS + draw(model, 1460);
    }
}

static void run_model(uint64_t seed)
{
    struct model *model = must_calloc(1, sizeof *model);

    model->store = must_open(SMALL + seed * 1000);
    model->seed = seed * UINT64_C(0x9e3779b97f4a7c15);
    for (uint64_t number = 1; number <= 12000; number++) {
        /* some connections are busier than others, and that changes */
        uint64_t busy = number / 1000 % CONNS;
        uint64_t conn = draw(model, 3) ? busy : draw(model, CONNS);
        struct given given = {number, draw_size(model)};

        if (model->count[conn] == GIVEN_MOST || draw(model, 400) == 0) {
            store_forget(model->store, conn);
            model->count[conn] = 0;
        }
        model->given[conn][model->count[conn]++] = given;
        give(model->store, conn, number, given.size);
        if (number % 64 == 0)
            check_model(model);
    }
    for (uint64_t conn = 0; conn < CONNS; conn++)
        store_forget(model->store, conn);
    assert_int_equal(store_counts(model->store).bytes, 0);
    assert_int_equal(store_counts(model->store).packets, 0);
    assert_int_equal(store_counts(model->store).connections, 0);
    assert_true(store_counts(model->store).trimmed > 0);
    store_close(model->store);
    free(model);
}

static void test_property(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        run_model(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_property),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
