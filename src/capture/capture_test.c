#include "capture/capture.h"

#include "capture/capture_kit.h"

enum {
    MOST_FILES = 4
};

struct files {
    size_t count;
    char path[MOST_FILES][KIT_PATH_SIZE];
    const char *paths[MOST_FILES];
};

static void add_file(struct files *files, const struct kit *kit)
{
    char *path = files->path[files->count];

    kit_save(kit->bytes, kit->size, path);
    files->paths[files->count++] = path;
}

static void expect_files(struct files *files, const char *filter,
                         const char *expected)
{
    struct text text;

    text_init(&text, KIT_TEXT_LIMIT);
    say_capture(&text, files->paths, files->count, filter);
    for (size_t i = 0; i < files->count; i++)
        (void)unlink(files->path[i]);
    expect_text(&text, expected);
    text_release(&text);
}

/* A classic file of 1-byte packets at these seconds; they end with 0. */
static void add_times(struct files *files, const uint32_t seconds[])
{
    struct kit kit = {.size = 0};

    put_pcap(&kit, 0xa1b2c3d4, 1);
    for (; *seconds; seconds++)
        put_record(&kit, *seconds, 0, 1);
    add_file(files, &kit);
}

static void test_merge(void **state)
{
    struct files files = {.count = 0};

    (void)state;
    add_times(&files, (const uint32_t[]){1, 4, 5, 0});
    add_times(&files, (const uint32_t[]){2, 3, 6, 0});
    add_times(&files, (const uint32_t[]){0});
    expect_files(&files, NULL,
                 "#1 0.1 if0 link1 1/1 @1000000000\n"
                 "#2 1.1 if1 link1 1/1 @2000000000\n"
                 "#3 1.2 if1 link1 1/1 @3000000000\n"
                 "#4 0.2 if0 link1 1/1 @4000000000\n"
                 "#5 0.3 if0 link1 1/1 @5000000000\n"
                 "#6 1.3 if1 link1 1/1 @6000000000\n"
                 "pcap: 3 packets, sound\n"
                 "pcap: 3 packets, sound\n"
                 "pcap: 0 packets, sound\n");
}

/* Of equal times, the first input's come first. */
static void test_merge_equal_times(void **state)
{
    struct files files = {.count = 0};

    (void)state;
    add_times(&files, (const uint32_t[]){1, 1, 0});
    add_times(&files, (const uint32_t[]){1, 0});
    add_times(&files, (const uint32_t[]){1, 0});
    expect_files(&files, NULL,
                 "#1 0.1 if0 link1 1/1 @1000000000\n"
                 "#2 0.2 if0 link1 1/1 @1000000000\n"
                 "#3 1.1 if1 link1 1/1 @1000000000\n"
                 "#4 2.1 if2 link1 1/1 @1000000000\n"
                 "pcap: 2 packets, sound\n"
                 "pcap: 1 packets, sound\n"
                 "pcap: 1 packets, sound\n");
}

/* Order within a file is never changed, whatever its times say. */
static void test_merge_disorder(void **state)
{
    struct files files = {.count = 0};

    (void)state;
    add_times(&files, (const uint32_t[]){5, 1, 0});
    add_times(&files, (const uint32_t[]){4, 6, 0});
    expect_files(&files, NULL,
                 "#1 1.1 if1 link1 1/1 @4000000000\n"
                 "#2 0.1 if0 link1 1/1 @5000000000\n"
                 "#3 0.2 if0 link1 1/1 @1000000000\n"
                 "#4 1.2 if1 link1 1/1 @6000000000\n"
                 "pcap: 2 packets, sound\n"
                 "pcap: 2 packets, sound\n");
}

/* What is wrong with one input does not keep the others from being read. */
static void test_one_missing(void **state)
{
    struct files files = {.count = 0};

    (void)state;
    add_times(&files, (const uint32_t[]){1, 0});
    files.paths[files.count++] = "/nonexistent/b.pcap";
    add_times(&files, (const uint32_t[]){2, 0});
    expect_files(&files, NULL,
                 "#1 0.1 if0 link1 1/1 @1000000000\n"
                 "#2 2.1 if1 link1 1/1 @2000000000\n"
                 "pcap: 1 packets, sound\n"
                 ": 0 packets, unreadable cannot read 'x': no such file or "
                 "directory\n"
                 "pcap: 1 packets, sound\n");
}

static void test_no_inputs(void **state)
{
    struct files files = {.count = 0};

    (void)state;
    expect_files(&files, NULL, "");
}

