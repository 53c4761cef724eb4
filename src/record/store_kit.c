#include "record/store_kit.h"

/* The byte at a place of a packet tells which packet and place it is. */
static uint8_t byte_of(uint64_t number, size_t at)
{
    return (uint8_t)((number * 131) ^ (at * 7) ^ (at >> 8));
}

void give(struct store *store, uint64_t conn, uint64_t number, size_t size)
{
    static uint8_t packet_bytes[STORE_PACKET_MOST + 100];
    struct store_packet packet = {
        .time = (nanos)number * 1000,
        .number = number,
        .length = (uint32_t)size + 1,
        .headers = HEADERS,
        .link_type = 101,
        .data = {packet_bytes, size}
    };

    for (size_t i = 0; i < size; i++)
        packet_bytes[i] = byte_of(number, i);
    store_take(store, conn, &packet);
}

struct store *must_open(size_t memory)
{
    struct fail fail = {0};
    struct store *store = store_open(memory, &fail);

    assert_non_null(store);
    assert_false(fail.set);
    return store;
}

struct store_holding must_find(struct store *store, uint64_t conn)
{
    struct store_holding holding;

    assert_true(store_find(store, conn, &holding));
    return holding;
}

void check_bytes(const struct store_packet *packet, size_t size)
{
    assert_int_equal(packet->data.size, packet->trimmed ? HEADERS : size);
    assert_int_equal(packet->length, size + 1);
    assert_int_equal(packet->headers, HEADERS);
    assert_int_equal(packet->link_type, 101);
    assert_int_equal(packet->time, packet->number * 1000);
    for (size_t i = 0; i < packet->data.size; i++) {
        if (packet->data.at[i] != byte_of(packet->number, i))
            fail_msg("byte %zu of packet %u", i, (unsigned)packet->number);
    }
}
