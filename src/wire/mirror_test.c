#include "wire/mirror.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

enum {
    HERE = 1,
    THERE = 2
};

struct sighting {
    nanos time;
    uint32_t place;
    uint8_t ttl;
    uint16_t ip_id;
    uint32_t timestamp; /* 0: none */
    const char *payload;
};

#define MICRO INT64_C(1000)
#define MILLI NANOS_PER_MILLI

static struct segment segment_of(const struct sighting *sighting)
{
    return (struct segment){
        .at.time = sighting->time,
        .source = {{4, {10, 0, 0, 1}}, 40000},
        .destination = {{4, {10, 0, 0, 2}}, 80   },
        .seq = 100,
        .ack = 200,
        .window = 500,
        .flags = TCP_ACK,
        .ttl = sighting->ttl,
        .ip_id = sighting->ip_id,
        .has_timestamp = sighting->timestamp != 0,
        .timestamp = sighting->timestamp,
        .payload = span_of_text(sighting->payload),
    };
}

/* Two sightings, and whether the second is a copy of the first. */
static const struct {
    const char *name;
    struct sighting first, second;
    bool copy;
} pairs[] = {
    {"same id, at once",
     {0, HERE, 64, 7, 0, ""},
     {5 * MICRO, HERE, 64, 7, 0, ""},
     true },
    {"same id, further on its way, half a second later",
     {0, HERE, 64, 7, 0, "abc"},
     {500 * MILLI, HERE, 61, 7, 0, "abc"},
     true },
    {"same timestamp, half a second later",
     {0, HERE, 64, 0, 9, "abc"},
     {500 * MILLI, HERE, 64, 0, 9, "abc"},
     true },
    {"same id, half a second later",
     {0, HERE, 64, 7, 0, "abc"},
     {500 * MILLI, HERE, 64, 7, 0, "abc"},
     false},
    {"same id, both sides of a router",
     {0, HERE, 64, 7, 0, "abc"},
     {20 * MILLI, HERE, 63, 7, 0, "abc"},
     true },
    {"same id, too late",
     {0, HERE, 64, 7, 0, "abc"},
     {101 * MILLI, HERE, 64, 7, 0, "abc"},
     false},
    {"same id, earlier by the other clock",
     {5 * MICRO, HERE, 64, 7, 0, ""},
     {0, THERE, 64, 7, 0, ""},
     true },
    {"retransmission",
     {0, HERE, 64, 7, 0, "abc"},
     {1 * MICRO, HERE, 64, 8, 0, "abc"},
     false},
    {"no id: two bare acks",
     {0, HERE, 64, 0, 0, ""},
     {5 * MICRO, HERE, 64, 0, 0, ""},
     false},
    {"no id, two places",
     {0, HERE, 64, 0, 0, ""},
     {5 * MICRO, THERE, 64, 0, 0, ""},
     true },
    {"no id, a router between",
     {0, HERE, 64, 0, 0, ""},
     {5 * MICRO, HERE, 63, 0, 0, ""},
     true },
    {"no id, from quite another sender",
     {0, HERE, 64, 0, 0, ""},
     {5 * MICRO, HERE, 44, 0, 0, ""},
     false},
    {"no id, timestamp",
     {0, HERE, 64, 0, 9, ""},
     {5 * MICRO, HERE, 64, 0, 9, ""},
     true },
    {"no id, other timestamp",
     {0, HERE, 64, 0, 9, ""},
     {5 * MICRO, HERE, 64, 0, 10, ""},
     false},
    {"no id, payload",
     {0, HERE, 64, 0, 0, "abc"},
     {5 * MICRO, HERE, 64, 0, 0, "abc"},
     true },
    {"no id, payload, too late",
     {0, HERE, 64, 0, 0, "abc"},
     {2 * MILLI, THERE, 64, 0, 0, "abc"},
     false},
    {"other payload",
     {0, HERE, 64, 7, 0, "abcdefghij"},
     {5 * MICRO, HERE, 64, 7, 0, "abcdefghik"},
     false},
    {"keep-alive probes",
     {0, HERE, 64, 0, 0, ""},
     {15000 * MILLI, HERE, 64, 0, 0, ""},
     false},
};

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct mirror *mirror = calloc(1, sizeof *mirror);
        struct segment first = segment_of(&pairs[i].first);
        struct segment second = segment_of(&pairs[i].second);

        mirror_init(mirror);
        assert_false(mirror_take(mirror, &first, pairs[i].first.place));
        if (mirror_take(mirror, &second, pairs[i].second.place) !=
            pairs[i].copy)
            fail_msg("'%s'", pairs[i].name);
        free(mirror);
    }
}

/* The header fields that a sender may change from packet to packet. */
static void test_what_differs(void **state)
{
    struct mirror *mirror = calloc(1, sizeof *mirror);
    struct segment s = segment_of(&pairs[0].first);

    (void)state;
    mirror_init(mirror);
    assert_false(mirror_take(mirror, &s, HERE));
    s.seq++;
    assert_false(mirror_take(mirror, &s, HERE));
    s.ack++;
    assert_false(mirror_take(mirror, &s, HERE));
    s.window++;
    assert_false(mirror_take(mirror, &s, HERE));
    s.flags |= TCP_RST;
    assert_false(mirror_take(mirror, &s, HERE));
    s.source.port++;
    assert_false(mirror_take(mirror, &s, HERE));
    s.destination.address.byte[3]++;
    assert_false(mirror_take(mirror, &s, HERE));
    s.sacks = 1;
    s.sack[0].end = 300;
    assert_false(mirror_take(mirror, &s, HERE));
    s.missing = 100;
    assert_false(mirror_take(mirror, &s, HERE));
    assert_true(mirror_take(mirror, &s, HERE));
    free(mirror);
}

/* A copy is found among a few hundred other packets, and four times over. */
static void test_memory(void **state)
{
    struct mirror *mirror = calloc(1, sizeof *mirror);
    struct segment s = segment_of(&pairs[0].first);
    int found = 0;

    (void)state;
    mirror_init(mirror);
    for (uint32_t round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < 300; i++) {
            s.seq = i * 1460;
            found += mirror_take(mirror, &s, HERE);
        }
    }
    assert_true(found > 4 * 290);
    free(mirror);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_what_differs),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
