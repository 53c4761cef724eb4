#include "base/nanos.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define US  INT64_C(1000)
#define MS  NANOS_PER_MILLI
#define S   NANOS_PER_SECOND
#define MIN (60 * S)
#define H   (60 * MIN)

static const struct {
    nanos duration;
    const char *text;
} printed[] = {
    {0,                  "0 ns"           },
    {1,                  "1 ns"           },
    {999,                "999 ns"         },
    {-999,               "-999 ns"        },
    {1000,               "1.0 us"         },
    {1240,               "1.2 us"         },
    {99900,              "99.9 us"        },
    {100 * US,           "100 us"         },
    {999 * US,           "999 us"         },
    {MS,                 "1.0 ms"         },
    {9900 * US,          "9.9 ms"         },
    {10 * MS,            "10 ms"          },
    {812 * MS,           "812 ms"         },
    {-812 * MS,          "-812 ms"        },
    {998 * MS,           "998 ms"         },
    {999 * MS,           "1.00 s"         },
    {S,                  "1.00 s"         },
    {5003 * MS,          "5.00 s"         },
    {9990 * MS,          "9.99 s"         },
    {10 * S,             "10.0 s"         },
    {60 * S,             "60.0 s"         },
    {-60 * S,            "-60.0 s"        },
    {119900 * MS,        "119.9 s"        },
    {2 * MIN,            "2 min 0 s"      },
    {2 * MIN + 5 * S,    "2 min 5 s"      },
    {3 * MIN - 500 * MS, "3 min 0 s"      },
    {3 * MIN - 501 * MS, "2 min 59 s"     },
    {119 * MIN + 59 * S, "119 min 59 s"   },
    {2 * H,              "2 h 0 min"      },
    {49 * H + 2 * MIN,   "49 h 2 min"     },
    {2400000 * H,        "2400000 h 0 min"},
};

static void test_print_duration(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        char text[NANOS_TEXT_SIZE];

        assert_ptr_equal(nanos_print_duration(text, printed[i].duration), text);
        assert_string_equal(text, printed[i].text);
    }
}

static const struct {
    const char *text;
    nanos duration;
} good[] = {
    {"0s",              0                                        },
    {"1ns",             1                                        },
    {"7us",             7 * US                                   },
    {"10s",             10 * S                                   },
    {"1500ms",          1500 * MS                                },
    {"1m30s",           90 * S                                   },
    {"2h",              2 * H                                    },
    {"0.5s",            500 * MS                                 },
    {"1.25ms",          1250 * US                                },
    {"0.001us",         1                                        },
    {"1h2m3s4ms5us6ns", H + 2 * MIN + 3 * S + 4 * MS + 5 * US + 6},
    {"30s1m",           90 * S                                   },
    {"1.5m",            90 * S                                   },
    {"007s",            7 * S                                    },
    {"2400000h",        2400000 * H                              },
};

static const char *const bad[] = {
    "",         "s",     "10",
    "1m30",     "-1s",   "+1s",
    " 1s",      "1s ",   "1 s",
    "1sec",     "1S",    "1d",
    ".s",       "1..5s", "1,5s",
    "1e3s",     "0x1s",  "inf",
    "nan",      "1s,2s", "1mss",
    "2600000h", "1s.",   "99999999999999999999999999999999999999999999999s",
};

static void test_parse_duration(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        nanos duration = -1;

        if (!nanos_parse_duration(good[i].text, &duration) ||
            duration != good[i].duration)
            fail_msg("'%s': %" PRId64, good[i].text, duration);
    }
}

static void test_refuse_duration(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nanos duration = -1;

        if (nanos_parse_duration(bad[i], &duration))
            fail_msg("'%s': %" PRId64, bad[i], duration);
    }
}

/* Digits without end are too long a time, not a crash. */
static void test_very_long_number(void **state)
{
    char text[500];
    nanos duration;

    (void)state;
    memset(text, '9', sizeof text);
    memcpy(text + sizeof text - 3, "ns", 3);
    assert_false(nanos_parse_duration(text, &duration));
}

/* The seconds as `date -u -d TEXT +%s` and RFC 3339's own examples have it. */
static const struct {
    nanos time;
    const char *text;
} times[] = {
    {0,                          "1970-01-01T00:00:00.000000000Z"},
    {1,                          "1970-01-01T00:00:00.000000001Z"},
    {-1,                         "1969-12-31T23:59:59.999999999Z"},
    {-S,                         "1969-12-31T23:59:59.000000000Z"},
    {-S - 1,                     "1969-12-31T23:59:58.999999999Z"},
    {-86400 * S,                 "1969-12-31T00:00:00.000000000Z"},
    {482196050 * S + 520 * MS,   "1985-04-12T23:20:50.520000000Z"},
    {951782400 * S,              "2000-02-29T00:00:00.000000000Z"},
    {1700000000 * S + 123456789, "2023-11-14T22:13:20.123456789Z"},
    {INT64_MAX,                  "2262-04-11T23:47:16.854775807Z"},
    {INT64_MIN,                  "1677-09-21T00:12:43.145224192Z"},
};

static void test_print_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[NANOS_TEXT_SIZE];

        assert_ptr_equal(nanos_print_time(text, times[i].time), text);
        assert_string_equal(text, times[i].text);
    }
}

/* A difference that the type cannot hold is its nearest end. */
static const struct {
    nanos earlier, later, between;
} between[] = {
    {3,             5,             2            },
    {5,             3,             -2           },
    {-5,            5,             10           },
    {0,             INT64_MAX,     INT64_MAX    },
    {-1,            INT64_MAX,     INT64_MAX    },
    {INT64_MIN,     INT64_MAX,     INT64_MAX    },
    {INT64_MIN,     0,             INT64_MAX    },
    {INT64_MIN + 1, 0,             INT64_MAX    },
    {INT64_MAX,     INT64_MIN,     INT64_MIN + 1},
    {2,             INT64_MIN + 1, INT64_MIN + 1},
    {INT64_MIN,     INT64_MIN,     0            },
};

static void test_between(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof between / sizeof *between; i++)
        assert_int_equal(nanos_between(between[i].earlier, between[i].later),
                         between[i].between);
}

static void test_seconds(void **state)
{
    (void)state;
    assert_true(nanos_seconds(0) == 0.0);
    assert_true(nanos_seconds(1500 * MS) == 1.5);
    assert_true(nanos_seconds(-250 * MS) == -0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_duration),
        cmocka_unit_test(test_parse_duration),
        cmocka_unit_test(test_refuse_duration),
        cmocka_unit_test(test_very_long_number),
        cmocka_unit_test(test_print_time),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
