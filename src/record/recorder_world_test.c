#include "record/recorder_kit.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* The recorder and the world: disks, limits, names, numbers. */

static const struct recorder_options plain = {.asked = "whyeof -i eth0"};

#define NAME(seconds, stream)                                                  \
    "20261125T0330" seconds "Z-write-timeout-eof-10.0.0.2-8080-s" stream       \
    ".pcapng"

/* A connection of one packet that failed and is over. */
static void fail_one(struct rig *rig, uint64_t conn, size_t payload)
{
    struct told told;
    uint64_t frame = rig_take(rig, conn, payload);

    told_init(&told, rig, conn, frame);
    rig_tell(rig, &told, conn, 0);
    recorder_over(rig->recorder, conn, rig->now);
}

static void test_limits(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, (struct recorder_options){.files = 2});
    for (uint64_t conn = 1; conn <= 4; conn++)
        fail_one(&rig, conn, 0);
    expect_folder(&rig.folder,
                  NAME("00.003000", "3") " " NAME("00.004000", "4"));
    assert_int_equal(recorder_counts(rig.recorder).removed, 2);
    assert_int_equal(recorder_counts(rig.recorder).files, 4);
    rig_close(&rig);
    rig_open(&rig, (struct recorder_options){.bytes = 5000});
    for (uint64_t conn = 1; conn <= 4; conn++)
        fail_one(&rig, conn, 2000);
    expect_folder(&rig.folder, NAME("00.004000", "4"));
    rig_close(&rig);
}

/* Told once, nothing left behind, and the next is tried again. */
static void test_file_size_limit(void **state)
{
    struct rlimit before;
    struct rlimit tight;
    struct rig rig;

    (void)state;
    rig_open(&rig, plain);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = (struct rlimit){3000, before.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    fail_one(&rig, 1, 3000);
    fail_one(&rig, 2, 20000);
    expect_folder(&rig.folder, "");
    fail_one(&rig, 3, 1000);
    fail_one(&rig, 4, 20000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    fail_one(&rig, 5, 20000);
    expect_folder(&rig.folder,
                  NAME("00.003000", "3") " " NAME("00.005000", "5"));
    assert_non_null(strstr(text_string(&rig.said), "File too large"));
    assert_ptr_equal(strchr(text_string(&rig.said), '\n'),
                     text_string(&rig.said) + rig.said.size - 1);
    assert_int_equal(recorder_counts(rig.recorder).failures, 3);
    assert_int_equal(recorder_counts(rig.recorder).files, 2);
    rig_close(&rig);
}

/* A disk of 64 KiB, where the test may mount one for itself. */
static bool mount_small(const char *path)
{
    return unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("whyeof-test", path, "tmpfs", MS_NOSUID | MS_NODEV,
                 "size=64k") == 0;
}

static void test_disk_full(void **state)
{
    struct recorder_options options = plain;
    struct fail fail = {0};
    struct rig rig;
    char expected[300];

    (void)state;
    rig_open(&rig, plain);
    if (!mount_small(rig.folder.path)) {
        rig_close(&rig);
        skip();
    }
    recorder_close(rig.recorder);
    options.folder = rig.folder.path;
    options.complain = rig_note;
    options.context = &rig;
    rig.recorder = recorder_open(&options, &fail);
    assert_non_null(rig.recorder);
    fail_one(&rig, 1, 1000);
    fail_one(&rig, 2, 100000);
    fail_one(&rig, 3, 100000);
    fail_one(&rig, 4, 1000);
    expect_folder(&rig.folder,
                  NAME("00.001000", "1") " " NAME("00.004000", "4"));
    (void)snprintf(expected, sizeof expected,
                   "cannot record into '%s': No space left on device; the "
                   "capture goes on\n",
                   rig.folder.path);
    assert_string_equal(text_string(&rig.said), expected);
    assert_int_equal(recorder_counts(rig.recorder).failures, 2);
    recorder_close(rig.recorder);
    assert_int_equal(umount2(rig.folder.path, MNT_DETACH), 0);
    text_release(&rig.said);
    folder_remove(&rig.folder);
}

/* It is the folder that was opened, whatever it is called by now. */
static void test_folder_is_held(void **state)
{
    struct rig rig;
    char moved[FOLDER_FILE_SIZE];

    (void)state;
    rig_open(&rig, plain);
    (void)snprintf(moved, sizeof moved, "%s-moved", rig.folder.path);
    assert_int_equal(rename(rig.folder.path, moved), 0);
    fail_one(&rig, 1, 0);
    assert_int_equal(recorder_counts(rig.recorder).files, 1);
    assert_int_equal(rename(moved, rig.folder.path), 0);
    expect_folder(&rig.folder, NAME("00.001000", "1"));
    rig_close(&rig);
}

static void test_folder_is_gone(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, plain);
    assert_int_equal(rmdir(rig.folder.path), 0);
    fail_one(&rig, 1, 0);
    fail_one(&rig, 2, 0);
    assert_int_equal(recorder_counts(rig.recorder).failures, 2);
    assert_non_null(strstr(text_string(&rig.said), "No such file"));
    assert_int_equal(mkdir(rig.folder.path, 0700), 0);
    rig_close(&rig);
}

static void test_names(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    (void)rig_take(&rig, 1, 0);
    told_init(&told, &rig, 1, 1);
    told.finding.connection.server = (struct endpoint){
        .address = {6, {0xfe, 0x80, [15] = 1}},
          .port = 443
    };
    rig_tell(&rig, &told, 1, 0);
    recorder_over(rig.recorder, 1, rig.now);
    expect_folder(&rig.folder, "20261125T033000.001000Z-write-timeout-eof-"
                               "fe80--1-443-s1.pcapng");
    assert_true(file_says(&rig,
                          "20261125T033000.001000Z-write-timeout-eof-"
                          "fe80--1-443-s1.pcapng",
                          "from 10.0.0.1:40000 to [fe80::1]:443\n"));
    rig_close(&rig);
}

/* The longest that a name can become is a name. */
static void test_longest_name(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    for (int code = 0; code < VERDICT_COUNT; code++) {
        (void)rig_take(&rig, UINT64_MAX, 0);
        told_init(&told, &rig, UINT64_MAX, 1);
        told.finding.code = (enum verdict)code;
        told.finding.ended.time = INT64_MIN;
        told.finding.connection.server.port = 65535;
        told.finding.connection.server.address.version = 6;
        memset(told.finding.connection.server.address.byte, 0xdd, 16);
        rig_tell(&rig, &told, (uint64_t)code + 1, 0);
    }
    recorder_finish(rig.recorder, rig.now);
    assert_int_equal(recorder_counts(rig.recorder).files, VERDICT_COUNT);
    assert_int_equal(recorder_counts(rig.recorder).failures, 0);
    rig_close(&rig);
}

/* What came from the wire, or was asked, cannot steer a terminal. */
static void test_hostile_texts(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, (struct recorder_options){.asked = "whyeof '\x1b[2J'"});
    (void)rig_take(&rig, 1, 0);
    told_init(&told, &rig, 1, 1);
    told.finding.title = "bad \x1b[31m\n\xff";
    told.finding.explanation = "why \r";
    told.finding.advice[0] = "do \x9b";
    told_cite(&told, 1, "what \x7f");
    rig_tell(&rig, &told, 1, 0);
    recorder_over(rig.recorder, 1, rig.now);
    expect_file(
        &rig, NAME("00.001000", "1"),
        "section \"whyeof: write-timeout-eof (error, likely): "
        "bad \\x1b[31m\\x0a\\xff\n"
        "why \\x0d\n"
        "to do: do \\x9b\n"
        "from 10.0.0.1:40000 to 10.0.0.2:8080\n"
        "tcp.stream 1 of the original capture, frames 1 to 1 there\n"
        "held: 1 packets, from its first on\n"
        "asked: whyeof '\\x1b[2J'\"\n"
        "#1 link1 54/54 \"whyeof: write-timeout-eof (error, likely): bad "
        "\\x1b[31m\\x0a\\xff\n"
        "why \\x0d\n"
        "whyeof: write-timeout-eof (error, likely): what \\x7f\n"
        "frame 1 of the original capture\"\n"
        "watched 0.000 s\n");
    rig_close(&rig);
}

