#include "capture/capture_kit.h"

static void one_packet(struct kit *kit)
{
    put_section(kit, false);
    put_interface(kit, 1);
    put_packet(kit, 0, 1000002, 5);
}

static void big_endian(struct kit *kit)
{
    put_section(kit, true);
    put_interface(kit, 1);
    put_packet(kit, 0, 1000002, 5);
}

static void empty_section(struct kit *kit)
{
    put_section(kit, false);
}

static void several_sections(struct kit *kit)
{
    one_packet(kit);
    put_section(kit, true);
    put_interface(kit, 113);
    put_interface(kit, 0);
    put_packet(kit, 1, 7, 2);
    put_packet(kit, 0, 8, 3);
}

/* if_tsresol nanoseconds, if_tsoffset 10 s; then 2^-1 s. */
static void resolutions(struct kit *kit)
{
    put_section(kit, false);
    begin_interface(kit, 1, 0);
    put_option(kit, 2, 4, 0x31746e65);
    put_option(kit, 9, 1, 9);
    put_option(kit, 14, 8, 10);
    put_option(kit, 0, 0, 0);
    end_block(kit);
    begin_interface(kit, 1, 0);
    put_option(kit, 9, 1, 0x81);
    end_block(kit);
    put_packet(kit, 0, 77, 1);
    put_packet(kit, 1, 25, 1);
}

/* An option of a senseless size is no option; one past the end ends them. */
static void odd_options(struct kit *kit)
{
    put_section(kit, false);
    begin_interface(kit, 1, 0);
    put_option(kit, 9, 4, 9);
    put_option(kit, 9, 1, 3);
    put(kit, 9, 2);
    put(kit, 0xffff, 2);
    end_block(kit);
    put_packet(kit, 0, 4, 1);
}

static void hostile_time(struct kit *kit)
{
    put_section(kit, false);
    put_interface(kit, 1);
    put_packet(kit, 0, UINT64_MAX, 1);
}

static void snapped(struct kit *kit)
{
    put_section(kit, false);
    put_interface(kit, 1);
    begin_block(kit, 6);
    put(kit, 0, 4);
    put(kit, 0, 8);
    put(kit, 4, 4);
    put(kit, 1500, 4);
    put_data(kit, 4);
    end_block(kit);
}

/* No time of its own: that of the packet before. */
static void simple(struct kit *kit)
{
    put_section(kit, false);
    begin_interface(kit, 1, 6);
    end_block(kit);
    begin_block(kit, 3);
    put(kit, 5, 4);
    put_data(kit, 5);
    end_block(kit);
    put_packet(kit, 0, 3, 1);
    begin_block(kit, 3);
    put(kit, 90, 4);
    put_data(kit, 6);
    end_block(kit);
}

static void simple_without_interface(struct kit *kit)
{
    put_section(kit, false);
    begin_block(kit, 3);
    put(kit, 5, 4);
    put_data(kit, 5);
    end_block(kit);
}

static void obsolete(struct kit *kit)
{
    put_section(kit, false);
    put_interface(kit, 1);
    put_interface(kit, 0);
    begin_block(kit, 2);
    put(kit, 1, 2);
    put(kit, 0xffff, 2);
    put(kit, 0, 4);
    put(kit, 9, 4);
    put(kit, 3, 4);
    put(kit, 60, 4);
    put_data(kit, 3);
    end_block(kit);
}

static void put_statistics(struct kit *kit, uint32_t interface, uint64_t drops,
                           uint64_t os_drops)
{
    begin_block(kit, 5);
    put(kit, interface, 4);
    put(kit, 0, 8);
    put_option(kit, 4, 8, 1000);
    put_option(kit, 5, 8, drops);
    put_option(kit, 7, 8, os_drops);
    put_option(kit, 0, 0, 0);
    end_block(kit);
}

/* The last of an interface counts; sections and interfaces add up. */
static void statistics(struct kit *kit)
{
    put_section(kit, false);
    put_interface(kit, 1);
    put_interface(kit, 1);
    put_statistics(kit, 0, 5, 1);
    put_statistics(kit, 0, 7, 2);
    put_statistics(kit, 1, 0, 30);
    put_section(kit, true);
    put_interface(kit, 1);
    put_statistics(kit, 0, 100, 200);
}

static void no_drops(struct kit *kit)
{
    put_section(kit, false);
    put_interface(kit, 1);
    put_statistics(kit, 0, 0, 0);
}

/* Names and what nobody knows are passed over without a number. */
static void passed_over(struct kit *kit)
{
    static const uint32_t types[] = {4, 0x80000001, 0x123};

    put_section(kit, false);
    put_interface(kit, 1);
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        begin_block(kit, types[i]);
        put_data(kit, 40);
        end_block(kit);
    }
    put_packet(kit, 0, 1, 1);
}

