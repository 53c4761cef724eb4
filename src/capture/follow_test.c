#include "capture/capture_kit.h"

#include "base/text.h"
#include "capture/follow.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

enum {
    PATH_SIZE = 200,
    STEPS_MAX = 16
};

/*
 * A writer takes one step each time that the follower has nothing to read:
 * some bytes to the end of a file, or a file emptied for anew.
 */
struct step {
    const char *name;
    const char *bytes; /* indexes of records, as letters; "h": the header */
    bool anew;
};

struct bench {
    char folder[PATH_SIZE];
    const struct step *step;
    unsigned ends; /* asks without a step left */
};

static void put_bytes(int file, const void *bytes, size_t size)
{
    assert_int_equal(write(file, bytes, size), size);
}

/* A classic pcap header, and records of four bytes whose time is the letter;
 * in capitals the first half of one, with a dash the second. */
static void write_step(const struct bench *bench, const struct step *step)
{
    static const uint32_t header[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101};
    char path[PATH_SIZE * 2];
    int file;

    (void)snprintf(path, sizeof path, "%s/%s", bench->folder, step->name);
    file = open(path, O_WRONLY | O_CREAT | (step->anew ? O_TRUNC : O_APPEND),
                0600);
    assert_true(file >= 0);
    for (const char *c = step->bytes; *c; c++) {
        uint32_t record[5] = {(uint32_t)*c, 0, 4, 4, 0};

        if (*c == 'H')
            put_bytes(file, header, sizeof header);
        else if (*c == '-')
            put_bytes(file, (uint8_t *)record + 10, sizeof record - 10);
        else if (*c >= 'A' && *c <= 'Z') {
            record[0] += 'a' - 'A';
            put_bytes(file, record, 10);
        } else
            put_bytes(file, record, sizeof record);
        if (c[0] >= 'A' && c[0] <= 'Z' && c[0] != 'H')
            assert_true(c[1] == '\0');
    }
    assert_int_equal(close(file), 0);
}

static bool take_wait(void *context, int file)
{
    struct bench *bench = context;

    (void)file;
    if (!bench->step->name) {
        /* whatever is looked for once in a while had its chance */
        return bench->ends++ < 8;
    }
    /* modification times tell the order of files: they must differ */
    (void)usleep(12000);
    write_step(bench, bench->step++);
    return true;
}

static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] != '.')
            assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
    }
    assert_int_equal(closedir(folder), 0);
    assert_int_equal(rmdir(path), 0);
}

static void expect_times(const char *const names[], size_t count,
                         const struct step *first, const struct step *script,
                         const char *times)
{
    struct bench bench = {.step = script};
    char path[4][PATH_SIZE * 2];
    const char *paths[4];
    struct follow_options options = {
        .path = paths,
        .paths = count,
        .patience = {.context = &bench, .wait = take_wait}
    };
    struct fail fail = {0};
    struct follow *follow;
    struct frame frame;
    char got[64] = "";
    size_t at = 0;

    (void)snprintf(bench.folder, sizeof bench.folder, "/tmp/follow-XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    for (; first && first->name; first++) {
        write_step(&bench, first);
        (void)usleep(12000);
    }
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(path[i], sizeof path[i], "%s/%s", bench.folder,
                       names[i]);
        paths[i] = path[i];
    }
    follow = follow_open(&options, &fail);
    assert_non_null(follow);
    while (follow_next(follow, &frame)) {
        assert_true(at < sizeof got - 1);
        got[at++] = (char)(frame.time / NANOS_PER_SECOND);
        assert_int_equal(frame.number, at);
    }
    got[at] = '\0';
    assert_string_equal(got, times);
    follow_close(follow);
    remove_folder(bench.folder);
}

static void test_grows(void **state)
{
    static const struct step first[] = {
        {"a.pcap", "Hab", false},
        {0  }
    };
    static const struct step script[] = {
        {"a.pcap", "c", false},
        {"a.pcap",   "D", false},
        {"a.pcap", "-", false},
        {"a.pcap",   "ef", false},
        {0},
    };
    static const char *const names[] = {"a.pcap"};

    (void)state;
    expect_times(names, 1, first, script, "abcdef");
}

