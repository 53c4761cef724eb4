#include "wire/hex.h"
#include "wire/wire.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define CUT(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

/*
 * A packet whose IP header promises 4 bytes of payload, recorded up to `cut`
 * bytes of `length`.
 */
static const struct {
    const char *name;
    const char *hex;
    size_t cut;
    uint32_t length;
    int outcome;
    size_t payload;
    uint32_t missing;
} cuts[] = {
    CUT("whole", ETH "0800" IP4 TCP, 58, 58, GIVES_SEGMENT, 4, 0),
    CUT("padded", ETH "0800" IP4 TCP "0000", 60, 60, GIVES_SEGMENT, 4, 0),
    CUT("padding cut", ETH "0800" IP4 TCP, 58, 60, GIVES_SEGMENT, 4, 0),
    CUT("payload cut", ETH "0800" IP4 TCP, 55, 58, GIVES_SEGMENT, 1, 3),
    CUT("payload gone", ETH "0800" IP4 TCP, 54, 58, GIVES_SEGMENT, 0, 4),
    CUT("frame too short", ETH "0800" IP4 TCP, 56, 56, GIVES_SEGMENT, 2, 2),
    CUT("tcp header cut", ETH "0800" IP4 TCP, 53, 58, WIRE_CUT_SHORT, 0, 0),
    CUT("ip header cut", ETH "0800" IP4 TCP, 33, 58, WIRE_CUT_SHORT, 0, 0),
    CUT("ethernet cut", ETH "0800" IP4 TCP, 13, 58, WIRE_CUT_SHORT, 0, 0),
    CUT("no length, payload cut", ETH "0800" OUT("06") TCP, 55, 58,
        GIVES_SEGMENT, 1, 3),
    CUT("no length, hostile", ETH "0800" OUT("06") TCP, 58, UINT32_MAX,
        GIVES_SEGMENT, 4, 1 << 20),
    CUT("options cut",
        ETH "0800 4500 003c 0001 4000 4006 0000 0a000001 0a000002"
            "9c40 0050 00000064 000000c8 8010 0200 0000 0000"
            "0101080a 00000001",
        62, 74, GIVES_SEGMENT, 0, 8),
};

static void test_cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct wire *wire = wire_new(NULL);
        uint8_t bytes[ROOM];
        struct frame frame = {.link_type = 1, .length = cuts[i].length};
        struct segment segment = {0};
        bool given;

        frame.data = (struct span){bytes, from_hex(cuts[i].hex, bytes)};
        frame.data = span_head(frame.data, cuts[i].cut);
        given = wire_take(wire, &frame, &segment);
        if (given != (cuts[i].outcome == GIVES_SEGMENT))
            fail_msg("'%s'", cuts[i].name);
        if (given) {
            assert_int_equal(segment.payload.size, cuts[i].payload);
            assert_int_equal(segment.missing, cuts[i].missing);
        } else {
            assert_int_equal(
                wire_ignored_count(wire, (enum wire_ignored)cuts[i].outcome),
                1);
        }
        wire_free(wire);
    }
}

/* A SYN over IPv4 with these options, padded to 40 bytes by the test. */
static bool take_options(const char *options, struct segment *segment)
{
    struct wire *wire = wire_new(NULL);
    uint8_t bytes[ROOM] = {0};
    uint8_t value[ROOM];
    size_t size;
    struct frame frame = {
        .link_type = 101, .length = 80, .data = {bytes, 80}
    };
    bool given;

    from_hex("4500 0050 0001 4000 4006 0000 0a000001 0a000002"
             "9c40 0050 00000064 000000c8 f0c2 0200 0000 0000",
             bytes);
    size = from_hex(options, value);
    assert_true(size <= 40);
    memcpy(bytes + 40, value, size);
    given = wire_take(wire, &frame, segment);
    wire_free(wire);
    return given;
}

static void test_all_options(void **state)
{
    struct segment s;

    (void)state;
    assert_true(take_options("020405b4 0402 080a 0000000a 0000000b 01 030307"
                             "1e04 0000 0512 00000001 00000002",
                             &s));
    assert_true(s.has_mss && s.has_scale);
    assert_true(s.has_timestamp);
    assert_int_equal(s.mss, 1460);
    assert_int_equal(s.scale, 7);
    assert_int_equal(s.timestamp, 10);
    assert_int_equal(s.timestamp_echo, 11);
    assert_int_equal(s.ack, 0); /* the field is set, the flag is not */
    assert_int_equal(s.flags, TCP_SYN | 0xc0);
    assert_int_equal(s.payload.size, 0);
}

static void test_sack_blocks(void **state)
{
    struct segment s;

    (void)state;
    assert_true(take_options("0101 0522 00000001 00000002 00000003 00000004"
                             "00000005 00000006 00000007 00000008",
                             &s));
    assert_int_equal(s.sacks, 4);
    assert_int_equal(s.sack[0].start, 1);
    assert_int_equal(s.sack[3].end, 8);
    assert_true(take_options("050a 00000001 00000002", &s));
    assert_int_equal(s.sacks, 1);
    assert_true(take_options("0506 00000001", &s));
    assert_int_equal(s.sacks, 0);
}

static void test_strange_options(void **state)
{
    struct segment s;

    (void)state;
    assert_true(take_options("0303ff", &s));
    assert_int_equal(s.scale, 14);
    assert_true(take_options("020405b4 0800 030307", &s)); /* size 0 */
    assert_true(s.has_mss && !s.has_timestamp && !s.has_scale);
    assert_true(take_options("020405b4 fe50 030307", &s)); /* behind the end */
    assert_true(s.has_mss && !s.has_scale);
    assert_true(take_options("020305 00 020405b4", &s)); /* of another size */
    assert_false(s.has_mss);
    assert_true(take_options("0802 0205 01 020405b4", &s));
    assert_false(s.has_timestamp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_all_options),
        cmocka_unit_test(test_sack_blocks),
        cmocka_unit_test(test_strange_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
