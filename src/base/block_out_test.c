#include "base/block_out.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

/* What a block of these bytes must be, as a literal with NULs in it. */
#define EXPECT(text, literal)                                                  \
    do {                                                                       \
        assert_int_equal((text)->size, sizeof(literal) - 1);                   \
        assert_memory_equal((text)->at, literal, sizeof(literal) - 1);         \
    } while (0)

/* Expected bytes as the draft's pictures have them, 4.1, 4.2, 4.3, 4.6. */

static void test_section(void **state)
{
    struct text text;
    struct block_out block;

    (void)state;
    text_init(&text, 1000);
    block = block_out_section(&text);
    block_out_close(&block);
    EXPECT(&text, "\x0a\x0d\x0d\x0a"
                  "\x1c\0\0\0"
                  "\x4d\x3c\x2b\x1a"
                  "\x01\0\0\0"
                  "\xff\xff\xff\xff\xff\xff\xff\xff"
                  "\x1c\0\0\0");
    text_release(&text);
}

static void test_interface(void **state)
{
    struct text text;
    struct block_out block;

    (void)state;
    text_init(&text, 1000);
    block = block_out_interface(&text, 0x1234, 0x40000, BLOCK_OUT_NANOSECONDS);
    block_out_string(&block, BLOCK_OUT_IF_NAME, "eth0x");
    block_out_close(&block);
    EXPECT(&text, "\x01\0\0\0"
                  "\x2c\0\0\0"
                  "\x34\x12\0\0"
                  "\0\0\x04\0"
                  "\x09\0\x01\0\x09\0\0\0"
                  "\x02\0\x05\0eth0x\0\0\0"
                  "\0\0\0\0"
                  "\x2c\0\0\0");
    text_release(&text);
}

static void test_packet(void **state)
{
    const struct block_out_packet packet = {
        .interface = 3,
        .time = INT64_C(0x0102030405060708),
        .length = 0x5dc,
        .data = {(const uint8_t *)"hello", 5}
    };
    struct text text;
    struct block_out block;

    (void)state;
    text_init(&text, 1000);
    text_add(&text, "abc"); /* padding counts from the block's start */
    block = block_out_packet(&text, &packet);
    block_out_string(&block, BLOCK_OUT_COMMENT, "one!");
    block_out_string(&block, BLOCK_OUT_COMMENT, NULL);
    block_out_string(&block, BLOCK_OUT_COMMENT, "2");
    block_out_close(&block);
    EXPECT(&text, "abc"
                  "\x06\0\0\0"
                  "\x3c\0\0\0"
                  "\x03\0\0\0"
                  "\x04\x03\x02\x01\x08\x07\x06\x05"
                  "\x05\0\0\0"
                  "\xdc\x05\0\0"
                  "hello\0\0\0"
                  "\x01\0\x04\0one!"
                  "\x01\0\x01\0"
                  "2\0\0\0"
                  "\0\0\0\0"
                  "\x3c\0\0\0");
    text_release(&text);
}

static void test_statistics(void **state)
{
    struct text text;
    struct block_out block;

    (void)state;
    text_init(&text, 1000);
    block = block_out_statistics(&text, 1, 7);
    block_out_time(&block, BLOCK_OUT_ISB_END, INT64_C(0x0102030405060708));
    block_out_number(&block, BLOCK_OUT_ISB_IFDROP,
                     UINT64_C(0x1122334455667788));
    block_out_close(&block);
    EXPECT(&text, "\x05\0\0\0"
                  "\x34\0\0\0"
                  "\x01\0\0\0"
                  "\0\0\0\0\x07\0\0\0"
                  "\x03\0\x08\0\x04\x03\x02\x01\x08\x07\x06\x05"
                  "\x05\0\x08\0\x88\x77\x66\x55\x44\x33\x22\x11"
                  "\0\0\0\0"
                  "\x34\0\0\0");
    text_release(&text);
}

/* Length of the first option of a block without fields of its own. */
static size_t option_size(const struct text *text, size_t fields)
{
    const uint8_t *at = (const uint8_t *)text->at + fields;

    return at[2] | (size_t)at[3] << 8;
}

/* Text of `size` bytes whose last character is `last`, as an option. */
static size_t size_taken(size_t size, const char *last)
{
    char *string = calloc(size + 1, 1);
    struct text text;
    struct block_out block;
    size_t taken;

    assert_non_null(string);
    memset(string, 'a', size - strlen(last));
    memcpy(string + size - strlen(last), last, strlen(last));
    text_init(&text, 1 << 20);
    block = block_out_section(&text);
    block_out_string(&block, BLOCK_OUT_COMMENT, string);
    block_out_close(&block);
    taken = option_size(&text, 24);
    assert_int_equal(text.size, 24 + 4 + (taken + 3) / 4 * 4 + 8);
    text_release(&text);
    free(string);
    return taken;
}

/* U+1F600 has four bytes, U+20AC three, U+00E9 two. */
static const struct {
    size_t size;
    const char *last;
    size_t taken;
} cuts[] = {
    {65535, "a",                65535},
    {65536, "a",                65535},
    {65537, "\xc3\xa9",         65535},
    {65536, "\xc3\xa9",         65534},
    {65535, "\xc3\xa9",         65535},
    {65537, "\xe2\x82\xac",     65534},
    {65536, "\xe2\x82\xac",     65533},
    {65536, "\xf0\x9f\x98\x80", 65532},
    {65538, "\xf0\x9f\x98\x80", 65534},
    {65539, "\xf0\x9f\x98\x80", 65535},
};

static void test_cut_between_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        assert_int_equal(size_taken(cuts[i].size, cuts[i].last), cuts[i].taken);
}

/* An option without room is left out, and the block is whole all the same. */
static void test_no_room(void **state)
{
    struct text text;
    struct block_out block;

    (void)state;
    text_init(&text, 24 + 8 + 8);
    block = block_out_section(&text);
    block_out_string(&block, BLOCK_OUT_COMMENT, "12345");
    block_out_string(&block, BLOCK_OUT_COMMENT, "1234");
    block_out_string(&block, BLOCK_OUT_COMMENT, "");
    block_out_close(&block);
    assert_false(text.cut);
    assert_int_equal(text.size, 40);
    assert_int_equal(option_size(&text, 24), 4);
    assert_memory_equal(text.at + 28, "1234\0\0\0\0\x28\0\0\0", 12);
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_section),
        cmocka_unit_test(test_interface),
        cmocka_unit_test(test_packet),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_cut_between_characters),
        cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
