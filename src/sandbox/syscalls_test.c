#include "sandbox/confine_kit.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "sandbox/syscalls.h"

enum {
    MANY = 100000
};

static void child_calls(const struct place *place)
{
    struct confine_options options = both_folders(place);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    char *const word[] = {(char[]){"true"}, NULL};
    int open_socket = socket(AF_INET, SOCK_DGRAM, 0);
    pid_t parent = getppid();
    struct rlimit limit = {1 << 20, 1 << 20};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    child_confine(&options);
    WANT(execv("/bin/true", word) < 0);
    WANT(socket(AF_INET, SOCK_STREAM, 0) < 0);
    WANT(socket(AF_UNIX, SOCK_STREAM, 0) < 0);
    WANT(connect(open_socket, (struct sockaddr *)&to, sizeof(to)) < 0);
    WANT(bind(open_socket, (struct sockaddr *)&to, sizeof(to)) < 0);
    WANT(sendto(open_socket, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0);
    WANT(fork() < 0);
    WANT(syscall(SYS_clone3, NULL, 0) < 0);
    WANT(ptrace(PTRACE_TRACEME, 0, 0, 0) < 0);
    WANT(kill(parent, 0) < 0);
    WANT(kill(getpid(), 0) == 0);
    WANT(setuid(0) < 0);
    WANT(setuid(getuid()) < 0 && errno == ENOSYS);
    WANT(syscall(SYS_unshare, 0) < 0);
    WANT(ioctl(STDIN_FILENO, TIOCSTI, "x") < 0);
    WANT(setrlimit(RLIMIT_AS, &limit) < 0);
    WANT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
              -1, 0) == MAP_FAILED);
}

static void test_calls(void **state)
{
    assert_no_complaints(child_calls, state);
}

/* A packet socket bound to an interface: send(2) puts frames on its link. */
static int open_packet_socket(void)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL)};
    int packets = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

    at.sll_ifindex = (int)if_nametoindex("lo");
    WANT(packets > 0);
    WANT(bind(packets, (struct sockaddr *)&at, sizeof(at)) == 0);
    return packets;
}

#define REFUSED(call) WANT((call) < 0 && (errno == EPERM || errno == ENOSYS))

/*
 * It could send, and then can only be read, under whatever number. Bits that
 * the kernel does not look at make no other descriptor of it.
 */
static void child_packets(const struct place *place)
{
    struct confine_options options = both_folders(place);
    char frame[60] = {0};
    struct iovec piece = {frame, sizeof(frame)};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    struct mmsghdr messages = {.msg_hdr = message};
    long wide = INT64_C(1) << 32;

    options.packet_socket = open_packet_socket();
    WANT(send(options.packet_socket, frame, sizeof(frame), 0) == 60);
    child_confine(&options);
    REFUSED(send(options.packet_socket, frame, sizeof(frame), 0));
    REFUSED(sendmsg(options.packet_socket, &message, 0));
    REFUSED(sendmmsg(options.packet_socket, &messages, 1, 0));
    REFUSED(write(options.packet_socket, frame, sizeof(frame)));
    REFUSED(writev(options.packet_socket, &piece, 1));
    REFUSED(pwrite(options.packet_socket, frame, sizeof(frame), 0));
    REFUSED(dup(options.packet_socket));
    REFUSED(fcntl(options.packet_socket, F_DUPFD_CLOEXEC, 0));
    REFUSED(syscall(SYS_write, wide | options.packet_socket, frame, 60));
    WANT(recv(options.packet_socket, frame, sizeof(frame), MSG_DONTWAIT) > 0);
}

static void test_packets(void **state)
{
    NEED_CABLE();
    assert_no_complaints(child_packets, state);
}

/* Where Landlock is missing: by a folder's descriptor only. */
static void child_below(const struct place *place)
{
    int folder = open(place->writable, O_RDONLY | O_DIRECTORY);
    struct fail fail = {0};
    char path[2 * KIT_PATH_SIZE];
    bool filtered;

    (void)snprintf(path, sizeof(path), "%s/old", place->writable);
    WANT(chdir(place->writable) == 0);
    WANT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    WANT(syscalls_filter(SYSCALLS_FILES_BELOW, 0, &filtered, &fail));
    want(filtered && !fail.set, fail.text);
    WANT(open("/etc/passwd", O_RDONLY) < 0);
    WANT(open("old", O_RDONLY) < 0);
    WANT(syscall(SYS_openat, 0xffffff9c, "old", O_RDONLY) < 0);
    WANT(openat(folder, "old", O_RDONLY) >= 0);
    WANT(openat(folder, "new", O_WRONLY | O_CREAT, 0644) >= 0);
    WANT(rename("old", "older") < 0);
    WANT(renameat(folder, "new", AT_FDCWD, "newer") < 0);
    WANT(renameat(AT_FDCWD, "new", folder, "newer") < 0);
    WANT(renameat(folder, "new", folder, "newer") == 0);
    WANT(unlink(path) < 0 && unlink("old") < 0);
    WANT(unlinkat(folder, "newer", 0) == 0);
}

static void test_below(void **state)
{
    assert_no_complaints(child_below, state);
}

static int compare(const void *a, const void *b)
{
    const int *x = a;
    const int *y = b;

    return (*x > *y) - (*x < *y);
}

static void child_work_with_files(const struct place *place)
{
    json_t *object = json_pack("{s:s, s:f}", "a", "b", "c", 0.1);
    char path[2 * KIT_PATH_SIZE];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/out", place->writable);
    file = fopen(path, "w");
    WANT(file != NULL);
    WANT(json_dumpf(object, file, JSON_COMPACT) == 0);
    WANT(fprintf(file, "%.3f %s\n", 0.5, strerror(EPERM)) > 0);
    WANT(fflush(file) == 0 && ftello(file) > 10 && fclose(file) == 0);
    json_decref(object);
}

/* What the loop does besides reading: none of it may fail once confined. */
static void child_work(const struct place *place)
{
    struct confine_options options = both_folders(place);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct timespec pause = {0, 1000000};
    struct rusage usage;
    struct tm local;
    time_t now;
    int *number;
    int pair[2];

    WANT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    child_confine(&options);
    child_work_with_files(place);
    number = must_calloc(MANY, sizeof(*number));
    for (int i = 0; i < MANY; i++)
        number[i] = MANY - i;
    number = must_realloc(number, 40 * MANY, sizeof(*number));
    qsort(number, MANY, sizeof(*number), compare);
    WANT(number[0] == 1 && number[MANY - 1] == MANY);
    free(number);
    now = time(NULL);
    WANT(localtime_r(&now, &local) && mktime(&local) == now);
    WANT(gmtime_r(&now, &local) != NULL);
    WANT(getrusage(RUSAGE_SELF, &usage) == 0);
    WANT(sigaction(SIGUSR1, &ignore, NULL) == 0 && raise(SIGUSR1) == 0);
    WANT(nanosleep(&pause, NULL) == 0 && poll(NULL, 0, 1) == 0);
    WANT(send(pair[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1);
    WANT(recv(pair[1], &local, 1, 0) == 1);
    WANT(fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0);
    WANT(isatty(pair[0]) == 0 && errno != ENOSYS);
}

static void test_work(void **state)
{
    assert_no_complaints(child_work, state);
}

static void child_abort(const struct place *place)
{
    struct confine_options options = both_folders(place);

    child_confine(&options);
    (void)signal(SIGABRT, SIG_DFL);
    abort();
}

static void test_abort(void **state)
{
    int status;
    char *text = in_child(child_abort, *state, &status);

    assert_string_equal(text, "");
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_packets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_below, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abort, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
