#include "sandbox/confine_kit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

static void read_status(pid_t child, char text[static 8192])
{
    char path[KIT_PATH_SIZE];
    FILE *file;
    size_t size;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
    file = fopen(path, "r");
    assert_non_null(file);
    size = fread(text, 1, 8191, file);
    text[size] = '\0';
    (void)fclose(file);
}

/* A confined child of `user` that waits until it is killed. */
static pid_t start_waiting(const struct place *place, const char *user)
{
    int ends[2];
    char ready;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct confine_options options = both_folders(place);
        struct confine_user become;
        struct confined confined;
        struct fail fail = {0};

        if (!confine_find_user(&become, user, &fail) ||
            !confine_become(&become, &confined, &fail) ||
            !confine(&options, &confined, &fail))
            _exit(1);
        (void)write(ends[1], "x", 1);
        for (;;)
            (void)pause();
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], &ready, 1), 1);
    (void)close(ends[0]);
    return child;
}

static void stop_waiting(pid_t child)
{
    int status;

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
}

static const char no_privileges[] = "CapInh:\t0000000000000000\n"
                                    "CapPrm:\t0000000000000000\n"
                                    "CapEff:\t0000000000000000\n";

static void assert_restricted(const char *status)
{
    assert_non_null(strstr(status, no_privileges));
    assert_non_null(strstr(status, "CapAmb:\t0000000000000000\n"));
    assert_non_null(strstr(status, "NoNewPrivs:\t1\n"));
    assert_non_null(strstr(status, "Seccomp:\t2\n"));
}

static void test_status(void **state)
{
    char text[8192];
    pid_t child = start_waiting(*state, NULL);

    read_status(child, text);
    stop_waiting(child);
    assert_restricted(text);
    if (geteuid() != 0)
        skip();
    assert_non_null(strstr(text, "Uid:\t65534\t65534\t65534\t65534\n"));
    assert_non_null(strstr(text, "Gid:\t65534\t65534\t65534\t65534\n"));
    assert_non_null(strstr(text, "Groups:\t \n"));
}

static void test_root_stays(void **state)
{
    char text[8192];
    pid_t child;

    if (geteuid() != 0)
        skip();
    child = start_waiting(*state, "root");
    read_status(child, text);
    stop_waiting(child);
    assert_restricted(text);
    assert_non_null(strstr(text, "Uid:\t0\t0\t0\t0\n"));
}

/* A folder of somebody else's, one that is none, a user that is not there. */
static void child_refused(const struct place *place)
{
    struct confine_options options = both_folders(place);
    struct confine_user user;
    struct confined confined;
    struct fail fail = {0};

    WANT(!confine_find_user(&user, "whyeof-none", &fail));
    want(strcmp(fail.text, "there is no user 'whyeof-none'") == 0, fail.text);

    fail.set = false;
    WANT(confine_find_user(&user, NULL, &fail));
    WANT(confine_become(&user, &confined, &fail));
    options.folder[0].path = "/etc/passwd";
    WANT(!confine(&options, &confined, &fail));
    want(strcmp(fail.text, "cannot open the folder '/etc/passwd': Not a "
                           "directory") == 0,
         fail.text);

    fail.set = false;
    options.folder[0] = (struct confine_folder){.path = "/", .write = true};
    WANT(!confine(&options, &confined, &fail));
    want(strstr(fail.text, "cannot write in the folder '/': Permission "
                           "denied") != NULL,
         fail.text);

    fail.set = false;
    WANT(!confine_find_user(&user, "root", &fail));
    want(strcmp(fail.text, "only root can become user 'root'") == 0, fail.text);
}

static void test_refused(void **state)
{
    assert_no_complaints(child_refused, state);
}

static uid_t owner_of(const char *path)
{
    struct stat about;

    assert_int_equal(stat(path, &about), 0);
    return about.st_uid;
}

/* Gives the folder to nobody, if it may be given away. */
static bool give(const char *path, struct fail *fail)
{
    int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct confine_user user;
    bool given;

    fail->set = false;
    assert_true(confine_find_user(&user, NULL, fail));
    given = confine_give(&user, folder, fail);
    (void)close(folder);
    return given;
}

/* Only one that is empty and ours can have been made in this moment. */
static void test_give(void **state)
{
    struct place *place = *state;
    struct fail fail = {0};
    char made[2 * KIT_PATH_SIZE];

    if (geteuid() != 0)
        skip();
    (void)snprintf(made, sizeof(made), "%s/made", place->writable);
    assert_int_equal(mkdir(made, 0700), 0);
    assert_true(give(made, &fail));
    assert_int_equal(owner_of(made), 65534);
    assert_int_equal(chown(made, 1, 1), 0);
    assert_false(give(made, &fail));
    assert_non_null(strstr(fail.text, "is another one now"));
    assert_int_equal(owner_of(made), 1);
    assert_false(give(place->readable, &fail)); /* there is a file in it */
    assert_int_equal(owner_of(place->readable), 0);
}

/* Waits for a byte, then sends an ARP request out of 'va' and removes it. */
static void disturb(int start)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    int sender = socket(AF_INET, SOCK_DGRAM, 0);
    char byte;

    to.sin_addr.s_addr = htonl(0x0a090007);
    WANT(read(start, &byte, 1) == 1);
    WANT(sendto(sender, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1);
    (void)usleep(50000);
    WANT(run("ip link del va"));
}

static void read_to_end(struct live *live)
{
    nanos end = live_clock() + 5 * NANOS_PER_SECOND;
    enum live_answer answer = LIVE_EMPTY;
    struct frame frame;

    while (answer != LIVE_GONE && live_clock() < end) {
        struct pollfd ready = {.fd = live_descriptor(live), .events = POLLIN};

        answer = live_next(live, &frame);
        if (answer != LIVE_FRAME)
            (void)poll(&ready, 1, 50);
    }
    WANT(answer == LIVE_GONE);
}

/* A confined process still reads, counts, and sees its interface go. */
static void child_live(const struct place *place)
{
    struct live_options live_options = {.interface = "va"};
    struct confine_options options = both_folders(place);
    struct capture_input facts;
    struct fail fail = {0};
    struct live *live = live_open(&live_options, &fail);
    int start[2];

    WANT(live && pipe(start) == 0);
    if (fork() == 0) {
        disturb(start[0]);
        _exit(0);
    }
    child_confine(&options);
    WANT(write(start[1], "x", 1) == 1);
    read_to_end(live);
    live_facts(live, &facts);
    WANT(facts.packets > 0);
    WANT(facts.has_drops);
    want(strcmp(facts.problem, "interface 'va' was removed") == 0,
         facts.problem);
    live_close(live);
}

static void test_live(void **state)
{
    NEED_CABLE();
    assert_no_complaints(child_live, state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_root_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_give, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_live, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
