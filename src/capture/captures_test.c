/*
 * Public captures that others made. They are no part of the project, so the
 * tests pass over them where they are absent.
 */
#include "capture/capture.h"

#include "capture/capture_kit.h"

#define FOLDER "../shared/captures/"

enum {
    LINE_SIZE = 4096,
    PATH_ROOM = 512,
    MOST_FRAMES = 256,
    SMALL = 2000 /* bytes; such files are cut at each of them */
};

/* Calls `check` with each file of the index and its number of packets. */
static void for_each_file(void (*check)(const char *path, uint64_t packets))
{
    FILE *index = fopen(FOLDER "INDEX.tsv", "r");
    char line[LINE_SIZE];
    size_t files = 0;

    if (!index)
        skip();
    assert_non_null(fgets(line, sizeof(line), index));
    while (fgets(line, sizeof(line), index)) {
        char path[PATH_ROOM];
        char name[PATH_ROOM / 2];
        unsigned long packets;

        if (sscanf(line, "%255[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%lu", name,
                   &packets) != 2)
            continue;
        (void)snprintf(path, sizeof(path), FOLDER "%s", name);
        check(path, packets);
        files++;
    }
    (void)fclose(index);
    print_message("  %zu files\n", files);
    assert_true(files > 0);
}

static void check_packets(const char *path, uint64_t packets)
{
    struct fail fail = {0};
    struct capture *capture = capture_open(&path, 1, NULL, &fail);
    struct frame frame;
    size_t count;

    while (capture_next(capture, &frame))
        assert_true(frame.data.size <= frame.length);
    if (capture_inputs(capture, &count)->packets != packets)
        print_message("  %s\n", path);
    assert_int_equal(capture_inputs(capture, &count)->packets, packets);
    capture_close(capture);
}

static void test_packets(void **state)
{
    (void)state;
    for_each_file(check_packets);
}

/* All of a frame in one number. */
static uint64_t digest(const struct frame *frame)
{
    uint64_t sum = (uint64_t)frame->time ^ frame->number << 20 ^
                   (uint64_t)frame->length << 40 ^ frame->link_type;

    for (size_t i = 0; i < frame->data.size; i++)
        sum = (sum ^ frame->data.at[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static size_t read_digests(const char *path, uint64_t seen[MOST_FRAMES],
                           enum capture_trouble *trouble)
{
    struct fail fail = {0};
    struct capture *capture = capture_open(&path, 1, NULL, &fail);
    struct frame frame;
    size_t count = 0;
    size_t inputs;

    while (capture_next(capture, &frame)) {
        assert_true(count < MOST_FRAMES);
        seen[count++] = digest(&frame);
    }
    *trouble = capture_inputs(capture, &inputs)->trouble;
    capture_close(capture);
    return count;
}

static size_t read_file(const char *path, uint8_t bytes[SMALL])
{
    FILE *file = fopen(path, "rb");
    size_t size;

    assert_non_null(file);
    size = fread(bytes, 1, SMALL, file);
    (void)fclose(file);
    return size;
}

static void check_cuts(const char *path, uint64_t packets)
{
    uint8_t bytes[SMALL];
    uint64_t whole[MOST_FRAMES];
    uint64_t seen[MOST_FRAMES];
    size_t size = read_file(path, bytes);
    char copy[KIT_PATH_SIZE];
    enum capture_trouble trouble;
    size_t frames;

    (void)packets;
    if (size == SMALL)
        return;
    frames = read_digests(path, whole, &trouble);
    kit_save(bytes, size, copy);
    while (size-- > 0) {
        size_t left;

        assert_int_equal(truncate(copy, (off_t)size), 0);
        left = read_digests(copy, seen, &trouble);
        assert_true(left <= frames);
        assert_memory_equal(seen, whole, left * sizeof(*seen));
        assert_int_not_equal(trouble, CAPTURE_CORRUPT);
        frames = left;
    }
    (void)unlink(copy);
}

/* Cut anywhere, what was before the cut is read as it was. */
static void test_cuts(void **state)
{
    (void)state;
    for_each_file(check_cuts);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
