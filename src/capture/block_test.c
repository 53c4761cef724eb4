#include "capture/block.h"

#include "capture/capture_kit.h"

static void one_packet(struct kit *kit)
{
    put_section(kit, false);
    put_interface(kit, 1);
    put_packet(kit, 0, 1000002, 5);
}

static void lengths_differ(struct kit *kit)
{
    one_packet(kit);
    put_packet(kit, 0, 1, 4);
    kit->bytes[kit->size - 4]++;
}

static void too_short(struct kit *kit)
{
    one_packet(kit);
    put(kit, 6, 4);
    put(kit, 8, 4);
    put(kit, 8, 4);
}

/* Old writers padded, but did not count the padding. */
static void uncounted_padding(struct kit *kit)
{
    one_packet(kit);
    kit->bytes[kit->block + 4] -= 3;
    kit->bytes[kit->size - 4] -= 3;
}

static void huge_packet(struct kit *kit)
{
    one_packet(kit);
    put(kit, 6, 4);
    put(kit, 0xfffffffc, 4);
    put_data(kit, 100);
}

static void huge_unknown(struct kit *kit)
{
    one_packet(kit);
    put(kit, 0x123, 4);
    put(kit, 0xfffffffc, 4);
    put_data(kit, 100);
}

static void largest_on_short_file(struct kit *kit)
{
    one_packet(kit);
    put(kit, 6, 4);
    put(kit, 16 << 20, 4);
    put_data(kit, 100);
}

static void no_byte_order(struct kit *kit)
{
    put_section(kit, false);
    kit->bytes[8] = 0;
}

static void cut(struct kit *kit)
{
    one_packet(kit);
    put_packet(kit, 0, 1, 4);
    kit->size -= 2;
}

static void cut_in_head(struct kit *kit)
{
    one_packet(kit);
    put(kit, 6, 4);
}

#define ONE "#1 0.1 if0 link1 5/5 @1000002000\n"

static const struct row {
    const char *name;
    void (*build)(struct kit *kit);
    const char *expected;
} rows[] = {
    {"lengths differ",                lengths_differ,
     ONE "pcapng: 1 packets, corrupt 'x' has a block whose two lengths differ "
         "at byte 88 (after packet 1)\n"                                                     },
    {"too short",                     too_short,
     ONE "pcapng: 1 packets, corrupt 'x' has a block too short to be one at "
         "byte 88 (after packet 1)\n"                                                        },
    {"uncounted padding",             uncounted_padding,     ONE "pcapng: 1 packets, sound\n"},
    {"huge packet",                   huge_packet,
     ONE "pcapng: 1 packets, corrupt 'x' has a block too long for what it "
         "holds at byte 88 (after packet 1)\n"                                               },
    {"huge unknown block",            huge_unknown,
     ONE "pcapng: 1 packets, truncated 'x' ends inside a block at byte 196 "
         "(after packet 1)\n"                                                                },
    {"largest block on a short file", largest_on_short_file,
     ONE "pcapng: 1 packets, truncated 'x' ends inside a block at byte 196 "
         "(after packet 1)\n"                                                                },
    {"no byte order",                 no_byte_order,
     "pcapng: 0 packets, corrupt 'x' has a section header of no known byte "
     "order at byte 0 (after packet 0)\n"                                                    },
    {"cut",                           cut,
     ONE "pcapng: 1 packets, truncated 'x' ends inside a block at byte 122 "
         "(after packet 1)\n"                                                                },
    {"cut in a block's head",         cut_in_head,
     ONE "pcapng: 1 packets, truncated 'x' ends inside a block at byte 92 "
         "(after packet 1)\n"                                                                },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct kit kit = {.size = 0};

        print_message("  %s\n", rows[i].name);
        rows[i].build(&kit);
        expect(&kit, rows[i].expected);
    }
}

/* Any byte may be anything: no crash, and no more frames than there fit. */
static void test_broken_bytes(void **state)
{
    struct kit kit = {.size = 0};

    (void)state;
    one_packet(&kit);
    for (size_t i = 0; i < 8 * kit.size; i++) {
        char path[KIT_PATH_SIZE];
        const char *const paths[] = {path};
        struct text text;

        kit.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        kit_save(kit.bytes, kit.size, path);
        kit.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        text_init(&text, KIT_TEXT_LIMIT);
        say_capture(&text, paths, 1, NULL);
        assert_true(text.size > 0 && !text.cut);
        text_release(&text);
        (void)unlink(path);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_broken_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
