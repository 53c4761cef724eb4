#include "capture/capture_kit.h"

#define MICRO    UINT32_C(0xa1b2c3d4)
#define NANO     UINT32_C(0xa1b23c4d)
#define MODIFIED UINT32_C(0xa1b2cd34)

static void little_micro(struct kit *kit)
{
    put_pcap(kit, MICRO, 1);
    put_record(kit, 1, 5, 10);
    put_record(kit, 2, 0, 3);
}

static void big_micro(struct kit *kit)
{
    kit->big_endian = true;
    little_micro(kit);
}

static void little_nano(struct kit *kit)
{
    put_pcap(kit, NANO, 1);
    put_record(kit, 1, 5, 10);
}

static void big_nano(struct kit *kit)
{
    kit->big_endian = true;
    little_nano(kit);
}

/* Eight bytes more in each record: interface, protocol, kind. */
static void modified(struct kit *kit)
{
    put_pcap(kit, MODIFIED, 1);
    put(kit, 1, 4);
    put(kit, 0, 4);
    put(kit, 4, 4);
    put(kit, 9, 4);
    put(kit, 0, 8);
    put_data(kit, 4);
}

static void modified_broken(struct kit *kit)
{
    modified(kit);
    put(kit, 1, 8);
    put(kit, 0x7fffffff, 4);
    put(kit, 9, 4);
    put(kit, 0, 8);
}

static void header_only(struct kit *kit)
{
    put_pcap(kit, MICRO, 1);
}

static void cut_header(struct kit *kit)
{
    put_pcap(kit, MICRO, 1);
    kit->size = 23;
}

static void cut_data(struct kit *kit)
{
    little_micro(kit);
    kit->size--;
}

static void cut_record_header(struct kit *kit)
{
    little_micro(kit);
    put(kit, 1, 4);
}

static void broken_record(struct kit *kit)
{
    little_micro(kit);
    put(kit, 1, 8);
    put(kit, 0x7fffffff, 4);
    put(kit, 60, 4);
    put_data(kit, 60);
}

static void bad_version(struct kit *kit)
{
    put_pcap(kit, MICRO, 1);
    kit->bytes[4] = 9;
}

/* A link type by its number on some system, not by that of files. */
static void raw_most(struct kit *kit)
{
    put_pcap(kit, MICRO, 12);
    put_record(kit, 0, 0, 1);
}

static void raw_openbsd(struct kit *kit)
{
    put_pcap(kit, MICRO, 14);
    put_record(kit, 0, 0, 1);
}

static void raw(struct kit *kit)
{
    put_pcap(kit, MICRO, 101);
    put_record(kit, 0, 0, 1);
}

/* Frame check sequences are announced in the link type's upper bits. */
static void with_check_sequence(struct kit *kit)
{
    put_pcap(kit, MICRO, 0x14000001);
    put_record(kit, 0, 0, 1);
}

static void after_2038(struct kit *kit)
{
    put_pcap(kit, MICRO, 1);
    put_record(kit, UINT32_MAX, 999999, 1);
}

/* Fractions past a second, as broken clocks write them. */
static void odd_fraction(struct kit *kit)
{
    put_pcap(kit, NANO, 1);
    put_record(kit, 1, UINT32_MAX, 1);
}

static void shorter_than_recorded(struct kit *kit)
{
    put_pcap(kit, MICRO, 1);
    put(kit, 0, 8);
    put(kit, 8, 4);
    put(kit, 2, 4);
    put_data(kit, 8);
}

static const struct row {
    const char *name;
    void (*build)(struct kit *kit);
    const char *expected;
} rows[] = {
    {"little endian, microseconds", little_micro,
     "#1 0.1 if0 link1 10/10 @1000005000\n"
     "#2 0.2 if0 link1 3/3 @2000000000\n"
     "pcap: 2 packets, sound\n"                                                                                 },
    {"big endian, microseconds",    big_micro,
     "#1 0.1 if0 link1 10/10 @1000005000\n"
     "#2 0.2 if0 link1 3/3 @2000000000\n"
     "pcap: 2 packets, sound\n"                                                                                 },
    {"little endian, nanoseconds",  little_nano,
     "#1 0.1 if0 link1 10/10 @1000000005\n"
     "pcap (nanoseconds): 1 packets, sound\n"                                                                   },
    {"big endian, nanoseconds",     big_nano,
     "#1 0.1 if0 link1 10/10 @1000000005\n"
     "pcap (nanoseconds): 1 packets, sound\n"                                                                   },
    {"modified",                    modified,
     "#1 0.1 if0 link1 4/9 @1000000000\n"
     "pcap: 1 packets, 1 snapped, sound\n"                                                                      },
    {"modified, broken",            modified_broken,
     "#1 0.1 if0 link1 4/9 @1000000000\n"
     "pcap: 1 packets, 1 snapped, corrupt 'x' has a broken record at byte 52 "
     "(packet 2): ..."                                                                                          },
    {"header only",                 header_only,           "pcap: 0 packets, sound\n"                           },
    {"cut in the file header",      cut_header,
     "pcap: 0 packets, truncated 'x' ends inside its file header at byte "
     "23\n"                                                                                                     },
    {"cut in the data",             cut_data,
     "#1 0.1 if0 link1 10/10 @1000005000\n"
     "pcap: 1 packets, truncated 'x' ends inside a record at byte 68 (packet "
     "2)\n"                                                                                                     },
    {"cut in a record's header",    cut_record_header,
     "#1 0.1 if0 link1 10/10 @1000005000\n"
     "#2 0.2 if0 link1 3/3 @2000000000\n"
     "pcap: 2 packets, truncated 'x' ends inside a record at byte 73 (packet "
     "3)\n"                                                                                                     },
    {"broken record",               broken_record,
     "#1 0.1 if0 link1 10/10 @1000005000\n"
     "#2 0.2 if0 link1 3/3 @2000000000\n"
     "pcap: 2 packets, corrupt 'x' has a broken record at byte 69 (packet 3): "
     "..."                                                                                                      },
    {"unknown version",             bad_version,
     "pcap: 0 packets, corrupt 'x' has a broken pcap file header: ..."                                          },
    {"raw IP as 12",                raw_most,
     "#1 0.1 if0 link101 1/1 @0\npcap: 1 packets, sound\n"                                                      },
    {"raw IP as 14",                raw_openbsd,
     "#1 0.1 if0 link101 1/1 @0\npcap: 1 packets, sound\n"                                                      },
    {"raw IP",                      raw,                   "#1 0.1 if0 link101 1/1 @0\npcap: 1 packets, sound\n"},
    {"with a check sequence",       with_check_sequence,
     "#1 0.1 if0 link1 1/1 @0\npcap: 1 packets, sound\n"                                                        },
    {"after 2038",                  after_2038,
     "#1 0.1 if0 link1 1/1 @4294967295999999000\npcap: 1 packets, sound\n"                                      },
    {"fraction past a second",      odd_fraction,
     "#1 0.1 if0 link1 1/1 @999999999\npcap (nanoseconds): 1 packets, "
     "sound\n"                                                                                                  },
    {"recorded longer than it was", shorter_than_recorded,
     "#1 0.1 if0 link1 8/8 @0\npcap: 1 packets, sound\n"                                                        },
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
