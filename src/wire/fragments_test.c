#include "wire/fragments.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

static const struct address source = {
    4, {10, 0, 0, 1}
};
static const struct address destination = {
    4, {10, 0, 0, 2}
};

/* A fragment of datagram `id` with `text`, the last one with a final '.'. */
static struct fragment fragment_of(uint32_t id, uint32_t offset,
                                   const char *text)
{
    struct span bytes = span_of_text(text);

    return (struct fragment){
        .source = &source,
        .destination = &destination,
        .id = id,
        .protocol = 6,
        .more = bytes.at[bytes.size - 1] != '.',
        .offset = offset,
        .bytes = bytes,
    };
}

static enum fragment_outcome take(struct fragments *fragments,
                                  struct fragment fragment, const char *whole)
{
    struct datagram datagram = {0};
    enum fragment_outcome outcome =
        fragments_take(fragments, &fragment, &datagram);

    if (outcome == FRAGMENT_COMPLETES) {
        assert_int_equal(datagram.bytes.size, strlen(whole));
        assert_memory_equal(datagram.bytes.at, whole, strlen(whole));
        assert_int_equal(datagram.protocol, 6);
        assert_int_equal(datagram.absent, 0);
    }
    return outcome;
}

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ORDER(name, outcomes, whole, ...)                                      \
    {                                                                          \
        name, {__VA_ARGS__}, outcomes, whole                                   \
    }

/*
 * Each row is what comes in order, as "offset:text" pieces, and the outcome
 * of each: h(eld), c(omplete), m(irrored copy), b(ad).
 */
static const struct {
    const char *name;
    struct {
        uint32_t offset;
        const char *text;
    } piece[6];
    const char *outcomes;
    const char *whole;
} orders[] = {
    ORDER("in order", "hc", "abcdefghij.", {0, "abcdefgh"}, {8, "ij."}),
    ORDER("backwards", "hhc", "abcdefghijklmnopq.", {16, "q."}, {8, "ijklmnop"},
          {0, "abcdefgh"}),
    ORDER("twice", "hhc", "abcdefghi.", {0, "abcdefgh"}, {0, "abcdefgh"},
          {8, "i."}),
    ORDER("first copy wins", "hhc", "abcdefghIJKLMNOPq.", {0, "abcdefgh"},
          {0, "ABCDEFGHIJKLMNOP"}, {16, "q."}),
    ORDER("copies afterwards", "hcmm", "abcdefghi.", {0, "abcdefgh"}, {8, "i."},
          {8, "i."}, {0, "abcdefgh"}),
    ORDER("not a whole unit", "b", "", {0, "abc"}),
    ORDER("offset between units", "b", "", {4, "abcdefgh"}),
    ORDER("behind the last", "hb", "", {8, "i."}, {16, "qrstuvwx"}),
    ORDER("two ends", "hbc", "abcdefghi.", {8, "i."}, {8, "ij."},
          {0, "abcdefgh"}),
    ORDER("an end inside", "hb", "", {8, "ijklmnop"}, {0, "a."}),
    ORDER("too large", "b", "", {65528, "abcdefgh"}),
};

static void test_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct fragments *fragments = fragments_new(1 << 20);

        for (size_t k = 0; orders[i].outcomes[k]; k++) {
            struct fragment fragment = fragment_of(1, orders[i].piece[k].offset,
                                                   orders[i].piece[k].text);
            char outcome = "hcmb"[take(fragments, fragment, orders[i].whole)];

            if (outcome != orders[i].outcomes[k])
                fail_msg("'%s': piece %zu", orders[i].name, k);
        }
        fragments_free(fragments);
    }
}

static void test_counts(void **state)
{
    struct fragments *fragments = fragments_new(1 << 20);

    (void)state;
    take(fragments, fragment_of(1, 0, "abcdefgh"), "");
    take(fragments, fragment_of(2, 0, "abcdefgh"), "");
    assert_int_equal(fragments_lost(fragments), 2);
    take(fragments, fragment_of(1, 8, "i."), "abcdefghi.");
    assert_int_equal(fragments_lost(fragments), 1);
    assert_int_equal(fragments_joined(fragments), 1);
    fragments_free(fragments);
}

