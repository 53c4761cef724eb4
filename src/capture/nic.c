#include "capture/nic.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/*
 * rtnetlink(7) says everything in one answer, by index, in the network
 * namespace that the socket was opened in; /sys may show another one.
 */
static int open_socket(void)
{
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  NETLINK_ROUTE);
}

static bool send_question(const struct nic *nic)
{
    struct {
        struct nlmsghdr head;
        struct ifinfomsg link;
    } question = {
        .head = {.nlmsg_len = sizeof(question),
                 .nlmsg_type = RTM_GETLINK,
                 .nlmsg_flags = NLM_F_REQUEST},
        .link = {.ifi_family = AF_UNSPEC,                             .ifi_index = (int)nic->index},
    };

    return send(nic->socket, &question, sizeof(question), 0) ==
           (ssize_t)sizeof(question);
}

static void read_drops(const struct nlmsghdr *head, uint64_t *drops)
{
    struct rtattr *attribute = IFLA_RTA((struct ifinfomsg *)NLMSG_DATA(head));
    size_t left = IFLA_PAYLOAD(head);
    struct rtnl_link_stats64 statistics = {0};

    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        size_t size = RTA_PAYLOAD(attribute);

        if (attribute->rta_type != IFLA_STATS64)
            continue;
        if (size > sizeof(statistics))
            size = sizeof(statistics);
        memcpy(&statistics, RTA_DATA(attribute), size);
        *drops = statistics.rx_missed_errors + statistics.rx_fifo_errors;
    }
}

static enum nic_state read_answer(const struct nlmsghdr *head, uint64_t *drops)
{
    const struct nlmsgerr *error = NLMSG_DATA(head);
    const struct ifinfomsg *link = NLMSG_DATA(head);

    if (head->nlmsg_type == NLMSG_ERROR &&
        head->nlmsg_len >= NLMSG_LENGTH(sizeof(*error)))
        return error->error == -ENODEV ? NIC_GONE : NIC_UNKNOWN;
    if (head->nlmsg_type != RTM_NEWLINK ||
        head->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
        return NIC_UNKNOWN;
    read_drops(head, drops);
    return link->ifi_flags & IFF_UP ? NIC_UP : NIC_DOWN;
}

static enum nic_state ask(const struct nic *nic, uint64_t *drops)
{
    union {
        struct nlmsghdr head;
        char room[16384];
    } answer;
    ssize_t size;

    if (!send_question(nic))
        return NIC_UNKNOWN;
    /* The kernel has answered when send returns. */
    size = recv(nic->socket, &answer, sizeof(answer), 0);
    if (size < 0 || !NLMSG_OK(&answer.head, (size_t)size))
        return NIC_UNKNOWN;
    return read_answer(&answer.head, drops);
}

#else

static int open_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0);
}

static enum nic_state ask(const struct nic *nic, uint64_t *drops)
{
    struct ifreq request = {0};

    (void)drops;
    if (if_nametoindex(nic->name) != nic->index)
        return NIC_GONE;
    (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", nic->name);
    if (ioctl(nic->socket, SIOCGIFFLAGS, &request) != 0)
        return NIC_UNKNOWN;
    return request.ifr_flags & IFF_UP ? NIC_UP : NIC_DOWN;
}

#endif

void nic_open(struct nic *nic, const char *name)
{
    *nic = (struct nic){.socket = -1, .index = if_nametoindex(name)};
    (void)snprintf(nic->name, sizeof(nic->name), "%s", name);
    if (nic->index)
        nic->socket = open_socket();
}

void nic_close(struct nic *nic)
{
    if (nic->socket >= 0)
        (void)close(nic->socket);
    nic->socket = -1;
}

enum nic_state nic_ask(const struct nic *nic, uint64_t *drops)
{
    if (nic->socket < 0)
        return NIC_UNKNOWN;
    return ask(nic, drops);
}
