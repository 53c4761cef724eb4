#include "sandbox/safe_kit.h"

#include "sandbox/safe_folder.h"

/* The folder that is found is the one at `expected`. */
static void expect_found(const char *path, const char *expected)
{
    struct safe_folder folder;
    struct fail why = {0};
    struct stat found;
    struct stat wanted;

    if (!safe_folder_open(&folder, path, &why))
        fail_msg("%s: %s", path, why.text);
    assert_int_equal(fstat(folder.descriptor, &found), 0);
    assert_int_equal(stat(expected, &wanted), 0);
    assert_true(found.st_ino == wanted.st_ino && found.st_dev == wanted.st_dev);
    (void)close(folder.descriptor);
}

static void expect_refused(const char *path, const char *words)
{
    struct safe_folder folder;
    struct fail why = {0};

    assert_false(safe_folder_open(&folder, path, &why));
    assert_int_equal(folder.descriptor, -1);
    assert_non_null(strstr(why.text, words));
}

static void test_ways(void **state)
{
    char here[SAFE_PATH_SIZE];

    (void)state;
    make_folder("a", geteuid(), 0755);
    make_folder("a/b", geteuid(), 0755);
    expect_found("/", "/");
    expect_found(in_scratch("a/b"), in_scratch("a/b"));
    expect_found(in_scratch("a//./b/"), in_scratch("a/b"));
    expect_found(in_scratch("a/b/../.."), scratch);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(scratch), 0);
    expect_found("a/b", in_scratch("a/b"));
    expect_found(".", scratch);
    expect_found("a/../a", in_scratch("a"));
    assert_int_equal(chdir(here), 0);
}

static void test_no_ways(void **state)
{
    static char endless[5000];

    (void)state;
    make_file("file", "");
    assert_int_equal(mkfifo(in_scratch("fifo"), 0600), 0);
    expect_refused(in_scratch("none"), "No such file or directory");
    expect_refused(in_scratch("file"), "Not a directory");
    expect_refused(in_scratch("file/x"), "Not a directory");
    expect_refused(in_scratch("fifo"), "Not a directory");
    expect_refused("", "No such file or directory");
    memset(endless, '/', sizeof endless - 1);
    expect_refused(endless, "File name too long");
}

/* Where only we can have put them. */
static void test_own_links(void **state)
{
    (void)state;
    make_folder("a", geteuid(), 0755);
    make_folder("a/b", geteuid(), 0755);
    assert_int_equal(symlink("a/b", in_scratch("near")), 0);
    assert_int_equal(symlink(in_scratch("a"), in_scratch("far")), 0);
    assert_int_equal(symlink("../near", in_scratch("a/up")), 0);
    assert_int_equal(symlink("round", in_scratch("round")), 0);
    assert_int_equal(symlink("nowhere", in_scratch("dangling")), 0);
    expect_found(in_scratch("near"), in_scratch("a/b"));
    expect_found(in_scratch("far/b"), in_scratch("a/b"));
    expect_found(in_scratch("far/up/.."), in_scratch("a"));
    expect_refused(in_scratch("round"), "Too many levels");
    expect_refused(in_scratch("dangling"), "No such file");
}

static void test_links_of_others(void **state)
{
    if (geteuid() != 0)
        skip();
    (void)state;
    make_folder("a", 0, 0755);
    make_folder("theirs", SOMEBODY, 0755);
    make_folder("open", 0, 01777);
    make_folder("group", 0, 0775);
    assert_int_equal(symlink("../a", in_scratch("theirs/link")), 0);
    assert_int_equal(symlink("../a", in_scratch("open/link")), 0);
    assert_int_equal(symlink("../a", in_scratch("group/link")), 0);
    expect_found(in_scratch("theirs"), in_scratch("theirs"));
    expect_refused(in_scratch("theirs/link"), "'link' is a symbolic link");
    expect_refused(in_scratch("open/link"), "'link' is a symbolic link");
    expect_refused(in_scratch("group/link/x"), "'link' is a symbolic link");
}

