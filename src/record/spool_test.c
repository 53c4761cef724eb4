#include "record/spool.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "record/folder_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define ONE   "20260101T000001.000000Z-a.pcapng"
#define TWO   "20260101T000002.000000Z-a.pcapng"
#define THREE "20260101T000003.000000Z-a.pcapng"

static struct spool *must_open(const struct folder *folder, uint64_t files,
                               uint64_t bytes)
{
    struct fail why = {0};
    int place = open(folder->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct spool *spool = spool_open(place, files, bytes, &why);

    (void)close(place);
    if (!spool)
        fail_msg("%s", why.text);
    return spool;
}

static void must_write(struct spool *spool, const char *name, int size)
{
    FILE *file = spool_create(spool, name);

    assert_non_null(file);
    assert_int_equal(fprintf(file, "%*d", size, 1), size);
    assert_true(spool_keep(spool, file));
}

static void test_times(void **state)
{
    char text[SPOOL_TIME_SIZE];

    (void)state;
    /* date -u -d @1795577412.123456789 */
    assert_string_equal(spool_print_time(text, INT64_C(1795577412123456789)),
                        "20261125T033012.123456Z");
    assert_string_equal(spool_print_time(text, 0), "19700101T000000.000000Z");
    assert_string_equal(spool_print_time(text, -1), "19691231T235959.999999Z");
    (void)spool_print_time(text, INT64_MAX);
    assert_int_equal(strlen(text), SPOOL_TIME_SIZE - 1);
    (void)spool_print_time(text, INT64_MIN);
    assert_int_equal(strlen(text), SPOOL_TIME_SIZE - 1);
}

/* Seen under its name only when it is complete, and only by its owner. */
static void test_name_at_the_end(void **state)
{
    struct folder folder;
    struct spool *spool;
    struct stat facts;
    FILE *file;

    (void)state;
    folder_make(&folder);
    spool = must_open(&folder, 10, 1000);
    file = spool_create(spool, ONE);
    assert_non_null(file);
    expect_folder(&folder, "." ONE ".part");
    assert_int_equal(fputs("12345", file), 1);
    assert_true(spool_keep(spool, file));
    expect_folder(&folder, ONE);
    assert_int_equal(stat(folder_file(&folder, ONE), &facts), 0);
    assert_int_equal(facts.st_size, 5);
    assert_int_equal(facts.st_mode & 07777, 0600);
    file = spool_create(spool, TWO);
    assert_non_null(file);
    errno = EDOM;
    spool_discard(spool, file);
    assert_int_equal(errno, EDOM);
    expect_folder(&folder, ONE);
    assert_int_equal(spool_counts(spool).written, 1);
    assert_int_equal(spool_counts(spool).bytes, 5);
    spool_close(spool);
    folder_remove(&folder);
}

static void test_limit_of_files(void **state)
{
    struct folder folder;
    struct spool *spool;

    (void)state;
    folder_make(&folder);
    spool = must_open(&folder, 2, 1000);
    must_write(spool, TWO, 5);
    must_write(spool, ONE, 5);
    expect_folder(&folder, ONE " " TWO);
    must_write(spool, THREE, 5);
    expect_folder(&folder, ONE " " THREE);
    assert_int_equal(spool_counts(spool).removed, 1);
    assert_int_equal(spool_counts(spool).standing, 2);
    assert_int_equal(spool_counts(spool).standing_bytes, 10);
    assert_int_equal(spool_counts(spool).written, 3);
    spool_close(spool);
    folder_remove(&folder);
}

static void test_limit_of_bytes(void **state)
{
    struct folder folder;
    struct spool *spool;

    (void)state;
    folder_make(&folder);
    spool = must_open(&folder, 100, 100);
    must_write(spool, ONE, 50);
    must_write(spool, TWO, 50);
    expect_folder(&folder, ONE " " TWO);
    must_write(spool, THREE, 51);
    expect_folder(&folder, THREE);
    /* the newest stays, though it alone is too much */
    must_write(spool, ONE, 500);
    expect_folder(&folder, ONE);
    assert_int_equal(spool_counts(spool).removed, 3);
    spool_close(spool);
    folder_remove(&folder);
}

/*
 * What ours is counts from the start, and only that; remains go. A file of
 * the same name from an earlier run is replaced, and not removed twice.
 */
static void test_what_was_there(void **state)
{
    struct folder folder;
    struct spool *spool;

    (void)state;
    folder_make(&folder);
    folder_put(&folder, TWO, 10);
    folder_put(&folder, ONE, 10);
    folder_put(&folder, "." THREE ".part", 10);
    folder_put(&folder, "20260101T000000.000000Z-x.txt", 10);
    folder_put(&folder, "2026010xT000000.000000Z-x.pcapng", 10);
    folder_put(&folder, "mine.pcapng", 1000);
    spool = must_open(&folder, 2, 1000);
    assert_int_equal(spool_counts(spool).standing, 2);
    assert_int_equal(spool_counts(spool).standing_bytes, 20);
    must_write(spool, ONE, 7);
    assert_int_equal(spool_counts(spool).standing, 2);
    assert_int_equal(spool_counts(spool).standing_bytes, 17);
    assert_int_equal(spool_counts(spool).removed, 0);
    must_write(spool, THREE, 7);
    expect_folder(&folder, "20260101T000000.000000Z-x.txt " ONE " " THREE " "
                           "2026010xT000000.000000Z-x.pcapng mine.pcapng");
    assert_int_equal(spool_counts(spool).removed, 1);
    spool_close(spool);
    folder_remove(&folder);
}

/* The remains of one that is still at work are left alone. */
static void test_two_at_work(void **state)
{
    struct folder folder;
    struct spool *first;
    struct spool *second;
    FILE *file;

    (void)state;
    folder_make(&folder);
    first = must_open(&folder, 2, 1000);
    file = spool_create(first, ONE);
    assert_non_null(file);
    second = must_open(&folder, 2, 1000);
    spool_close(second);
    assert_true(spool_keep(first, file));
    expect_folder(&folder, ONE);
    spool_close(first);
    folder_remove(&folder);
}

/* A link that somebody planted is replaced, not followed. */
static void test_planted_links(void **state)
{
    struct folder folder;
    struct spool *spool;
    struct stat facts;

    (void)state;
    folder_make(&folder);
    folder_put(&folder, "target", 3);
    spool = must_open(&folder, 2, 1000);
    assert_int_equal(symlink("target", folder_file(&folder, ONE)), 0);
    assert_int_equal(symlink("target", folder_file(&folder, "." ONE ".part")),
                     0);
    must_write(spool, ONE, 50);
    assert_int_equal(lstat(folder_file(&folder, ONE), &facts), 0);
    assert_true(S_ISREG(facts.st_mode));
    assert_int_equal(stat(folder_file(&folder, "target"), &facts), 0);
    assert_int_equal(facts.st_size, 3);
    expect_folder(&folder, ONE " target");
    spool_close(spool);
    folder_remove(&folder);
}

/* Many files: what is forgotten of them is given back. */
static void test_many(void **state)
{
    struct folder folder;
    struct spool *spool;

    (void)state;
    folder_make(&folder);
    for (int i = 0; i < 5; i++) {
        char name[SPOOL_NAME_SIZE];

        (void)snprintf(name, sizeof name, "20250101T00000%d.000000Z-a.pcapng",
                       i);
        folder_put(&folder, name, 1);
    }
    spool = must_open(&folder, 3, 1000);
    for (int i = 0; i < 1000; i++) {
        char name[SPOOL_NAME_SIZE];

        (void)snprintf(name, sizeof name, "20260101T000000.%06dZ-a.pcapng", i);
        must_write(spool, name, 1);
    }
    expect_folder(&folder, "20260101T000000.000997Z-a.pcapng "
                           "20260101T000000.000998Z-a.pcapng "
                           "20260101T000000.000999Z-a.pcapng");
    assert_int_equal(spool_counts(spool).removed, 1002);
    spool_close(spool);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_name_at_the_end),
        cmocka_unit_test(test_limit_of_files),
        cmocka_unit_test(test_limit_of_bytes),
        cmocka_unit_test(test_what_was_there),
        cmocka_unit_test(test_two_at_work),
        cmocka_unit_test(test_planted_links),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