/* Wireshark shows custom blocks as frames, so they take a number. */
static void custom(struct kit *kit)
{
    put_section(kit, false);
    put_interface(kit, 1);
    begin_block(kit, 0xbad);
    put(kit, 4711, 4);
    end_block(kit);
    put_packet(kit, 0, 1, 1);
    begin_block(kit, 0x40000bad);
    put(kit, 4711, 4);
    end_block(kit);
    put_packet(kit, 0, 1, 1);
}

static void undescribed_interface(struct kit *kit)
{
    one_packet(kit);
    put_packet(kit, 1, 1, 1);
    put_packet(kit, 0, 1000003, 1);
}

static void overlong_packet(struct kit *kit)
{
    one_packet(kit);
    put_packet(kit, 0, 1, 4);
    kit->bytes[kit->block + 20] = 5;
    put_packet(kit, 0, 1000003, 1);
}

static void unknown_version(struct kit *kit)
{
    one_packet(kit);
    put_section(kit, false);
    kit->bytes[kit->block + 12] = 2;
    put_interface(kit, 1);
    put_packet(kit, 0, 1, 1);
}

static void statistics_of_nothing(struct kit *kit)
{
    put_section(kit, false);
    put_statistics(kit, 0, 1, 1);
}

#define ONE "#1 0.1 if0 link1 5/5 @1000002000\n"

static const struct row {
    const char *name;
    void (*build)(struct kit *kit);
    const char *expected;
} rows[] = {
    {"one packet",                      one_packet,               ONE "pcapng: 1 packets, sound\n"       },
    {"big endian",                      big_endian,               ONE "pcapng: 1 packets, sound\n"       },
    {"empty section",                   empty_section,            "pcapng: 0 packets, sound\n"           },
    {"several sections",                several_sections,
     ONE "#2 0.2 if2 link0 2/2 @7000\n"
         "#3 0.3 if1 link113 3/3 @8000\n"
         "pcapng: 3 packets, sound\n"                                                                    },
    {"resolutions",                     resolutions,
     "#1 0.1 if0 link1 1/1 @10000000077\n"
     "#2 0.2 if1 link1 1/1 @12500000000\n"
     "pcapng: 2 packets, sound\n"                                                                        },
    {"odd options",                     odd_options,
     "#1 0.1 if0 link1 1/1 @4000000\npcapng: 1 packets, sound\n"                                         },
    {"hostile time",                    hostile_time,
     "#1 0.1 if0 link1 1/1 @9223372036854775807\n"
     "pcapng: 1 packets, sound\n"                                                                        },
    {"snapped",                         snapped,
     "#1 0.1 if0 link1 4/1500 @0\npcapng: 1 packets, 1 snapped, sound\n"                                 },
    {"simple packets",                  simple,
     "#1 0.1 if0 link1 5/5 @0\n"
     "#2 0.2 if0 link1 1/1 @3000\n"
     "#3 0.3 if0 link1 6/90 @3000\n"
     "pcapng: 3 packets, 1 snapped, sound\n"                                                             },
    {"simple packet without interface", simple_without_interface,
     "pcapng: 0 packets, corrupt 'x' has a packet of an undescribed interface "
     "at byte 28 (after packet 0), which is left out\n"                                                  },
    {"obsolete packets",                obsolete,
     "#1 0.1 if1 link0 3/60 @9000\npcapng: 1 packets, 1 snapped, sound\n"                                },
    {"statistics",                      statistics,               "pcapng: 0 packets, 339 drops, sound\n"},
    {"no drops",                        no_drops,                 "pcapng: 0 packets, 0 drops, sound\n"  },
    {"blocks passed over",              passed_over,
     "#1 0.1 if0 link1 1/1 @1000\npcapng: 1 packets, sound\n"                                            },
    {"custom blocks",                   custom,
     "#2 0.2 if0 link1 1/1 @1000\n"
     "#4 0.4 if0 link1 1/1 @1000\n"
     "pcapng: 4 packets, sound\n"                                                                        },
    {"undescribed interface",           undescribed_interface,
     ONE "#2 0.2 if0 link1 1/1 @1000003000\n"
         "pcapng: 2 packets, corrupt 'x' has a packet of an undescribed "
         "interface at byte 88 (after packet 1), which is left out\n"                                    },
    {"packet longer than its block",    overlong_packet,
     ONE "#2 0.2 if0 link1 1/1 @1000003000\n"
         "pcapng: 2 packets, corrupt 'x' has a packet longer than its block "
         "at byte 88 (after packet 1), which is left out\n"                                              },
    {"unknown version",                 unknown_version,
     ONE "pcapng: 1 packets, corrupt 'x' has a section of unknown pcapng "
         "version 2.0 at byte 88 (after packet 1)\n"                                                     },
    {"statistics of nothing",           statistics_of_nothing,
     "pcapng: 0 packets, corrupt 'x' has statistics of an undescribed "
     "interface at byte 28 (after packet 0), which is left out\n"                                        },
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),

    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
