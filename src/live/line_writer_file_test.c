#include "live/line_writer_kit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char folder_path[] = "/tmp/whyeof-writer-XXXXXX";
static int folder;

static int make_folder(void **state)
{
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    if (!mkdtemp(folder_path))
        return -1;
    folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0;
}

static int remove_folder(void **state)
{
    static const char *const name[] = {"out", "out.1", "fifo", "sub"};

    (void)state;
    for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++)
        (void)unlinkat(folder, name[i], 0);
    (void)close(folder);
    return rmdir(folder_path);
}

static void assert_file(const char *name, const char *expected)
{
    char text[LINE_ROOM] = "";
    int file = openat(folder, name, O_RDONLY);

    assert_true(file >= 0);
    assert_true(read(file, text, sizeof(text) - 1) >= 0);
    assert_string_equal(text, expected);
    (void)close(file);
}

static void test_file(void **state)
{
    struct fail fail = {0};
    struct line_writer *writer = line_writer_open_file(folder, "out", 0, &fail);
    struct stat about;

    (void)state;
    assert_non_null(writer);
    send_lines(writer, 0, 2, 0);
    assert_false(line_writer_is_waiting(writer));
    assert_int_equal(fstatat(folder, "out", &about, 0), 0);
    assert_int_equal(about.st_mode & 0133, 0);
    line_writer_close(writer);
    writer = line_writer_open_file(folder, "out", 0, &fail);
    send_lines(writer, 2, 3, 0);
    assert_file("out", "0 \n1 \n2 \n");

    assert_int_equal(renameat(folder, "out", folder, "out.1"), 0);
    send_lines(writer, 3, 4, 0);
    assert_true(line_writer_reopen(writer, &fail));
    send_lines(writer, 4, 5, 0);
    assert_file("out.1", "0 \n1 \n2 \n3 \n");
    assert_file("out", "4 \n");

    /* Where there can be none, the old one goes on. */
    assert_int_equal(unlinkat(folder, "out", 0), 0);
    assert_int_equal(mkdirat(folder, "out", 0700), 0);
    assert_false(line_writer_reopen(writer, &fail));
    assert_string_equal(fail.text, "cannot write to 'out': Is a directory");
    send_lines(writer, 5, 6, 0);
    assert_null(line_writer_failure(writer));
    assert_int_equal(unlinkat(folder, "out", AT_REMOVEDIR), 0);
    line_writer_close(writer);
}

static void test_fifo(void **state)
{
    struct fail fail = {0};
    struct reader reader = {0};
    struct line_writer *writer;

    (void)state;
    assert_int_equal(mkfifoat(folder, "fifo", 0600), 0);
    assert_null(line_writer_open_file(folder, "fifo", 0, &fail));
    assert_string_equal(fail.text, "cannot write to 'fifo': nobody reads it");
    reader.descriptor = openat(folder, "fifo", O_RDONLY | O_NONBLOCK);
    writer = line_writer_open_file(folder, "fifo", 0, &fail);
    send_lines(writer, 0, MANY, 0);
    assert_true(line_writer_is_waiting(writer));
    read_out(&reader, writer);
    assert_int_equal(count_lines(&reader, 0), MANY);
    line_writer_close(writer);
    close_reader(&reader);
}

static void test_full(void **state)
{
    int full = open("/dev/full", O_WRONLY);
    struct line_writer *writer = line_writer_open_descriptor(full, "full", 10);

    (void)state;
    assert_null(line_writer_failure(writer));
    send_lines(writer, 0, 5, 0);
    assert_string_equal(line_writer_failure(writer),
                        "cannot write to 'full': No space left on device");
    send_lines(writer, 0, 5, 0);
    assert_null(line_writer_failure(writer));
    /* poll(2) would say at once that there is room. */
    assert_false(line_writer_is_waiting(writer));
    assert_false(line_writer_is_closed(writer));
    assert_int_equal(line_writer_dropped(writer), 7);
    assert_false(line_writer_drain(writer, NANOS_PER_SECOND));
    assert_int_equal(line_writer_dropped(writer), 10);
    line_writer_close(writer);
    (void)close(full);
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit in the middle of a line is like a disk that is full there. */
static void test_full_midway(void **state)
{
    struct fail fail = {0};
    struct line_writer *writer;

    (void)state;
    (void)unlinkat(folder, "out", 0);
    writer = line_writer_open_file(folder, "out", 0, &fail);
    limit_files(8);
    send_lines(writer, 0, 4, 0);
    assert_string_equal(line_writer_failure(writer),
                        "cannot write to 'out': File too large");
    assert_file("out", "0 \n1 \n2 ");
    limit_files(RLIM_INFINITY);
    line_writer_flush(writer);
    assert_file("out", "0 \n1 \n2 \n3 \n");
    limit_files(13);
    send_lines(writer, 4, 6, 0);
    assert_non_null(line_writer_failure(writer));

    /* A torn line does not go on in another file; those after it do. */
    (void)renameat(folder, "out", folder, "out.1");
    assert_true(line_writer_reopen(writer, &fail));
    assert_file("out.1", "0 \n1 \n2 \n3 \n4");
    assert_file("out", "5 \n");
    assert_int_equal(line_writer_dropped(writer), 1);
    limit_files(RLIM_INFINITY);
    line_writer_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_full_midway),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
