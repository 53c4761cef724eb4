#include "capture/interface.h"

#include "capture/capture_kit.h"

/* What some resolution and offset make of some ticks. */
static const struct row {
    uint8_t resolution;
    int64_t offset;
    uint64_t ticks;
    nanos expected;
} rows[] = {
    {6,         0,         1000001,    1000001000                  },
    {9,         0,         1000000001, 1000000001                  },
    {0,         0,         7,          7 * NANOS_PER_SECOND        },
    {3,         0,         7001,       7001 * NANOS_PER_MILLI      },
    {12,        0,         1999,       1                           },
    {28,        0,         UINT64_MAX, 1                           },
    {29,        0,         UINT64_MAX, 0                           },
    {127,       0,         UINT64_MAX, 0                           },
    {0x80,      0,         3,          3 * NANOS_PER_SECOND        },
    {0x81,      0,         3,          1500000000                  },
    {0x80 | 20, 0,         3 << 19,    1500000000                  },
    {0x80 | 64, 0,         UINT64_MAX, 999999999                   },
    {0xff,      0,         UINT64_MAX, 0                           },
    {6,         10,        1,          10 * NANOS_PER_SECOND + 1000},
    {6,         -1,        3000000,    2 * NANOS_PER_SECOND        },
    {0,         0,         UINT64_MAX, INT64_MAX                   },
    {6,         0,         UINT64_MAX, INT64_MAX                   },
    {9,         0,         UINT64_MAX, INT64_MAX                   },
    {0x80,      0,         UINT64_MAX, INT64_MAX                   },
    {9,         INT64_MAX, 0,          INT64_MAX                   },
    {9,         INT64_MAX, UINT64_MAX, INT64_MAX                   },
    {9,         INT64_MIN, 0,          INT64_MIN + 1               },
    {9,         INT64_MIN, UINT64_MAX, 0                           },
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct interface interface = {.offset = rows[i].offset};

        interface_set_resolution(&interface, rows[i].resolution);
        print_message("  %u %" PRId64 " %" PRIu64 "\n", rows[i].resolution,
                      rows[i].offset, rows[i].ticks);
        assert_int_equal(interface_time(&interface, rows[i].ticks),
                         rows[i].expected);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
