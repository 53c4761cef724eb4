#include "capture/live_kit.h"

bool run(const char *command)
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
static bool turn_ipv6_off(const char *name)
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

bool make_cable(void)
{
    return geteuid() == 0 && unshare(CLONE_NEWNET) == 0 &&
           run("ip link set lo up") &&
           run("ip link add va type veth peer name vb") &&
           turn_ipv6_off("va") && turn_ipv6_off("vb") &&
           run("ip address add 10.9.0.1/24 dev va") &&
           run("ip link set va up") && run("ip link set vb up");
}
