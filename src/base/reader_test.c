#include "base/reader.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t bytes[] = {0x81, 0x92, 0xa3, 0xb4, 0xc5,
                                0xd6, 0xe7, 0xf8, 0x09};

/* The readers in one form. */
#define READ(name)                                                             \
    static uint64_t take_##name(struct reader *reader)                         \
    {                                                                          \
        return read_##name(reader);                                            \
    }
READ(u8)
READ(be16)
READ(be24)
READ(be32)
READ(be64)
READ(le16)
READ(le32)
#undef READ

static const struct {
    uint64_t (*read)(struct reader *reader);
    size_t size;
    uint64_t value; /* of `bytes` */
} numbers[] = {
    {take_u8,   1, 0x81                        },
    {take_be16, 2, 0x8192                      },
    {take_be24, 3, 0x8192a3                    },
    {take_be32, 4, 0x8192a3b4                  },
    {take_be64, 8, UINT64_C(0x8192a3b4c5d6e7f8)},
    {take_le16, 2, 0x9281                      },
    {take_le32, 4, 0xb4a39281                  },
};

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct reader r = reader_on((struct span){bytes, numbers[i].size});

        assert_true(numbers[i].read(&r) == numbers[i].value);
        assert_int_equal(r.rest.size, 0);
        assert_false(r.overrun);
    }
}

/* One byte too few: zero, nothing left, and so it stays. */
static void test_short_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct reader r = reader_on((struct span){bytes, numbers[i].size - 1});
        uint64_t value = numbers[i].read(&r);

        assert_true(value == 0);
        assert_true(r.overrun);
        assert_int_equal(r.rest.size, 0);
        assert_int_equal(read_u8(&r), 0);
        assert_int_equal(read_span(&r, 1).size, 0);
        assert_true(r.overrun);
    }
}

static void test_in_a_row(void **state)
{
    struct reader r = reader_on((struct span){bytes, sizeof bytes});

    (void)state;
    assert_int_equal(read_u8(&r), 0x81);
    assert_int_equal(read_be16(&r), 0x92a3);
    read_skip(&r, 1);
    assert_int_equal(read_be24(&r), 0xc5d6e7);
    assert_int_equal(read_le16(&r), 0x09f8);
    assert_int_equal(r.rest.size, 0);
    assert_false(r.overrun);
}

static void test_spans(void **state)
{
    struct reader r = reader_on((struct span){bytes, 4});
    struct span taken;

    (void)state;
    taken = read_span(&r, 3);
    assert_ptr_equal(taken.at, bytes);
    assert_int_equal(taken.size, 3);
    taken = read_span(&r, 0);
    assert_int_equal(taken.size, 0);
    assert_ptr_equal(r.rest.at, bytes + 3);
    assert_int_equal(r.rest.size, 1);
    assert_false(r.overrun);
    taken = read_span(&r, 2);
    assert_int_equal(taken.size, 0);
    assert_int_equal(r.rest.size, 0);
    assert_true(r.overrun);
}

/* What is read of a part stays inside it, whatever follows. */
static void test_part(void **state)
{
    struct reader r = reader_on((struct span){bytes, 6});
    struct reader part = read_part(&r, 4);

    (void)state;
    assert_false(part.overrun);
    assert_int_equal(read_be16(&part), 0x8192);
    assert_int_equal(read_be24(&part), 0);
    assert_true(part.overrun);
    assert_int_equal(read_be16(&r), 0xc5d6);
    assert_false(r.overrun);
    r = reader_on((struct span){bytes, 3});
    part = read_part(&r, 4);
    assert_true(part.overrun);
    assert_true(r.overrun);
    assert_int_equal(read_u8(&part), 0);
}

static void test_skip_past_the_end(void **state)
{
    struct reader r = reader_on((struct span){bytes, 4});

    (void)state;
    read_skip(&r, 4);
    assert_false(r.overrun);
    read_skip(&r, SIZE_MAX);
    assert_true(r.overrun);
    assert_int_equal(read_be32(&r), 0);
}

/* A span of nothing may have no address at all. */
static void test_nothing(void **state)
{
    struct reader r = reader_on((struct span){0});

    (void)state;
    read_skip(&r, 0);
    assert_false(r.overrun);
    assert_int_equal(read_be16(&r), 0);
    assert_true(r.overrun);
}

static void test_span_helpers(void **state)
{
    struct span span = span_of_text("abc");

    (void)state;
    assert_int_equal(span.size, 3);
    assert_int_equal(span_head(span, 2).size, 2);
    assert_int_equal(span_head(span, 4).size, 3);
    assert_ptr_equal(span_skip(span, 2).at, span.at + 2);
    assert_int_equal(span_skip(span, 2).size, 1);
    assert_int_equal(span_skip(span, 4).size, 0);
    assert_true(span_starts_with(span, ""));
    assert_true(span_starts_with(span, "abc"));
    assert_false(span_starts_with(span, "abcd"));
    assert_false(span_starts_with(span, "b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_short_numbers),
        cmocka_unit_test(test_in_a_row),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_skip_past_the_end),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_span_helpers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