static void test_time_limit(void **state)
{
    struct fragments *fragments = fragments_new(1 << 20);
    struct fragment late = fragment_of(1, 8, "i.");

    (void)state;
    take(fragments, fragment_of(1, 0, "abcdefgh"), "");
    late.time = 31 * NANOS_PER_SECOND;
    assert_int_equal(take(fragments, late, ""), FRAGMENT_HELD);
    assert_int_equal(fragments_lost(fragments), 2);

    /* An identification may come again once the copies are over. */
    late = fragment_of(1, 0, "abcdefgh");
    late.time = 32 * NANOS_PER_SECOND;
    assert_int_equal(take(fragments, late, "abcdefghi."), FRAGMENT_COMPLETES);
    late.time += NANOS_PER_SECOND;
    assert_int_equal(take(fragments, late, ""), FRAGMENT_HELD);
    fragments_free(fragments);
}

/* A flood of datagrams that never complete stays below the budget. */
static void test_budget(void **state)
{
    enum {
        BUDGET = 200000,
        FLOOD = 5000
    };
    struct fragments *fragments = fragments_new(BUDGET);

    (void)state;
    for (uint32_t i = 0; i < FLOOD; i++) {
        struct fragment fragment =
            fragment_of(i, i * 8 % 65000 / 8 * 8, "abcdefgh");

        fragment.time = i;
        take(fragments, fragment, "");
        assert_true(fragments_held(fragments) <= BUDGET);
    }
    assert_int_equal(fragments_lost(fragments), FLOOD);

    /* The newest is still there. */
    take(fragments, fragment_of(FLOOD, 0, "abcdefgh"), "");
    assert_int_equal(take(fragments, fragment_of(FLOOD, 8, "i."), "abcdefghi."),
                     FRAGMENT_COMPLETES);
    fragments_free(fragments);

    fragments = fragments_new(16); /* too little for even one */
    assert_int_equal(take(fragments, fragment_of(1, 0, "abcdefgh"), ""),
                     FRAGMENT_HELD);
    assert_int_equal(fragments_held(fragments), 0);
    fragments_free(fragments);
}

static void test_cut_fragment(void **state)
{
    struct fragments *fragments = fragments_new(1 << 20);
    struct fragment cut = fragment_of(1, 8, "ij");
    struct fragment last = fragment_of(1, 16, "qrs.");
    struct datagram datagram;

    (void)state;
    cut.absent = 6;
    take(fragments, fragment_of(1, 0, "abcdefgh"), "");
    take(fragments, cut, "");
    assert_int_equal(fragments_take(fragments, &last, &datagram),
                     FRAGMENT_COMPLETES);
    assert_int_equal(datagram.bytes.size, 10);
    assert_memory_equal(datagram.bytes.at, "abcdefghij", 10);
    assert_int_equal(datagram.absent, 10);
    fragments_free(fragments);
}

/* Random pieces, many of them wrong: the asserts and sanitizers judge. */
static void test_hostile(void **state)
{
    struct fragments *fragments = fragments_new(1 << 18);
    uint8_t *bytes = calloc(70000, 1);
    uint32_t dice = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct fragment fragment = fragment_of(0, 0, "x");
        struct datagram datagram;

        dice = dice * 1664525u + 1013904223u;
        fragment.id = dice >> 30;
        fragment.offset = (dice >> 8 & 0x1fff) * 8;
        fragment.more = dice >> 21 & 1;
        fragment.bytes = (struct span){bytes, (dice >> 4 & 0xff) * 24};
        fragment.absent = dice % 7 == 0 ? dice : 0;
        fragment.time = (nanos)i * NANOS_PER_MILLI;
        if (fragments_take(fragments, &fragment, &datagram) ==
            FRAGMENT_COMPLETES)
            assert_true(datagram.bytes.size + datagram.absent <= 65535);
    }
    free(bytes);
    fragments_free(fragments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),       cmocka_unit_test(test_counts),
        cmocka_unit_test(test_time_limit),   cmocka_unit_test(test_budget),
        cmocka_unit_test(test_cut_fragment), cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
