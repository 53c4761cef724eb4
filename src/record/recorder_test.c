#include "record/recorder_kit.h"

#include "capture/capture.h"

static const struct recorder_options plain = {.asked = "whyeof -i eth0",
                                              .program = "whyeof 1"};

#define NAME(seconds, stream)                                                  \
    "20261125T0330" seconds "Z-write-timeout-eof-10.0.0.2-8080-s" stream       \
    ".pcapng"

/* A connection of five packets, among others, on which something failed. */
static void test_one_finding(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    for (int i = 0; i < 5; i++) {
        (void)rig_take(&rig, 6, 10);
        (void)rig_take(&rig, 17, i < 2 ? 0 : 100);
    }
    told_init(&told, &rig, 17, 2);
    told_cite(&told, 6, "the request");
    told_cite(&told, 10, "the FIN");
    rig_tell(&rig, &told, 1, 0);
    expect_folder(&rig.folder, "");
    recorder_over(rig.recorder, 6, rig.now);
    recorder_over(rig.recorder, 17, rig.now + NANOS_PER_SECOND);
    recorder_over(rig.recorder, 17, rig.now);
    expect_folder(&rig.folder, NAME("00.010000", "17"));
    expect_file(
        &rig, NAME("00.010000", "17"),
        "section \"whyeof: write-timeout-eof (error, likely): the title\n"
        "The explanation.\n"
        "to do: raise the timeout\n"
        "from 10.0.0.1:40000 to 10.0.0.2:8080\n"
        "tcp.stream 17 of the original capture, frames 2 to 10 there\n"
        "held: 5 packets, from its first on\n"
        "asked: whyeof -i eth0\"\n"
        "#1 link1 54/54\n"
        "#2 link1 54/54\n"
        "#3 link1 154/154 \"whyeof: write-timeout-eof (error, likely): the "
        "title\n"
        "The explanation.\n"
        "whyeof: write-timeout-eof (error, likely): the request\n"
        "frame 6 of the original capture\"\n"
        "#4 link1 154/154\n"
        "#5 link1 154/154 \"whyeof: write-timeout-eof (error, likely): the "
        "FIN\n"
        "frame 10 of the original capture\"\n"
        "watched 1.008 s\n");
    assert_int_equal(recorder_counts(rig.recorder).files, 1);
    assert_true(recorder_counts(rig.recorder).bytes > 5 * 54);
    assert_int_equal(recorder_counts(rig.recorder).packets, 0);
    assert_int_equal(recorder_counts(rig.recorder).connections, 0);
    assert_string_equal(text_string(&rig.said), "");
    rig_close(&rig);
}

/* What our own reader makes of it: times to the nanosecond, link types. */
static void test_read_back(void **state)
{
    const struct capture_options none = {0};
    const char *path[1];
    struct fail fail = {0};
    struct capture *capture;
    struct frame frame;
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    rig.now += 7;
    for (int i = 0; i < 4; i++) {
        rig.link_type = i % 2 ? 1 : 113;
        (void)rig_take(&rig, 1, 7);
    }
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, 1, 0);
    recorder_finish(rig.recorder, rig.now);
    path[0] = folder_file(&rig.folder, NAME("00.004000", "1"));
    capture = capture_open(path, 1, &none, &fail);
    assert_non_null(capture);
    for (int i = 0; i < 4; i++) {
        assert_true(capture_next(capture, &frame));
        assert_int_equal(frame.time, RIG_ZERO + 7 + (i + 1) * NANOS_PER_MILLI);
        assert_int_equal(frame.link_type, i % 2 ? 1 : 113);
        assert_int_equal(frame.interface, i % 2);
        assert_int_equal(frame.data.size, RIG_HEADERS + 7);
        assert_int_equal(frame.data.at[60], 1);
    }
    assert_false(capture_next(capture, &frame));
    assert_int_equal(capture_inputs(capture, &(size_t){0})->trouble,
                     CAPTURE_SOUND);
    capture_close(capture);
    rig_close(&rig);
}

static void test_withdrawn(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    (void)rig_take(&rig, 1, 7);
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, 1, 0);
    rig_tell(&rig, &told, 2, 0);
    rig_withdraw(&rig, &told, 2, 1);
    rig_withdraw(&rig, &told, 1, 1);
    rig_withdraw(&rig, &told, 1, 2);
    recorder_tick(rig.recorder, rig.now + 100 * NANOS_PER_SECOND);
    recorder_over(rig.recorder, 1, rig.now);
    expect_folder(&rig.folder, "");
    rig_close(&rig);
}

