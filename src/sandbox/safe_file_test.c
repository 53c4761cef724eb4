#include "sandbox/safe_kit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sandbox/safe_file.h"

static int folder;

static int open_scratch(void **state)
{
    if (make_scratch(state) != 0)
        return -1;
    folder = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0;
}

static int close_scratch(void **state)
{
    (void)close(folder);
    return remove_scratch(state);
}

static void append(const char *name, const char *text)
{
    struct fail why = {0};
    int file = safe_file_open(folder, name, &why);

    if (file < 0)
        fail_msg("%s: %s", name, why.text);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    (void)close(file);
}

static void expect_refused(const char *name, const char *words)
{
    struct fail why = {0};

    assert_int_equal(safe_file_open(folder, name, &why), -1);
    assert_string_equal(why.text, words);
    why.set = false;
    assert_null(safe_file_stream(folder, name, &why));
    assert_string_equal(why.text, words);
}

static mode_t mode_of(const char *name)
{
    struct stat about;

    assert_int_equal(lstat(in_scratch(name), &about), 0);
    return about.st_mode & 07777;
}

static void test_files(void **state)
{
    (void)state;
    append("new", "one ");
    assert_int_equal(mode_of("new"), 0600);
    append("new", "two");
    expect_in_file("new", "one two");
    make_file("old", "old ");
    assert_int_equal(chmod(in_scratch("old"), 0640), 0);
    append("old", "new");
    expect_in_file("old", "old new");
    assert_int_equal(mode_of("old"), 0640);
}

static void test_links(void **state)
{
    (void)state;
    make_file("target", "precious");
    assert_int_equal(symlink("target", in_scratch("link")), 0);
    assert_int_equal(symlink("none", in_scratch("dangling")), 0);
    assert_int_equal(link(in_scratch("target"), in_scratch("hard")), 0);
    expect_refused("link", "it is a symbolic link");
    expect_refused("dangling", "it is a symbolic link");
    expect_refused("hard", "it has another name, too (a hard link)");
    expect_in_file("target", "precious");
    assert_int_equal(access(in_scratch("none"), F_OK), -1);
}

static void test_no_files(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int socket_file = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%.90s/socket",
                   scratch);
    assert_int_equal(
        bind(socket_file, (struct sockaddr *)&address, sizeof address), 0);
    make_folder("folder", geteuid(), 0755);
    expect_refused("socket", "it is a socket");
    expect_refused("folder", "Is a directory");
    expect_refused("no/such", "No such file or directory");
    (void)close(socket_file);
}

static void test_devices(void **state)
{
    int devices = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct fail why = {0};
    int null = safe_file_open(devices, "null", &why);

    (void)state;
    assert_true(null >= 0);
    (void)close(null);
    assert_int_equal(safe_file_open(devices, "full", &why), -1);
    assert_string_equal(why.text, "it is a device");
    (void)close(devices);
}

