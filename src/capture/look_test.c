#include "capture/look.h"

#include "capture/capture_kit.h"

/* A start, and a word of what it is taken for. */
static const struct row {
    const char *start;
    const char *word;
} rows[] = {
    {"snoop",                                             "Solaris snoop"          },
    {"\x7f"
     "ELF",                                          "ELF"                    },
    {"{\"log\":{\"version\":\"1.2\"",                     "HAR"                    },
    {"  {\n\"log\": {\"version\":\"1.2\"",                "HAR"                    },
    {"{\"a\": 1}",                                        "JSON"                   },
    {"[{\"_index\": \"packets\", \"_source\": {",         "tshark's JSON"          },
    {"No.     Time           Source",                     "Wireshark's text export"},
    {"\"No.\",\"Time\",\"Source\"",                       "Wireshark's CSV export" },
    {"    1 0.000000 10.0.0.1 \xe2\x86\x92 10.0.0.2 TCP", "packet list"            },
    {"12:34:56.789012 IP 10.0.0.1 > 10.0.0.2",            "tcpdump"                },
    {"time,source\n1,2\n",                                "CSV"                    },
    {"one\ntwo, three\n",                                 "text"                   },
    {"<html>",                                            "web page"               },
    {"CLIENT_RANDOM 00",                                  "key log"                },
    {"\xfd"
     "7zXZ",                                         "xz"                     },
    {"BZh9",                                              "bzip2"                  },
    {"PK\x03\x04",                                        "zip"                    },
    {"\x1f\x8b",                                          "gzip data inside"       },
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *name = look_name(span_of_text(rows[i].start));

        print_message("  %s\n", rows[i].word);
        assert_non_null(name);
        assert_non_null(strstr(name, rows[i].word));
    }
}

static void test_zeros(void **state)
{
    static const uint8_t zeros[SOURCE_PEEK_MOST];

    (void)state;
    assert_non_null(
        strstr(look_name((struct span){zeros, sizeof(zeros)}), "unfinished"));
}

static void test_tar(void **state)
{
    uint8_t tar[SOURCE_PEEK_MOST] = {'x'};

    (void)state;
    memcpy(tar + 257, "ustar", 5);
    assert_non_null(
        strstr(look_name((struct span){tar, sizeof(tar)}), "tar archive"));
}

static void test_erf(void **state)
{
    static const uint8_t record[] = {0, 0, 0, 0,    0, 0, 0, 0x60,
                                     2, 4, 0, 0x58, 0, 0, 0, 0x40};

    (void)state;
    assert_non_null(
        strstr(look_name((struct span){record, sizeof(record)}), "ERF"));
}

static void test_unknown(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 0xff, 0};

    (void)state;
    assert_null(look_name((struct span){bytes, sizeof(bytes)}));
    assert_null(look_name((struct span){bytes, 0}));
    expect_of(bytes, sizeof(bytes),
              ": 0 packets, unreadable 'x' is not a pcap or pcapng capture: "
              "it starts with 01 02 03 ff 00\n");
    expect_of("a,b\n", 4,
              ": 0 packets, unreadable 'x' is not a pcap or pcapng capture: "
              "it looks like CSV text\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),   cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_tar),     cmocka_unit_test(test_erf),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