/* As another user, in a child: a number for what went otherwise. */
static int walk_as_somebody(void)
{
    struct safe_folder folder;
    struct fail why = {0};

    if (setgid(SOMEBODY) != 0 || setuid(SOMEBODY) != 0)
        return 1;
    if (symlink("../a", in_scratch("open/own")) != 0)
        return 2;
    if (!safe_folder_open(&folder, in_scratch("open/own"), &why))
        return 3;
    if (safe_folder_open(&folder, in_scratch("open/link"), &why))
        return 4;
    why.set = false;
    if (safe_folder_open(&folder, in_scratch("closed/x"), &why) ||
        strcmp(why.text, "permission denied to user 'nobody'") != 0)
        return 5;
    return 0;
}

/* Who is not root follows what is theirs, but not what a third one left. */
static void test_as_somebody(void **state)
{
    int status;
    pid_t child;

    if (geteuid() != 0)
        skip();
    (void)state;
    make_folder("a", 0, 0755);
    make_folder("open", 0, 01777);
    make_folder("closed", 0, 0700);
    assert_int_equal(symlink("../a", in_scratch("open/link")), 0);
    assert_int_equal(lchown(in_scratch("open/link"), 1, 1), 0);
    child = fork();
    if (child == 0)
        _exit(walk_as_somebody());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static bool is_only_root(const char *path)
{
    struct safe_folder folder;
    struct fail why = {0};

    assert_true(safe_folder_open(&folder, path, &why));
    (void)close(folder.descriptor);
    return folder.only_root;
}

static void test_only_root(void **state)
{
    if (geteuid() != 0)
        skip();
    (void)state;
    make_folder("ours", 0, 0755);
    make_folder("theirs", SOMEBODY, 0755);
    make_folder("theirs/ours", 0, 0755);
    make_folder("group", 0, 0775);
    make_folder("group/ours", 0, 0755);
    assert_true(is_only_root("/"));
    assert_true(is_only_root(in_scratch("ours")));
    assert_false(is_only_root("/tmp"));
    assert_false(is_only_root(in_scratch("theirs")));
    assert_false(is_only_root(in_scratch("theirs/ours")));
    assert_false(is_only_root(in_scratch("group")));
    assert_false(is_only_root(in_scratch("group/ours")));
}

static void test_above(void **state)
{
    struct safe_folder folder;
    struct fail why = {0};
    static char endless[5000];

    (void)state;
    assert_true(safe_folder_above(&folder, in_scratch("none"), &why));
    (void)close(folder.descriptor);
    assert_false(safe_folder_above(&folder, in_scratch(""), &why));
    assert_string_equal(why.text, "it has no name");
    /* cut to what fits, it would be another one */
    memset(endless, '/', sizeof endless - 2);
    endless[sizeof endless - 2] = 'x';
    why.set = false;
    assert_false(safe_folder_above(&folder, endless, &why));
    assert_string_equal(why.text, "File name too long");
}

static bool make(const char *name, struct fail *why)
{
    struct safe_folder folder;
    bool made;

    why->set = false;
    if (safe_folder_make(&folder, in_scratch(name), &made, why))
        (void)close(folder.descriptor);
    else
        assert_int_equal(folder.descriptor, -1);
    return made;
}

static void test_make(void **state)
{
    struct fail why = {0};
    struct stat about;

    (void)state;
    assert_true(make("new", &why));
    assert_int_equal(stat(in_scratch("new"), &about), 0);
    assert_int_equal(about.st_mode & 07777, 0700);
    assert_false(make("new", &why));
    assert_false(why.set);
    assert_true(make("slashes///", &why));
    assert_false(make("slashes/.", &why));
    assert_false(why.set);
    assert_false(make("no/such", &why));
    assert_string_equal(why.text, "No such file or directory");
    make_file("file", "");
    assert_false(make("file", &why));
    assert_string_equal(why.text, "Not a directory");
    assert_int_equal(symlink("nowhere", in_scratch("dangling")), 0);
    assert_false(make("dangling", &why));
    assert_string_equal(why.text, "No such file or directory");
    assert_int_equal(stat(in_scratch("nowhere"), &about), -1);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_scratch, remove_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ways),        TEST(test_no_ways),
        TEST(test_own_links),   TEST(test_links_of_others),
        TEST(test_as_somebody), TEST(test_only_root),
        TEST(test_above),       TEST(test_make),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