static void test_fifo(void **state)
{
    struct fail why = {0};
    char byte = ' ';
    int reader;
    int file;
    FILE *stream;

    (void)state;
    assert_int_equal(mkfifo(in_scratch("fifo"), 0600), 0);
    expect_refused("fifo", "nobody reads it");
    reader = openat(folder, "fifo", O_RDONLY | O_NONBLOCK);
    file = safe_file_open(folder, "fifo", &why);
    assert_true(file >= 0);
    assert_true(fcntl(file, F_GETFL) & O_NONBLOCK);
    stream = safe_file_stream(folder, "fifo", &why);
    assert_non_null(stream);
    assert_false(fcntl(fileno(stream), F_GETFL) & O_NONBLOCK);
    assert_int_equal(fputc('x', stream), 'x');
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(read(reader, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    (void)close(file);
    (void)close(reader);
}

static void give(const char *name)
{
    assert_int_equal(lchown(in_scratch(name), SOMEBODY, SOMEBODY), 0);
}

static void test_of_another_user(void **state)
{
    int reader;

    if (geteuid() != 0)
        skip();
    (void)state;
    make_file("file", "theirs");
    give("file");
    assert_int_equal(mkfifo(in_scratch("fifo"), 0666), 0);
    give("fifo");
    reader = openat(folder, "fifo", O_RDONLY | O_NONBLOCK);
    expect_refused("file", "it belongs to another user");
    expect_refused("fifo", "it belongs to another user");
    expect_in_file("file", "theirs");
    (void)close(reader);
}

static void draft(const char *name, mode_t mode)
{
    int file = safe_file_draft(folder, name, mode);

    assert_true(file >= 0);
    assert_int_equal(write(file, "new", 3), 3);
    (void)close(file);
    expect_in_file(name, "new");
    assert_int_equal(mode_of(name), mode);
}

static void test_draft(void **state)
{
    (void)state;
    make_file("target", "precious");
    assert_int_equal(symlink("target", in_scratch("link")), 0);
    assert_int_equal(link(in_scratch("target"), in_scratch("hard")), 0);
    assert_int_equal(mkfifo(in_scratch("fifo"), 0600), 0);
    make_folder("folder", geteuid(), 0755);
    draft("new", 0600);
    draft("new", 0644);
    draft("link", 0600);
    draft("hard", 0600);
    draft("fifo", 0600);
    expect_in_file("target", "precious");
    assert_int_equal(safe_file_draft(folder, "folder", 0600), -1);
    assert_int_equal(errno, EEXIST);
}

static void expect_replaceable(const char *name, const char *words)
{
    struct fail why = {0};

    assert_int_equal(safe_file_may_replace(folder, name, &why), !words);
    assert_string_equal(why.text, words ? words : "");
}

static void test_may_replace(void **state)
{
    (void)state;
    make_file("file", "");
    make_file("target", "");
    assert_int_equal(symlink("target", in_scratch("link")), 0);
    assert_int_equal(link(in_scratch("target"), in_scratch("hard")), 0);
    assert_int_equal(mkfifo(in_scratch("fifo"), 0600), 0);
    make_folder("folder", geteuid(), 0755);
    expect_replaceable("none", NULL);
    expect_replaceable("file", NULL);
    expect_replaceable("link", "it is a symbolic link");
    expect_replaceable("hard", "it has another name, too (a hard link)");
    expect_replaceable("fifo", "it is a FIFO");
    expect_replaceable("folder", "Is a directory");
    expect_replaceable("/dev/null", "it is a device");
}

static void test_stream(void **state)
{
    struct fail why = {0};
    FILE *stream;

    (void)state;
    make_file("old", "a long text of before");
    stream = safe_file_stream_at(in_scratch("old"), &why);
    assert_non_null(stream);
    assert_true(fputs("short", stream) >= 0);
    assert_int_equal(fclose(stream), 0);
    expect_in_file("old", "short");
    assert_null(safe_file_stream_at(in_scratch("no/such"), &why));
    assert_string_equal(why.text, "No such file or directory");
}

static void test_descriptors(void **state)
{
    struct fail why = {0};
    char path[SAFE_PATH_SIZE];
    char byte = ' ';
    FILE *stream;
    int ends[2];

    (void)state;
    assert_int_equal(safe_file_descriptor("-"), 1);
    assert_int_equal(safe_file_descriptor("/dev/stdout"), 1);
    assert_int_equal(safe_file_descriptor("/dev/stderr"), 2);
    assert_int_equal(safe_file_descriptor("/dev/fd/63"), 63);
    assert_int_equal(safe_file_descriptor("/proc/self/fd/7"), 7);
    assert_int_equal(safe_file_descriptor("/dev/fd/7x"), -1);
    assert_int_equal(safe_file_descriptor("/dev/fd/"), -1);
    assert_int_equal(safe_file_descriptor("/dev/fd/9999999999"), -1);
    assert_int_equal(safe_file_descriptor("dev/stdout"), -1);
    assert_int_equal(pipe(ends), 0);
    assert_true(safe_file_takes_bytes(ends[1]));
    assert_false(safe_file_takes_bytes(ends[0]));
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    stream = safe_file_stream_at(path, &why);
    assert_non_null(stream);
    assert_int_equal(fputc('x', stream), 'x');
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_true(safe_file_takes_bytes(ends[1])); /* it is still open */
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_false(safe_file_takes_bytes(ends[1]));
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_scratch, close_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files),    TEST(test_links),
        TEST(test_no_files), TEST(test_devices),
        TEST(test_fifo),     TEST(test_of_another_user),
        TEST(test_draft),    TEST(test_may_replace),
        TEST(test_stream),   TEST(test_descriptors),
    };

    (void)umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