static void test_begins_with_nothing(void **state)
{
    static const struct step script[] = {
        {"x-1.pcap", "", false},
        {"x-1.pcap",     "H", false},
        {"x-1.pcap", "a", false},
        {"y.pcap",     "Hz", false},
        {"x-2.pcap", "Hb", false},
        {0    },
    };
    static const char *const names[] = {"x-*.pcap"};

    (void)state;
    expect_times(names, 1, NULL, script, "ab");
}

/* tcpdump -C: cap, cap1, cap2; what the first was given last still counts. */
static void test_numbered(void **state)
{
    static const struct step first[] = {
        {"cap",  "Ha", false},
        {0}
    };
    static const struct step script[] = {
        {"cap",  "b", false},
        {"cap1", "Hc", false},
        {"cap1", "d", false},
        {"cap2", "He", false},
        {0},
    };
    static const char *const names[] = {"cap"};

    (void)state;
    expect_times(names, 1, first, script, "abcde");
}

/* The shell has named what was there: the next of the kind belongs to it. */
static void test_named_by_the_shell(void **state)
{
    static const struct step first[] = {
        {"c-10.pcap", "Ha", false},
        {"c-11.pcap",      "Hb", false},
        {0}
    };
    static const struct step script[] = {
        {"c-12.pcap", "Hc", false},
        {"c-13.log",      "no capture", false},
        {"c-13.pcap",  "Hd", false},
        {0     },
    };
    static const char *const names[] = {"c-10.pcap", "c-11.pcap"};

    (void)state;
    expect_times(names, 2, first, script, "abcd");
}

/* tcpdump -W: the names come again, the files are written anew; not so soon
 * that the reader, who looks around at every fourth ask, is still in them. */
static void test_ring(void **state)
{
    static const struct step first[] = {
        {"r0",   "Habc", false},
        {0}
    };
    static const struct step script[] = {
        {"r1",   "Hd", false},
        {"r1", "", false},
        {"r1",   "", false},
        {"r1", "", false},
        {"r1",   "", false},
        {"r0", "Hefghij", true},
        {"r0",   "k", false},
        {"r0", "", false},
        {"r0",   "", false},
        {"r0", "", false},
        {"r0",   "", false},
        {"r1",  "Hlm", true},
        {0  },
    };
    static const char *const names[] = {"r?"};

    (void)state;
    expect_times(names, 1, first, script, "abcdefghijklm");
}

static void test_folder_and_junk(void **state)
{
    static const struct step first[] = {
        {"a",    "no capture at all", false},
        {"b", "Ha", false},
        {0   }
    };
    static const struct step script[] = {
        {"c",    "Hb", false},
        {0}
    };
    static const char *const names[] = {"."};

    (void)state;
    expect_times(names, 1, first, script, "ab");
}

static void test_no_folder(void **state)
{
    static const char *const paths[] = {"/nowhere/at/all/x*.pcap"};
    struct follow_options options = {.path = paths, .paths = 1};
    struct fail fail = {0};

    (void)state;
    assert_null(follow_open(&options, &fail));
    assert_string_equal(fail.text, "cannot follow '/nowhere/at/all': No such "
                                   "file or directory");
}

/* None is left out in silence. */
static void test_many_folders(void **state)
{
    static const char *const paths[] = {"/1/*", "/2/*", "/3/*", "/4/*", "/5/*",
                                        "/6/*", "/7/*", "/8/*", "/9/*"};
    struct follow_options options = {.path = paths, .paths = 9};
    struct fail fail = {0};

    (void)state;
    assert_null(follow_open(&options, &fail));
    assert_string_equal(fail.text, "cannot follow files in more than 8 "
                                   "folders at once");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_begins_with_nothing),
        cmocka_unit_test(test_numbered),
        cmocka_unit_test(test_named_by_the_shell),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_folder_and_junk),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_many_folders),
    };

    return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
