/*
 * Every committed capture, cut short everywhere and with bits turned over.
 * Whatever comes of it, the program ends; and a cut capture never accuses
 * anybody of what the whole one does not show.
 */
#include "pipeline/hostile_kit.h"

#include <glob.h>

#define MEMORY_GROWTH_MAX ((size_t)96 << 20)

enum {
    EVERY_BYTE_BELOW = 20000,
    CUTS = 1000,
    SHARES = 4, /* of the captures, so that processors share the work */
    FLIPS = 200,
    FLIPPED_BITS_MAX = 8,
    CAPTURE_SIZE_MAX = 1 << 20
};

struct bytes {
    const char *path;
    uint8_t *at;
    size_t size;
};

static void bytes_read(struct bytes *bytes, const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        fail_msg("cannot open '%s'", path);
    bytes->path = path;
    bytes->at = malloc(CAPTURE_SIZE_MAX);
    assert_non_null(bytes->at);
    bytes->size = fread(bytes->at, 1, CAPTURE_SIZE_MAX, file);
    assert_true(bytes->size < CAPTURE_SIZE_MAX);
    assert_int_equal(fclose(file), 0);
}

static void find_captures(glob_t *found)
{
    assert_int_equal(glob("testdata/captures/*.pcap*", 0, NULL, found), 0);
    assert_int_equal(glob("testdata/seed/*.pcapng", GLOB_APPEND, NULL, found),
                     0);
}

/*
 * A hang that lasts to the end of the cut capture is what it is, whatever ends
 * it in the whole one, where only that ending is blamed.
 */
static const struct {
    enum verdict hang;
    enum verdict ending;
} lasting[] = {
    {VERDICT_SERVER_STALL,          VERDICT_WRITE_TIMEOUT_EOF       },
    {VERDICT_SERVER_STALL,          VERDICT_DEAD_PEER               },
    {VERDICT_SERVER_STALL,          VERDICT_HANDLER_ABORT           },
    {VERDICT_SERVER_STALL,          VERDICT_GATEWAY_TIMEOUT         },
    {VERDICT_SERVER_STALL,          VERDICT_H2_CONNECTION_ERROR     },
    {VERDICT_SERVER_STALL,          VERDICT_CLIENT_ABORT            },
    {VERDICT_TCP_ZERO_WINDOW_STALL, VERDICT_WRITE_TIMEOUT_TRUNCATION},
};

/* An error of the cut capture that it may have although the whole one says
 * something else: it left that open, or the end was still to come. */
static bool is_fair(const struct yield *part, const struct yield *whole,
                    enum verdict code)
{
    for (int i = 0; i < VERDICT_COUNT; i++) {
        if (part->doubted[code][i] && whole->said[i])
            return true;
    }
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        if (lasting[i].hang == code && whole->said[lasting[i].ending] &&
            part->open[code])
            return true;
    }
    return false;
}

/* Tells what the cut capture says and the whole one does not; gives how much
 * that is. */
static unsigned compare(const struct bytes *bytes, size_t cut,
                        const struct yield *whole, const struct yield *part)
{
    unsigned worse = 0;

    for (int i = 0; i < VERDICT_COUNT; i++) {
        if (!part->error[i] || whole->said[i] ||
            is_fair(part, whole, (enum verdict)i))
            continue;
        print_error("%s cut at %zu (%" PRIu64 " frames of %" PRIu64
                    "): error %s\n",
                    bytes->path, cut, part->frames, whole->frames,
                    verdict_slug((enum verdict)i));
        worse++;
    }
    return worse;
}

/*
 * The capture stage sees every cut. The other stages see each number of
 * frames twice: cut between two records, and inside one.
 */
static unsigned cut_everywhere(const struct bytes *bytes,
                               const struct memory *memory)
{
    size_t step = bytes->size < EVERY_BYTE_BELOW ? 1 : bytes->size / CUTS;
    struct yield whole;
    struct yield before;
    unsigned worse = 0;

    memory_fill(memory, bytes->at, bytes->size);
    whole = memory_run(memory, NULL);
    before = whole;
    step *= hostile_step();
    for (size_t cut = bytes->size; cut > 0; cut -= cut > step ? step : cut) {
        struct yield part;

        memory_cut(memory, cut);
        part = memory_count(memory);
        assert_true(part.frames <= before.frames);
        if (part.frames == before.frames && part.trouble == before.trouble)
            continue;
        before = part;
        part = memory_run(memory, NULL);
        worse += compare(bytes, cut, &whole, &part);
    }
    return worse;
}

/* The number of the first capture of a share; every SHARES-th follows. */
static size_t first_of(void *const *state)
{
    return *(const size_t *)*state;
}

static void test_cuts_accuse_nobody(void **state)
{
    struct memory memory;
    unsigned worse = 0;
    glob_t found;

    find_captures(&found);
    memory_open(&memory);
    for (size_t i = first_of(state); i < found.gl_pathc; i += SHARES) {
        struct bytes bytes;

        bytes_read(&bytes, found.gl_pathv[i]);
        worse += cut_everywhere(&bytes, &memory);
        free(bytes.at);
    }
    memory_close(&memory);
    globfree(&found);
    assert_int_equal(worse, 0);
}

static void flip(struct bytes *bytes, uint64_t *random)
{
    uint64_t bits = 1 + next_random(random) % FLIPPED_BITS_MAX;

    for (uint64_t i = 0; i < bits; i++) {
        uint64_t bit = next_random(random) % (bytes->size * 8);

        bytes->at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* Each flip starts from the sound capture again. */
static void flip_often(const struct bytes *bytes, const struct memory *memory,
                       FILE *nowhere)
{
    uint64_t random = bytes->size;
    struct bytes altered = *bytes;

    altered.at = malloc(bytes->size);
    assert_non_null(altered.at);
    for (unsigned i = 0; i < FLIPS; i += hostile_step()) {
        memcpy(altered.at, bytes->at, bytes->size);
        flip(&altered, &random);
        memory_fill(memory, altered.at, altered.size);
        (void)memory_run(memory, nowhere);
    }
    free(altered.at);
}

static void test_flipped_bits_do_no_harm(void **state)
{
    FILE *nowhere = fopen("/dev/null", "w");
    size_t peak = memory_peak();
    struct memory memory;
    glob_t found;

    assert_non_null(nowhere);
    find_captures(&found);
    memory_open(&memory);
    for (size_t i = first_of(state); i < found.gl_pathc; i += SHARES) {
        struct bytes bytes;

        bytes_read(&bytes, found.gl_pathv[i]);
        flip_often(&bytes, &memory, nowhere);
        free(bytes.at);
    }
    assert_true(memory_peak() - peak < MEMORY_GROWTH_MAX);
    memory_close(&memory);
    globfree(&found);
    assert_int_equal(fclose(nowhere), 0);
}

int main(void)
{
    static size_t first[SHARES] = {0, 1, 2, 3};
    struct CMUnitTest tests[2 * SHARES];

    for (size_t i = 0; i < SHARES; i++) {
        tests[i] = (struct CMUnitTest)cmocka_unit_test_prestate(
            test_cuts_accuse_nobody, &first[i]);
        tests[SHARES + i] = (struct CMUnitTest)cmocka_unit_test_prestate(
            test_flipped_bits_do_no_harm, &first[i]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