/* The bytes of each input's frame stay while another one's are read. */
static void test_merge_bytes(void **state)
{
    struct files files = {.count = 0};
    struct fail fail = {0};
    struct capture *capture;
    struct frame frame;

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct kit kit = {.size = 0};

        put_section(&kit, false);
        put_interface(&kit, 1);
        for (uint32_t k = 0; k < 50; k++)
            put_packet(&kit, 0, 2 * k + i, k);
        add_file(&files, &kit);
    }
    capture = capture_open(files.paths, 2, NULL, &fail);
    while (capture_next(capture, &frame)) {
        assert_int_equal(frame.data.size, (frame.number - 1) / 2);
        for (size_t i = 0; i < frame.data.size; i++)
            assert_int_equal(frame.data.at[i], i);
    }
    capture_close(capture);
    for (size_t i = 0; i < 2; i++)
        (void)unlink(files.path[i]);
}

/* IPv4 and nothing more: enough for a filter to look at the protocol. */
static void put_ipv4(struct kit *kit, uint32_t interface, bool ethernet,
                     uint8_t protocol)
{
    begin_block(kit, 6);
    put(kit, interface, 4);
    put(kit, 0, 8);
    put(kit, ethernet ? 34 : 20, 4);
    put(kit, ethernet ? 34 : 20, 4);
    if (ethernet) {
        put(kit, 0, 8);
        put(kit, 0, 4);
        put(kit, 0x0008, 2);
    }
    put(kit, 0x45, 1);
    put(kit, 0, 8);
    put(kit, protocol, 1);
    put(kit, 0, 8);
    put(kit, 0, 2);
    end_block(kit);
}

/* The filter is compiled for each link type; refused frames take a number. */
static void test_filter(void **state)
{
    struct kit kit = {.size = 0};
    struct files files = {.count = 0};

    (void)state;
    put_section(&kit, false);
    put_interface(&kit, 1);
    put_interface(&kit, 101);
    put_ipv4(&kit, 0, true, 17);
    put_ipv4(&kit, 0, true, 6);
    put_ipv4(&kit, 1, false, 17);
    put_ipv4(&kit, 1, false, 6);
    add_file(&files, &kit);
    expect_files(&files, "tcp",
                 "#2 0.2 if0 link1 34/34 @0\n"
                 "#4 0.4 if1 link101 20/20 @0\n"
                 "pcapng: 4 packets, sound\n");
}

static void test_filter_of_other_link_type(void **state)
{
    struct kit kit = {.size = 0};
    struct files files = {.count = 0};

    (void)state;
    put_section(&kit, false);
    put_interface(&kit, 147);
    put_interface(&kit, 1);
    put_packet(&kit, 0, 0, 1);
    put_ipv4(&kit, 1, true, 6);
    add_file(&files, &kit);
    expect_files(&files, "tcp",
                 "#2 0.2 if1 link1 34/34 @0\n"
                 "pcapng: 2 packets, unfiltered the filter cannot be used for "
                 "link type 147 of 'x', whose frames are left out: ...");
}

static void test_bad_filter(void **state)
{
    struct files files = {.count = 0};

    (void)state;
    add_times(&files, (const uint32_t[]){1, 0});
    expect_files(&files, "tcp prot 80",
                 "failed: bad filter 'tcp prot 80': ...");
}

static void test_progress(void **state)
{
    struct files files = {.count = 0};
    struct fail fail = {0};
    struct capture *capture;
    struct frame frame;
    uint64_t done;
    uint64_t total;

    (void)state;
    add_times(&files, (const uint32_t[]){1, 2, 0});
    add_times(&files, (const uint32_t[]){3, 0});
    files.paths[files.count++] = "/nonexistent/c.pcap";
    capture = capture_open(files.paths, files.count, NULL, &fail);
    while (capture_next(capture, &frame)) {
        capture_progress(capture, &done, &total);
        assert_true(done <= total);
    }
    capture_progress(capture, &done, &total);
    assert_int_equal(total, 24 + 2 * 17 + 24 + 17);
    assert_int_equal(done, total);
    capture_close(capture);
    (void)unlink(files.path[0]);
    (void)unlink(files.path[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_merge_equal_times),
        cmocka_unit_test(test_merge_disorder),
        cmocka_unit_test(test_one_missing),
        cmocka_unit_test(test_no_inputs),
        cmocka_unit_test(test_merge_bytes),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_filter_of_other_link_type),
        cmocka_unit_test(test_bad_filter),
        cmocka_unit_test(test_progress),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