/* The latest words count, also when they are of another code. */
static void test_revised(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    (void)rig_take(&rig, 1, 7);
    told_init(&told, &rig, 1, 1);
    told.finding.code = VERDICT_SERVER_STALL;
    rig_tell(&rig, &told, 1, 0);
    told.finding.code = VERDICT_WRITE_TIMEOUT_EOF;
    told.finding.title = "better";
    rig_tell(&rig, &told, 1, 1);
    recorder_over(rig.recorder, 1, rig.now);
    expect_folder(&rig.folder, NAME("00.001000", "1"));
    assert_true(file_says(&rig, NAME("00.001000", "1"), "better"));
    assert_false(file_says(&rig, NAME("00.001000", "1"), "the title"));
    rig_close(&rig);
}

/* Neither what is not held nor what was written already makes a file. */
static void test_too_late(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    (void)rig_take(&rig, 1, 7);
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, 1, 0);
    recorder_tick(rig.recorder, rig.now + RECORDER_PATIENCE);
    assert_int_equal(recorder_counts(rig.recorder).files, 1);
    rig_tell(&rig, &told, 1, 1);
    recorder_over(rig.recorder, 1, rig.now);
    rig_tell(&rig, &told, 2, 0);
    told.finding.connection.id = 99;
    rig_tell(&rig, &told, 3, 0);
    recorder_finish(rig.recorder, rig.now);
    assert_int_equal(recorder_counts(rig.recorder).files, 1);
    rig_close(&rig);
}

/* One file for each connection and code. */
static void test_one_file_for_a_code(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    for (int i = 0; i < 3; i++)
        (void)rig_take(&rig, 1, 7);
    told_init(&told, &rig, 1, 1);
    told_cite(&told, 2, "first");
    rig_tell(&rig, &told, 1, 0);
    told.finding.evidence[0].what = "second";
    told.finding.title = "another title";
    rig_tell(&rig, &told, 2, 0);
    told.finding.code = VERDICT_SERVER_STALL;
    told.finding.evidence[0].what = "third";
    rig_tell(&rig, &told, 3, 0);
    recorder_over(rig.recorder, 1, rig.now);
    expect_folder(&rig.folder,
                  "20261125T033000.003000Z-server-stall-10.0.0.2-8080-s1.pcapng"
                  " " NAME("00.003000", "1"));
    assert_true(file_says(&rig, NAME("00.003000", "1"),
                          "likely): first\nframe 2 of the original capture\" "
                          "\"whyeof: write-timeout-eof (error, likely): "
                          "another title\nThe explanation.\nwhyeof: "
                          "write-timeout-eof (error, likely): second\n"));
    assert_false(file_says(&rig, NAME("00.003000", "1"), "third"));
    assert_int_equal(recorder_counts(rig.recorder).files, 2);
    rig_close(&rig);
}

/* Written after 60 s though it goes on; what comes later makes another. */
static void test_goes_on(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    (void)rig_take(&rig, 1, 7);
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, 1, 0);
    recorder_tick(rig.recorder, rig.now + RECORDER_PATIENCE - 1);
    expect_folder(&rig.folder, "");
    recorder_tick(rig.recorder, rig.now + RECORDER_PATIENCE);
    expect_folder(&rig.folder, NAME("00.001000", "1"));
    (void)rig_take(&rig, 1, 7);
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, 2, 0);
    recorder_over(rig.recorder, 1, rig.now);
    expect_folder(&rig.folder,
                  NAME("00.001000", "1") " " NAME("00.002000", "1-2"));
    assert_true(file_says(&rig, NAME("00.002000", "1-2"), "#2 link1 61/61"));
    rig_close(&rig);
}

/* A clock that steps back an hour delays nothing by an hour. */
static void test_clock_steps_back(void **state)
{
    struct rig rig;
    struct told told;
    nanos back;

    (void)state;
    rig_open(&rig, plain);
    (void)rig_take(&rig, 1, 7);
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, 1, 0);
    back = rig.now - 3600 * NANOS_PER_SECOND;
    recorder_tick(rig.recorder, back);
    recorder_tick(rig.recorder, back + RECORDER_PATIENCE - 1);
    expect_folder(&rig.folder, "");
    recorder_tick(rig.recorder, back + RECORDER_PATIENCE);
    expect_folder(&rig.folder, NAME("00.001000", "1"));
    rig_close(&rig);
}

