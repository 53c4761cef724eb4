#include "capture/source.h"

#include <fcntl.h>
#include <lz4frame.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/capture_kit.h"

/* A small capture, packed; `pack` returns how many bytes that made. */
static size_t pack_gzip(const struct kit *kit, uint8_t *to)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0), Z_OK);
    z.next_in = (z_const Bytef *)kit->bytes;
    z.avail_in = (uInt)kit->size;
    z.next_out = to;
    z.avail_out = KIT_ROOM;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&z);
    return KIT_ROOM - z.avail_out;
}

static size_t pack_zstd(const struct kit *kit, uint8_t *to)
{
    return ZSTD_compress(to, KIT_ROOM, kit->bytes, kit->size, 3);
}

static size_t pack_lz4(const struct kit *kit, uint8_t *to)
{
    return LZ4F_compressFrame(to, KIT_ROOM, kit->bytes, kit->size, NULL);
}

static const struct packing {
    const char *name;
    size_t (*pack)(const struct kit *kit, uint8_t *to);
} packings[] = {
    {"gzip", pack_gzip},
    {"zstd", pack_zstd},
    {"lz4",  pack_lz4 },
};

enum {
    PACKINGS = sizeof(packings) / sizeof(*packings)
};

#define FIRST  "#1 0.1 if0 link1 9/9 @1000000000\n"
#define FRAMES FIRST "#2 0.2 if0 link1 8/8 @2000000000\n"

static void first_part(struct kit *kit)
{
    put_pcap(kit, 0xa1b2c3d4, 1);
    put_record(kit, 1, 0, 9);
}

static void second_part(struct kit *kit)
{
    put_record(kit, 2, 0, 8);
}

static void expect_packed(const struct packing *packing, const uint8_t *bytes,
                          size_t size, const char *rest)
{
    char expected[512];

    (void)snprintf(expected, sizeof(expected), rest, packing->name);
    expect_of(bytes, size, expected);
}

static void test_packed(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKINGS; i++) {
        struct kit kit = {.size = 0};
        uint8_t bytes[KIT_ROOM];
        size_t size;

        first_part(&kit);
        second_part(&kit);
        size = packings[i].pack(&kit, bytes);
        expect_packed(&packings[i], bytes, size,
                      FRAMES "pcap (%s): 2 packets, sound\n");
    }
}

/* Files packed one behind the other unpack to one file. */
static void test_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKINGS; i++) {
        struct kit first = {.size = 0};
        struct kit second = {.size = 0};
        uint8_t bytes[2 * KIT_ROOM];
        size_t size;

        first_part(&first);
        second_part(&second);
        size = packings[i].pack(&first, bytes);
        size += packings[i].pack(&second, bytes + size);
        expect_packed(&packings[i], bytes, size,
                      FRAMES "pcap (%s): 2 packets, sound\n");
    }
}

/* The first member is whole, so its frame counts. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKINGS; i++) {
        struct kit first = {.size = 0};
        struct kit second = {.size = 0};
        uint8_t bytes[2 * KIT_ROOM];
        char expected[512];
        size_t size;

        first_part(&first);
        put_text(&second, "never whole");
        size = packings[i].pack(&first, bytes);
        size += packings[i].pack(&second, bytes + size) - 1;
        (void)snprintf(expected, sizeof(expected),
                       FIRST "pcap (%s): 1 packets, truncated 'x' ends inside "
                             "its %s data at byte %zu\n",
                       packings[i].name, packings[i].name, size);
        expect_of(bytes, size, expected);
    }
}

/* Zeros behind are padding; anything else is not. */
static void test_behind_gzip(void **state)
{
    struct kit kit = {.size = 0};
    uint8_t bytes[KIT_ROOM + 1000] = {0};
    char expected[512];
    size_t size;

    (void)state;
    first_part(&kit);
    second_part(&kit);
    size = pack_gzip(&kit, bytes);
    memset(bytes + size, 0, 1000);
    expect_of(bytes, size + 1000, FRAMES "pcap (gzip): 2 packets, sound\n");
    memcpy(bytes + size, "garbage", 7);
    (void)snprintf(expected, sizeof(expected),
                   FRAMES "pcap (gzip): 2 packets, corrupt 'x' has broken gzip "
                          "data at byte %zu: ...",
                   size + 2);
    expect_of(bytes, size + 7, expected);
}

/* An offset within a packed file says which bytes it counts. */
static void test_offset_note(void **state)
{
    struct kit kit = {.size = 0};
    uint8_t bytes[KIT_ROOM];

    (void)state;
    first_part(&kit);
    kit.size--;
    expect_of(bytes, pack_zstd(&kit, bytes),
              "pcap (zstd): 0 packets, truncated 'x' ends inside a record at "
              "byte 48 after unpacking (packet 1)\n");
}