/* More findings than are described: the rest is a number. */
static void test_many_on_one_connection(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    (void)rig_take(&rig, 1, 0);
    told_init(&told, &rig, 1, 1);
    told_cite(&told, 1, "it");
    for (uint64_t id = 1; id <= 70; id++)
        rig_tell(&rig, &told, id, 0);
    recorder_over(rig.recorder, 1, rig.now);
    assert_true(file_says(&rig, NAME("00.001000", "1"),
                          "6 more findings on this connection are not "
                          "described\n"));
    rig_close(&rig);
}

/* Findings wait in bounded number: the oldest are written before time. */
static void test_many_connections(void **state)
{
    enum {
        CONNS = 1100,
        WAITING = 1024
    };
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, (struct recorder_options){.files = 10});
    for (uint64_t conn = 1; conn <= CONNS; conn++) {
        (void)rig_take(&rig, conn, 0);
        told_init(&told, &rig, conn, conn);
        rig_tell(&rig, &told, conn, 0);
    }
    assert_int_equal(recorder_counts(rig.recorder).files, CONNS - WAITING);
    recorder_finish(rig.recorder, rig.now);
    assert_int_equal(recorder_counts(rig.recorder).files, CONNS);
    assert_int_equal(recorder_counts(rig.recorder).removed, CONNS - 10);
    rig_close(&rig);
}

/* The name of the only file ends so. */
static void expect_ending(struct rig *rig, const char *ending)
{
    struct text name;

    text_init(&name, 1000);
    folder_list(&rig->folder, &name);
    assert_true(name.size > strlen(ending));
    assert_string_equal(text_string(&name) + name.size - strlen(ending),
                        ending);
    text_release(&name);
}

/*
 * What is known of connections that never end are forgotten in time: of the
 * latest 4096 it is known that they were written before.
 */
static void test_many_told(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, (struct recorder_options){.files = 1});
    for (uint64_t conn = 1; conn <= 6000; conn++) {
        (void)rig_take(&rig, conn, 0);
        told_init(&told, &rig, conn, conn);
        rig_tell(&rig, &told, conn, 0);
        rig.now += RECORDER_PATIENCE;
        recorder_tick(rig.recorder, rig.now);
    }
    for (uint64_t conn = 1; conn <= 5000; conn += 4999) {
        told_init(&told, &rig, conn, conn);
        rig_tell(&rig, &told, 9000 + conn, 0);
        recorder_finish(rig.recorder, rig.now);
        expect_ending(&rig, conn == 1 ? "-s1.pcapng" : "-s5000-2.pcapng");
    }
    for (uint64_t conn = 1; conn <= 6000; conn++)
        recorder_over(rig.recorder, conn, rig.now);
    assert_int_equal(recorder_counts(rig.recorder).files, 6002);
    assert_int_equal(recorder_counts(rig.recorder).connections, 0);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_file_size_limit),
        cmocka_unit_test(test_folder_is_held),
        cmocka_unit_test(test_folder_is_gone),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_longest_name),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_many_on_one_connection),
        cmocka_unit_test(test_many_connections),
        cmocka_unit_test(test_many_told),
        cmocka_unit_test(test_disk_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