/* Cited frames that are gone are told in front; the ending has the title. */
static void test_short_of_memory(void **state)
{
    struct rig rig;
    struct told told;
    struct text name;

    (void)state;
    rig_open(&rig, (struct recorder_options){.memory = 1 << 16});
    for (int i = 0; i < 3000; i++)
        (void)rig_take(&rig, 1, 700);
    told_init(&told, &rig, 1, 1);
    told_cite(&told, 100, "long ago");
    rig_tell(&rig, &told, 1, 0);
    recorder_over(rig.recorder, 1, rig.now);
    text_init(&name, 1000);
    folder_list(&rig.folder, &name);
    assert_true(
        file_says(&rig, text_string(&name), "not held: frame 100: long ago\n"));
    assert_true(file_says(&rig, text_string(&name),
                          "packets behind the first 3: memory was short"));
    assert_true(file_says(&rig, text_string(&name),
                          "packets only the headers: memory was short"));
    assert_true(file_says(&rig, text_string(&name), "#1 link1 54/754\n"));
    assert_true(file_says(&rig, text_string(&name),
                          " link1 754/754 \"whyeof: write-timeout-eof (error, "
                          "likely): the title\nThe explanation.\nframe 3000 "
                          "of the original capture\"\n"));
    text_release(&name);
    rig_close(&rig);
}

/* What has a finding is written before it must make room for others. */
static void test_written_before_loss(void **state)
{
    struct rig rig;
    struct told told;
    uint64_t id = 0;

    (void)state;
    rig_open(&rig, (struct recorder_options){.memory = 1 << 16});
    for (int i = 0; i < 4; i++)
        (void)rig_take(&rig, 1, 1000);
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, ++id, 0);
    for (int i = 0; i < 100; i++)
        (void)rig_take(&rig, 2, 1000);
    expect_folder(&rig.folder, NAME("00.004000", "1"));
    assert_true(file_says(&rig, NAME("00.004000", "1"),
                          "held: 4 packets, from its first on\nasked: \"\n"
                          "#1 link1 1054/1054\n#2 link1 1054/1054\n"
                          "#3 link1 1054/1054\n#4 link1 1054/1054 "));
    /* but not once more within a minute */
    rig_tell(&rig, &told, ++id, 0);
    for (int i = 0; i < 100; i++)
        (void)rig_take(&rig, 1, 1000);
    assert_int_equal(recorder_counts(rig.recorder).files, 1);
    recorder_over(rig.recorder, 1, rig.now);
    assert_int_equal(recorder_counts(rig.recorder).files, 2);
    rig_close(&rig);
}

/* Its packets are all gone by the time it is written. */
static void test_lost(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, (struct recorder_options){.memory = 1 << 16});
    (void)rig_take(&rig, 1, 0);
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, 1, 0);
    recorder_tick(rig.recorder, rig.now + RECORDER_PATIENCE);
    rig_tell(&rig, &told, 2, 0);
    for (uint64_t conn = 2; conn < 1000; conn++)
        (void)rig_take(&rig, conn, 0);
    recorder_over(rig.recorder, 1, rig.now);
    assert_int_equal(recorder_counts(rig.recorder).files, 1);
    assert_int_equal(recorder_counts(rig.recorder).lost, 1);
    assert_true(recorder_counts(rig.recorder).dropped > 800);
    rig_close(&rig);
}

/* A connection joined late says so. */
static void test_start_not_held(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, plain);
    rig.frame = 40;
    (void)rig_take(&rig, 1, 0);
    told_init(&told, &rig, 1, 12);
    rig_tell(&rig, &told, 1, 0);
    recorder_over(rig.recorder, 1, rig.now);
    assert_true(file_says(&rig, NAME("00.001000", "1"),
                          "held: 1 packets; its start is not held: it began "
                          "with frame 12\n"));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_finding),
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_withdrawn),
        cmocka_unit_test(test_revised),
        cmocka_unit_test(test_too_late),
        cmocka_unit_test(test_one_file_for_a_code),
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_clock_steps_back),
        cmocka_unit_test(test_short_of_memory),
        cmocka_unit_test(test_written_before_loss),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_start_not_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
