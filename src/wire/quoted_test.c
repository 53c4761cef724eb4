/* TCP headers that ICMP errors quote. */
#include "wire/hex.h"
#include "wire/wire.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct quote {
    const char *hex;
    bool quoted;
};

/* A row in the form of a call, as in wire_test.c. */
#define QUOTE(...)                                                             \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static void check_quoted(const struct segment *segment)
{
    assert_int_equal(segment->source.port, 40000);
    assert_int_equal(segment->destination.port, 80);
    assert_int_equal(segment->seq, 100);
    assert_int_equal(segment->flags, TCP_ACK | TCP_PSH);
    assert_int_equal(segment->source.address
                         .byte[segment->source.address.version == 4 ? 3 : 15],
                     1);
    assert_int_equal(segment->destination.address.byte[0],
                     segment->source.address.version == 4 ? 10 : 0x20);
}

/* Of ICMP: errors, with a TCP header that is whole. */
static void test_quoted(void **state)
{
    static const struct quote quotes[] = {
        QUOTE(OUT("01") "0303 0000 00000000" IP4 TCP, true),
        QUOTE(OUT6("3a") "0104 0000 00000000" IP6 TCP, true),
        QUOTE(OUT("01") "0303 0000 00000000" IP4 "9c40 0050 00000064", false),
        QUOTE(OUT("01") "0303 0000 00000000" UDP("0035") TCP, false),
        QUOTE(OUT("01") "0800 0000 00000000" IP4 TCP, false),
        QUOTE(OUT6("3a") "8000 0000 00000000" IP6 TCP, false),
    };

    (void)state;
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        struct wire *wire = wire_new(NULL);
        uint8_t bytes[ROOM];
        struct frame frame = {
            .link_type = 101, .data = {bytes, from_hex(quotes[i].hex, bytes)}
        };
        struct segment segment;

        frame.length = (uint32_t)frame.data.size;
        assert_false(wire_take(wire, &frame, &segment));
        assert_int_equal(segment.quoted, quotes[i].quoted);
        if (segment.quoted)
            check_quoted(&segment);
        wire_free(wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
