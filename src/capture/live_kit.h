/*
 * For the tests that need interfaces: a network namespace with 'va' and 'vb',
 * the two ends of one cable. What is sent into vb arrives at va.
 */
#ifndef CAPTURE_LIVE_KIT_H
#define CAPTURE_LIVE_KIT_H

#include "capture/kit.h"

#include <errno.h>
#include <sched.h>
#include <sys/wait.h>

#include "capture/live.h"

enum {
    COMMAND_WORDS = 16
};

/* Runs a command of at most COMMAND_WORDS words without quotes. */
static inline bool run(const char *command)
{
    char copy[256];
    char *word[COMMAND_WORDS + 1] = {0};
    char *rest = copy;
    size_t words = 0;
    int status;
    pid_t child;

    (void)snprintf(copy, sizeof(copy), "%s", command);
    while (rest && words < COMMAND_WORDS)
        word[words++] = strsep(&rest, " ");
    child = fork();
    if (child == 0) {
        execvp(word[0], word);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status == 0;
}

/* IPv6 would send packets of its own. */
static inline bool turn_ipv6_off(const char *name)
{
    char path[100];
    FILE *file;

    (void)snprintf(path, sizeof(path),
                   "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
    file = fopen(path, "w");
    if (!file)
        return errno == ENOENT;
    (void)fputs("1", file);
    return fclose(file) == 0;
}

/* A fresh namespace; the one before it ends with its last socket. */
static inline bool make_cable(void)
{
    return geteuid() == 0 && unshare(CLONE_NEWNET) == 0 &&
           run("ip link set lo up") &&
           run("ip link add va type veth peer name vb") &&
           turn_ipv6_off("va") && turn_ipv6_off("vb") &&
           run("ip address add 10.9.0.1/24 dev va") &&
           run("ip link set va up") && run("ip link set vb up");
}

#define NEED_CABLE()                                                           \
    do {                                                                       \
        if (!make_cable())                                                     \
            skip();                                                            \
    } while (0)

#endif