static void test_packed_twice(void **state)
{
    struct kit kit = {.size = 0};
    struct kit once = {.size = 0};
    uint8_t bytes[KIT_ROOM];

    (void)state;
    first_part(&kit);
    once.size = pack_gzip(&kit, once.bytes);
    expect_of(bytes, pack_zstd(&once, bytes),
              ": 0 packets, unreadable 'x' is not a pcap or pcapng capture: it "
              "looks like gzip data inside packed data\n");
}

static void expect_path(const char *path, const char *expected)
{
    struct text text;

    text_init(&text, KIT_TEXT_LIMIT);
    say_capture(&text, &path, 1, NULL);
    expect_text(&text, expected);
    text_release(&text);
}

static void test_no_file(void **state)
{
    (void)state;
    expect_path("/nonexistent/a.pcap",
                ": 0 packets, unreadable cannot read 'x': no such file or "
                "directory\n");
    expect_path("/tmp",
                ": 0 packets, unreadable cannot read 'x': is a directory\n");
    expect_of("", 0, ": 0 packets, unreadable 'x' is empty\n");
}

static void test_no_permission(void **state)
{
    char path[KIT_PATH_SIZE];

    (void)state;
    if (geteuid() == 0)
        skip();
    kit_save("x", 1, path);
    assert_int_equal(chmod(path, 0), 0);
    expect_path(path, ": 0 packets, unreadable cannot read 'x': permission "
                      "denied\n");
    (void)unlink(path);
}

/* Writes the first part, waits for a word that it was read, then the rest. */
static void write_slowly(int out, int go)
{
    struct kit first = {.size = 0};
    struct kit second = {.size = 0};
    char word;
    bool done;

    first_part(&first);
    second_part(&second);
    done = write(out, first.bytes, first.size) == (ssize_t)first.size &&
           read(go, &word, 1) == 1 &&
           write(out, second.bytes, second.size) == (ssize_t)second.size;
    _exit(!done);
}

/* A frame is given as soon as it is whole, while the input still grows. */
static void test_growing_input(void **state)
{
    static const char *const path[] = {"-"};
    int saved = dup(STDIN_FILENO);
    struct capture *capture;
    struct fail fail = {0};
    struct frame frame;
    int data[2];
    int go[2];
    int status;
    pid_t child;

    (void)state;
    assert_true(pipe(data) == 0 && pipe(go) == 0);
    child = fork();
    if (child == 0)
        write_slowly(data[1], go[0]);
    (void)close(data[1]);
    (void)dup2(data[0], STDIN_FILENO);
    capture = capture_open(path, 1, NULL, &fail);
    assert_true(capture_next(capture, &frame));
    assert_int_equal(frame.data.size, 9);
    assert_int_equal(write(go[1], "x", 1), 1);
    assert_true(capture_next(capture, &frame));
    assert_int_equal(frame.data.size, 8);
    assert_false(capture_next(capture, &frame));
    capture_close(capture);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)dup2(saved, STDIN_FILENO);
    (void)close(saved);
    (void)close(data[0]);
    (void)close(go[0]);
    (void)close(go[1]);
}

/* A FIFO, read after a signal had come; `writer`: somebody has it open. */
static void expect_fifo(bool writer, const char *expected)
{
    static const volatile sig_atomic_t came = 1;
    const struct capture_options options = {.interrupted = &came};
    struct fail fail = {0};
    struct capture *capture;
    struct kit kit = {.size = 0};
    struct frame frame;
    char path[KIT_PATH_SIZE];
    const char *const paths[] = {path};
    size_t count;
    int out = -1;

    kit_save("", 0, path);
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    if (writer)
        out = open(path, O_RDWR);
    first_part(&kit);
    if (writer)
        assert_int_equal(write(out, kit.bytes, kit.size), kit.size);
    capture = capture_open(paths, 1, &options, &fail);
    if (writer)
        (void)close(out);
    (void)unlink(path);
    assert_int_equal(capture_next(capture, &frame), writer);
    assert_true(strstr(capture_inputs(capture, &count)->problem, expected));
    capture_close(capture);
}

/* The signal that came before the waiting is not lost. */
static void test_interrupted_fifo(void **state)
{
    (void)state;
    expect_fifo(false, "interrupted before anybody wrote to it");
    expect_fifo(true, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_behind_gzip),
        cmocka_unit_test(test_offset_note),
        cmocka_unit_test(test_packed_twice),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_no_permission),
        cmocka_unit_test(test_growing_input),
        cmocka_unit_test(test_interrupted_fifo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
