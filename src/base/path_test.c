/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/path.h"

static void test_parts(void **state)
{
    static const struct {
        const char *path;
        const char *folder;
        const char *name;
    } rows[] = {
        {"a/b/c", "a/b", "c"},
        {"/c",    "/",   "c"},
        {"/b/c",  "/b",  "c"},
        {"c",     ".",   "c"},
        {"",      ".",   "" },
        {"b/",    "b",   "" },
        {"./c",   ".",   "c"},
    };
    char folder[PATH_SIZE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(path_print_folder(folder, rows[i].path),
                            rows[i].folder);
        assert_string_equal(path_name(rows[i].path), rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
    };

    return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
