/* What was read is not read again, however many files there were. */
/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "capture/fileset.h"

enum {
    PATH_SIZE = 200
};

static void test_forgotten(void **state)
{
    char folder[PATH_SIZE] = "/tmp/fileset_test.XXXXXX";
    char path[2 * PATH_SIZE];
    const char *const paths[] = {folder};
    struct arena arena;
    struct fileset *set = must_calloc(1, sizeof *set);
    struct fileset_file file;
    struct fileset_file other = {.path = "/nowhere"};
    FILE *written;

    (void)state;
    arena_init(&arena);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a.pcap", folder);
    written = fopen(path, "w");
    assert_non_null(written);
    assert_int_equal(fclose(written), 0);
    fileset_init(set, &arena, paths, 1);
    assert_true(fileset_next(set, NULL, &file));
    fileset_done(set, &file);
    assert_false(fileset_next(set, NULL, &other));
    other = file;
    (void)snprintf(other.path, sizeof other.path, "/nowhere");
    for (int i = 1; i <= FILESET_DONE_KEPT; i++) {
        other.stamp.node = file.stamp.node + (ino_t)i;
        other.stamp.written = file.stamp.written + i;
        fileset_done(set, &other);
    }
    assert_false(fileset_next(set, NULL, &other));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    arena_release(&arena);
    free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
