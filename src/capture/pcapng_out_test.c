#include "capture/pcapng_out.h"

#include "base/arena.h"
#include "capture/capture_kit.h"

#include <errno.h>

/* A file in memory that the test writes and then looks at. */
struct sheet {
    struct pcapng_out out;
    FILE *file;
    char *at;
    size_t size;
};

static void sheet_open(struct sheet *sheet)
{
    *sheet = (struct sheet){0};
    sheet->file = open_memstream(&sheet->at, &sheet->size);
    assert_non_null(sheet->file);
    pcapng_out_init(&sheet->out, sheet->file);
}

static void sheet_close(struct sheet *sheet)
{
    pcapng_out_release(&sheet->out);
    assert_int_equal(fclose(sheet->file), 0);
    free(sheet->at);
}

static void must_interface(struct sheet *sheet, uint32_t link_type,
                           uint32_t expected)
{
    uint32_t number;

    assert_true(pcapng_out_interface(&sheet->out, link_type, 0, NULL, &number));
    assert_int_equal(number, expected);
}

/* Every byte by the draft's pictures: 4.1, 4.2, 4.3, 4.6, 3.5 (options). */
static const char expected[] = "\x0a\x0d\x0d\x0a"
                               "\x44\0\0\0"
                               "\x4d\x3c\x2b\x1a"
                               "\x01\0\0\0"
                               "\xff\xff\xff\xff\xff\xff\xff\xff"
                               "\x01\0\x03\0why\0"
                               "\x02\0\x04\0x86b"
                               "\x03\0\x02\0os\0\0"
                               "\x04\0\x08\0whyeof 1"
                               "\0\0\0\0"
                               "\x44\0\0\0"
                               /* the interface */
                               "\x01\0\0\0"
                               "\x28\0\0\0"
                               "\x65\0\0\0"
                               "\0\x01\0\0"
                               "\x09\0\x01\0\x09\0\0\0"
                               "\x02\0\x02\0lo\0\0"
                               "\0\0\0\0"
                               "\x28\0\0\0"
                               /* the packet */
                               "\x06\0\0\0"
                               "\x38\0\0\0"
                               "\0\0\0\0"
                               "\x01\0\0\0\x02\0\0\0"
                               "\x03\0\0\0\x09\0\0\0"
                               "abc\0"
                               "\x01\0\x02\0hm\0\0"
                               "\x01\0\x01\0!\0\0\0"
                               "\0\0\0\0"
                               "\x38\0\0\0"
                               /* from when to when */
                               "\x05\0\0\0"
                               "\x34\0\0\0"
                               "\0\0\0\0"
                               "\x01\0\0\0\x03\0\0\0"
                               "\x02\0\x08\0\x01\0\0\0\x02\0\0\0"
                               "\x03\0\x08\0\x01\0\0\0\x03\0\0\0"
                               "\0\0\0\0"
                               "\x34\0\0\0";

static void test_bytes(void **state)
{
    static const char *const comment[] = {"hm", "!"};
    const struct pcapng_out_packet packet = {
        .time = (INT64_C(1) << 32) + 2,
        .length = 9,
        .data = {(const uint8_t *)"abc", 3},
        .comment = comment,
        .comments = 2
    };
    const struct pcapng_out_section section = {.comment = "why",
                                               .hardware = "x86b",
                                               .os = "os",
                                               .program = "whyeof 1"};
    struct sheet sheet;
    uint32_t number;

    (void)state;
    sheet_open(&sheet);
    assert_true(pcapng_out_section(&sheet.out, &section));
    assert_true(pcapng_out_interface(&sheet.out, 101, 256, "lo", &number));
    assert_int_equal(number, 0);
    assert_true(pcapng_out_packet(&sheet.out, &packet));
    assert_true(pcapng_out_span(&sheet.out, packet.time, packet.time + 1));
    assert_true(pcapng_out_finish(&sheet.out));
    assert_int_equal(sheet.size, sizeof expected - 1);
    assert_memory_equal(sheet.at, expected, sizeof expected - 1);
    assert_int_equal(sheet.out.bytes, sizeof expected - 1);
    sheet_close(&sheet);
}

static bool put_frame(struct sheet *sheet, uint32_t interface, nanos time,
                      struct span data)
{
    const struct pcapng_out_packet packet = {.interface = interface,
                                             .time = time,
                                             .length = (uint32_t)data.size + 1,
                                             .data = data};

    return pcapng_out_packet(&sheet->out, &packet);
}

