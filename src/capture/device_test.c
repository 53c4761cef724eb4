#include "capture/live_kit.h"

static void open_and_fail(const struct live_options *options, struct fail *fail)
{
    assert_null(live_open(options, fail));
    assert_true(fail->set);
}

static void test_refused(void **state)
{
    struct fail fail = {0};

    (void)state;
    NEED_CABLE();
    open_and_fail(&(struct live_options){.interface = "eth7"}, &fail);
    assert_non_null(strstr(fail.text, "there is no interface 'eth7'; there "
                                      "are: "));
    assert_non_null(strstr(fail.text, "va"));
    assert_non_null(strstr(fail.text, "any"));
    assert_null(strstr(fail.text, "bluetooth"));

    fail.set = false;
    open_and_fail(&(struct live_options){.interface = "va",
                                         .filter = "tcp prot 80"},
                  &fail);
    assert_non_null(strstr(fail.text, "bad filter 'tcp prot 80': "));
    assert_non_null(strstr(fail.text, "syntax error"));

    fail.set = false;
    assert_true(run("ip link set va down"));
    open_and_fail(&(struct live_options){.interface = "va"}, &fail);
    assert_string_equal(fail.text, "interface 'va' is down; it must be up to "
                                   "begin with (ip link set va up)");
}

/* In a child, for there is no way back from being nobody. */
static void test_no_permission(void **state)
{
    int status;
    pid_t child;

    (void)state;
    NEED_CABLE();
    child = fork();
    if (child == 0) {
        struct fail fail = {0};
        struct fail other = {0};
        char exe[300] = "";
        ssize_t size = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
        char expected[FAIL_TEXT_SIZE];

        if (setuid(65534) != 0)
            _exit(9);
        (void)live_open(&(struct live_options){.interface = "va"}, &fail);
        (void)live_open(&(struct live_options){.interface = "vx"}, &other);
        (void)snprintf(expected, sizeof(expected),
                       "no permission to capture on 'va': run it as root "
                       "(sudo whyeof …), or once: sudo setcap cap_net_raw+ep "
                       "%s",
                       exe);
        if (size <= 0 || strcmp(fail.text, expected) != 0)
            _exit(1);
        _exit(strstr(other.text, "no interface 'vx'; there are: ") ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_list(void **state)
{
    struct fail fail = {0};
    char *text = NULL;
    size_t size;
    FILE *out;

    (void)state;
    NEED_CABLE();
    assert_true(run("ip link set vb down"));
    out = open_memstream(&text, &size);
    assert_true(live_list(out, &fail));
    (void)fclose(out);
    assert_non_null(strstr(text, "va   up    10.9.0.1"));
    assert_non_null(strstr(text, "vb   down  -"));
    assert_non_null(strstr(text, "lo   up    127.0.0.1"));
    assert_non_null(strstr(text, "any  up    -"));
    assert_null(strstr(text, "nflog"));
    free(text);

    out = fopen("/dev/full", "w");
    assert_non_null(out);
    assert_false(live_list(out, &fail));
    assert_string_equal(fail.text, "cannot write the list of interfaces");
    (void)fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_permission),
        cmocka_unit_test(test_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
