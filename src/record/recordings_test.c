#include "record/recordings.h"

#include "record/recorder_kit.h"

#define NAME(seconds, code, stream)                                            \
    "20261125T0330" seconds "Z-" code "-10.0.0.2-8080-s" stream ".pcapng"

static void expect_file_of(const struct recordings *recordings,
                           uint64_t finding, const char *path)
{
    uint64_t number;
    const char *found = recordings_find(recordings, finding, &number);

    if (path)
        assert_string_equal(found, path);
    else
        assert_null(found);
}

static void add(struct recordings *recordings, const char *path,
                uint64_t number, const uint64_t *finding, size_t findings)
{
    const struct recording recording = {.path = path,
                                        .finding = finding,
                                        .findings = findings};

    recordings_add(recordings, &recording, number);
}

static void test_latest_are_known(void **state)
{
    struct recordings recordings = {0};
    uint64_t number = 0;

    (void)state;
    expect_file_of(&recordings, 1, NULL);
    add(&recordings, "none", 2, (const uint64_t[]){1}, 0);
    expect_file_of(&recordings, 1, NULL);
    add(&recordings, "first", 3, (const uint64_t[]){1, 7}, 2);
    expect_file_of(&recordings, 1, "first");
    expect_file_of(&recordings, 7, "first");
    expect_file_of(&recordings, 2, NULL);
    add(&recordings, "second", 4, (const uint64_t[]){7}, 1);
    expect_file_of(&recordings, 1, "first");
    assert_string_equal(recordings_find(&recordings, 7, &number), "second");
    assert_int_equal(number, 4);
    add(&recordings, "third", 5, (const uint64_t[]){1 + RECORDINGS_KEPT}, 1);
    expect_file_of(&recordings, 1, NULL);
    expect_file_of(&recordings, 1 + RECORDINGS_KEPT, "third");
    recordings_release(&recordings);
    expect_file_of(&recordings, 7, NULL);
}

/* What the recorder says of files as it writes them. */
static void note_file(void *context, const struct recording *recording)
{
    struct rig *rig = context;
    size_t folder = strlen(rig->folder.path);

    assert_memory_equal(recording->path, rig->folder.path, folder);
    text_addf(&rig->said, "%s of s%" PRIu64 ":", recording->path + folder,
              recording->conn);
    for (size_t i = 0; i < recording->findings; i++)
        text_addf(&rig->said, " %" PRIu64, recording->finding[i]);
    text_add(&rig->said, "\n");
}

static void expect_recorded(const struct rig *rig, uint64_t finding,
                            const char *name)
{
    const char *path = recorder_file(rig->recorder, finding);
    size_t folder = strlen(rig->folder.path);

    if (!name) {
        assert_null(path);
        return;
    }
    assert_non_null(path);
    assert_memory_equal(path, rig->folder.path, folder);
    assert_int_equal(path[folder], '/');
    assert_string_equal(path + folder + 1, name);
}

/* Two of one code, one of another, and one that is withdrawn. */
static void test_findings_know_their_file(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, (struct recorder_options){.written = note_file});
    for (int i = 0; i < 4; i++)
        (void)rig_take(&rig, 5, 10);
    told_init(&told, &rig, 5, 1);
    rig_tell(&rig, &told, 1, 0);
    rig_tell(&rig, &told, 2, 0);
    rig_tell(&rig, &told, 4, 0);
    rig_withdraw(&rig, &told, 4, 1);
    told.finding.code = VERDICT_SERVER_RESET;
    rig_tell(&rig, &told, 3, 0);
    expect_recorded(&rig, 1, NULL);
    recorder_over(rig.recorder, 5, rig.now);
    assert_string_equal(text_string(&rig.said),
                        "/" NAME("00.004000", "write-timeout-eof",
                                 "5") " of s5: 1 2\n"
                                      "/" NAME("00.004000", "server-reset",
                                               "5") " of s5: 3\n");
    expect_recorded(&rig, 1, NAME("00.004000", "write-timeout-eof", "5"));
    expect_recorded(&rig, 2, NAME("00.004000", "write-timeout-eof", "5"));
    expect_recorded(&rig, 3, NAME("00.004000", "server-reset", "5"));
    expect_recorded(&rig, 4, NULL);
    rig_close(&rig);
}

/* A file that made room for others is not named any more. */
static void test_removed_files(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, (struct recorder_options){.files = 2});
    for (uint64_t conn = 1; conn <= 200; conn++) {
        struct told told;

        (void)rig_take(&rig, conn, 0);
        told_init(&told, &rig, conn, conn);
        rig_tell(&rig, &told, conn, 0);
        recorder_over(rig.recorder, conn, rig.now);
    }
    expect_recorded(&rig, 1, NULL);
    expect_recorded(&rig, 198, NULL);
    expect_recorded(&rig, 199, NAME("00.199000", "write-timeout-eof", "199"));
    expect_recorded(&rig, 200, NAME("00.200000", "write-timeout-eof", "200"));
    rig_close(&rig);
}

/* Of what could not be written nothing is said. */
static void test_nothing_written(void **state)
{
    struct rig rig;
    struct told told;

    (void)state;
    rig_open(&rig, (struct recorder_options){.written = note_file});
    folder_remove(&rig.folder);
    (void)rig_take(&rig, 1, 0);
    told_init(&told, &rig, 1, 1);
    rig_tell(&rig, &told, 1, 0);
    recorder_over(rig.recorder, 1, rig.now);
    expect_recorded(&rig, 1, NULL);
    assert_null(strstr(text_string(&rig.said), " of s1"));
    assert_int_equal(recorder_counts(rig.recorder).failures, 1);
    folder_make(&rig.folder);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latest_are_known),
        cmocka_unit_test(test_findings_know_their_file),
        cmocka_unit_test(test_removed_files),
        cmocka_unit_test(test_nothing_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