/* Our own reader takes it, cut packets and a time before 1970 included. */
static void test_read_back(void **state)
{
    size_t large = PCAPNG_OUT_PACKET_MOST + 1;
    uint8_t *bytes = must_calloc(large, 1);
    struct sheet sheet;

    (void)state;
    sheet_open(&sheet);
    assert_true(
        pcapng_out_section(&sheet.out, &(struct pcapng_out_section){0}));
    must_interface(&sheet, 101, 0);
    assert_true(put_frame(&sheet, 0, 1234567890123456789, (struct span){0}));
    must_interface(&sheet, 1, 1);
    assert_true(put_frame(&sheet, 1, -5, (struct span){bytes, 5}));
    assert_true(put_frame(&sheet, 0, INT64_MAX, (struct span){bytes, large}));
    assert_true(pcapng_out_finish(&sheet.out));
    expect_of(sheet.at, sheet.size,
              "#1 0.1 if0 link101 0/1 @1234567890123456789\n"
              "#2 0.2 if1 link1 5/6 @0\n"
              "#3 0.3 if0 link101 262144/262146 @9223372036854775807\n"
              "pcapng: 3 packets, 3 snapped, sound\n");
    sheet_close(&sheet);
    free(bytes);
}

/* A device that is always full: said at the latest when it is flushed. */
static void test_full(void **state)
{
    FILE *full = fopen("/dev/full", "wbe");
    uint8_t *bytes = must_calloc(PCAPNG_OUT_PACKET_MOST, 1);
    struct sheet sheet = {.file = full};
    uint64_t before;

    (void)state;
    if (!full) {
        free(bytes);
        skip();
    }
    pcapng_out_init(&sheet.out, full);
    assert_true(
        pcapng_out_section(&sheet.out, &(struct pcapng_out_section){0}));
    assert_false(pcapng_out_finish(&sheet.out));
    assert_int_equal(sheet.out.trouble, ENOSPC);
    before = sheet.out.bytes;
    assert_false(pcapng_out_interface(&sheet.out, 1, 0, NULL, &(uint32_t){0}));
    assert_false(put_frame(&sheet, 0, 0, (struct span){bytes, 100}));
    assert_false(pcapng_out_finish(&sheet.out));
    assert_int_equal(sheet.out.trouble, ENOSPC);
    assert_int_equal(sheet.out.bytes, before);
    pcapng_out_release(&sheet.out);
    (void)fclose(full);
    free(bytes);
}

/* One that is full in the middle of a packet. */
static void test_full_in_a_packet(void **state)
{
    FILE *full = fopen("/dev/full", "wbe");
    uint8_t *bytes = must_calloc(PCAPNG_OUT_PACKET_MOST, 1);
    struct sheet sheet = {.file = full};

    (void)state;
    if (!full) {
        free(bytes);
        skip();
    }
    pcapng_out_init(&sheet.out, full);
    assert_true(
        pcapng_out_section(&sheet.out, &(struct pcapng_out_section){0}));
    must_interface(&sheet, 1, 0);
    assert_false(
        put_frame(&sheet, 0, 0, (struct span){bytes, PCAPNG_OUT_PACKET_MOST}));
    assert_int_equal(sheet.out.trouble, ENOSPC);
    pcapng_out_release(&sheet.out);
    (void)fclose(full);
    free(bytes);
}

/* Comments so many that a reader would refuse the block: some are left out. */
static void test_too_many_comments(void **state)
{
    enum {
        COUNT = 300
    };
    static const char *comment[COUNT];
    char *long_one = must_calloc(60001, 1);
    struct pcapng_out_packet packet = {.comment = comment, .comments = COUNT};
    struct sheet sheet;

    (void)state;
    memset(long_one, 'x', 60000);
    for (size_t i = 0; i < COUNT; i++)
        comment[i] = long_one;
    sheet_open(&sheet);
    assert_true(
        pcapng_out_section(&sheet.out, &(struct pcapng_out_section){0}));
    must_interface(&sheet, 1, 0);
    assert_true(pcapng_out_packet(&sheet.out, &packet));
    assert_true(pcapng_out_finish(&sheet.out));
    assert_in_range(sheet.out.bytes, 16000000, 16 << 20);
    expect_of(sheet.at, sheet.size,
              "#1 0.1 if0 link1 0/0 @0\n"
              "pcapng: 1 packets, sound\n");
    sheet_close(&sheet);
    free(long_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_full_in_a_packet),
        cmocka_unit_test(test_too_many_comments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
