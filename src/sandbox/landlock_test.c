#include "sandbox/confine_kit.h"

static int open_below(const char *folder, const char *name, int flags)
{
    char path[2 * KIT_PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return open(path, flags, 0644);
}

static void child_files(const struct place *place)
{
    struct confine_options options = both_folders(place);
    char path[2 * KIT_PATH_SIZE], other[2 * KIT_PATH_SIZE];
    int folder = open(place->writable, O_RDONLY | O_DIRECTORY);
    int file;

    child_confine(&options);
    WANT(open("/etc/passwd", O_RDONLY) < 0);
    WANT(open("/proc/self/status", O_RDONLY) < 0);
    WANT(open("/tmp/whyeof-confine-none", O_WRONLY | O_CREAT, 0644) < 0);
    WANT(open("/tmp", O_RDONLY | O_DIRECTORY) < 0);
    WANT(open_below(place->writable, "../../etc/passwd", O_RDONLY) < 0);
    WANT(openat(folder, "../../etc/passwd", O_RDONLY) < 0);

    WANT(open_below(place->readable, "old", O_RDONLY) >= 0);
    WANT(open_below(place->readable, ".", O_RDONLY | O_DIRECTORY) >= 0);
    WANT(open_below(place->readable, "old", O_WRONLY) < 0);
    WANT(open_below(place->readable, "old", O_RDONLY | O_TRUNC) < 0);
    WANT(open_below(place->readable, "new", O_WRONLY | O_CREAT) < 0);

    WANT(open_below(place->writable, "old", O_RDWR) >= 0);
    file = open_below(place->writable, "new", O_RDWR | O_CREAT | O_EXCL);
    WANT(write(file, "abc", 3) == 3 && ftruncate(file, 1) == 0);
    WANT(fsync(file) == 0 && fdatasync(file) == 0 && close(file) == 0);
    WANT(renameat(folder, "new", folder, "newer") == 0);
    WANT(unlinkat(folder, "newer", 0) == 0);
    (void)snprintf(path, sizeof(path), "%s/old", place->writable);
    (void)snprintf(other, sizeof(other), "%s/older", place->writable);
    WANT(rename(path, other) == 0 && unlink(other) == 0);
    WANT(mkdirat(folder, "folder", 0755) < 0);
    WANT(symlinkat("/etc/passwd", folder, "link") < 0);
}

static void test_files(void **state)
{
    if (!has_landlock())
        skip();
    assert_no_complaints(child_files, state);
}

static void child_no_files(const struct place *place)
{
    struct confine_options options = {.folders = 0};
    int folder = open(place->writable, O_RDONLY | O_DIRECTORY);

    child_confine(&options);
    WANT(openat(folder, "old", O_RDONLY) < 0);
    WANT(unlinkat(folder, "old", 0) < 0);
    WANT(open("/etc/passwd", O_RDONLY) < 0);
}

static void test_no_files(void **state)
{
    assert_no_complaints(child_no_files, state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_files, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
