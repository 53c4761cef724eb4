#include "sandbox/safe_kit.h"

char scratch[SAFE_PATH_SIZE];

int make_scratch(void **state)
{
    (void)state;
    (void)snprintf(scratch, sizeof scratch, "/tmp/whyeof-safe-XXXXXX");
    return !mkdtemp(scratch) || chmod(scratch, 0755) != 0;
}

int remove_scratch(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0)
        _exit(execlp("rm", "rm", "-r", scratch, (char *)NULL));
    return waitpid(child, &status, 0) != child || status != 0;
}

const char *in_scratch(const char *name)
{
    static char path[4][SAFE_PATH_SIZE * 2];
    static unsigned next;
    char *to = path[next++ % 4];

    (void)snprintf(to, sizeof path[0], "%s/%s", scratch, name);
    return to;
}

void make_folder(const char *name, uid_t owner, mode_t mode)
{
    assert_int_equal(mkdir(in_scratch(name), 0700), 0);
    assert_int_equal(chmod(in_scratch(name), mode), 0);
    if (owner != geteuid())
        assert_int_equal(chown(in_scratch(name), owner, (gid_t)owner), 0);
}

void make_file(const char *name, const char *text)
{
    FILE *file = fopen(in_scratch(name), "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void expect_in_file(const char *name, const char *expected)
{
    char text[100] = "";
    FILE *file = fopen(in_scratch(name), "re");

    assert_non_null(file);
    (void)fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    assert_string_equal(text, expected);
}
