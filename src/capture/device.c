/* Also holds live_list, which is about devices and needs no open capture. */
#include "capture/device.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "capture/live.h"

enum {
    PATH_SIZE = 400,
    NAMES_LIMIT = 300,
    COLUMN_LIMIT = 4096
};

/*
 * libpcap also lists Bluetooth, USB, D-Bus and netfilter queues: nothing that
 * TCP is read from.
 */
static bool is_network(const pcap_if_t *device)
{
    return if_nametoindex(device->name) != 0 ||
           strcmp(device->name, "any") == 0;
}

static bool exists(const char *name)
{
    char words[PCAP_ERRBUF_SIZE];
    pcap_if_t *devices = NULL;
    bool found = if_nametoindex(name) != 0;

    (void)pcap_findalldevs(&devices, words);
    for (const pcap_if_t *device = devices; device; device = device->next)
        found |= strcmp(device->name, name) == 0;
    pcap_freealldevs(devices);
    return found;
}

static bool say_unknown(const char *name, struct fail *fail)
{
    char words[PCAP_ERRBUF_SIZE];
    pcap_if_t *devices = NULL;
    struct text names;

    text_init(&names, NAMES_LIMIT);
    (void)pcap_findalldevs(&devices, words);
    for (const pcap_if_t *device = devices; device; device = device->next) {
        if (!is_network(device))
            continue;
        text_add(&names, names.size ? ", " : "; there are: ");
        text_add_visible(&names, span_of_text(device->name));
    }
    (void)fail_set(fail, "there is no interface '%s'%s%s", name,
                   text_string(&names), names.cut ? "…" : "");
    pcap_freealldevs(devices);
    text_release(&names);
    return false;
}

/* Of a user who is root, only a container or a service takes the right. */
static bool say_forbidden(const char *name, struct fail *fail)
{
    char path[PATH_SIZE] = "";
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (geteuid() == 0)
        return fail_set(fail,
                        "no permission to capture on '%s': this root has no "
                        "cap_net_raw (in a container: --cap-add NET_RAW)",
                        name);
    return fail_set(fail,
                    "no permission to capture on '%s': run it as root (sudo "
                    "whyeof …), or once: sudo setcap cap_net_raw+ep %s",
                    name, size > 0 ? path : "whyeof");
}

bool device_complain(const char *name, int status, const char *words,
                     struct fail *fail)
{
    bool forbidden = status == PCAP_ERROR_PERM_DENIED ||
                     status == PCAP_ERROR_PROMISC_PERM_DENIED;

    /* Without permission, libpcap does not look whether there is one. */
    if (status == PCAP_ERROR_NO_SUCH_DEVICE || (forbidden && !exists(name)))
        return say_unknown(name, fail);
    if (forbidden)
        return say_forbidden(name, fail);
    if (status == PCAP_ERROR_IFACE_NOT_UP)
        return fail_set(fail,
                        "interface '%s' is down; it must be up to begin with "
                        "(ip link set %s up)",
                        name, name);
    return fail_set(fail, "cannot capture on '%s': %s", name,
                    words[0] ? words : pcap_statustostr(status));
}

static void add_addresses(struct text *text, const pcap_if_t *device)
{
    const struct pcap_addr *address = device->addresses;
    char host[NI_MAXHOST];

    for (; address; address = address->next) {
        int family = address->addr ? address->addr->sa_family : AF_UNSPEC;
        socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in)
                                           : sizeof(struct sockaddr_in6);

        if (family != AF_INET && family != AF_INET6)
            continue;
        if (getnameinfo(address->addr, size, host, sizeof(host), NULL, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        text_add(text, text->size ? ", " : "");
        text_add_visible(text, span_of_text(host));
    }
    if (!text->size)
        text_add(text, "-");
}

struct row {
    struct text name;
    struct text addresses;
    struct text description;
    const char *state;
};

static void fill_row(struct row *row, const pcap_if_t *device)
{
    text_init(&row->name, COLUMN_LIMIT);
    text_init(&row->addresses, COLUMN_LIMIT);
    text_init(&row->description, COLUMN_LIMIT);
    text_add_visible(&row->name, span_of_text(device->name));
    add_addresses(&row->addresses, device);
    if (device->description)
        text_add_visible(&row->description, span_of_text(device->description));
    row->state = device->flags & PCAP_IF_UP ? "up" : "down";
}

static bool write_rows(FILE *out, const struct row *row, size_t rows)
{
    size_t name = 0;
    size_t addresses = 0;

    for (size_t i = 0; i < rows; i++) {
        if (row[i].name.size > name)
            name = row[i].name.size;
        if (row[i].description.size && row[i].addresses.size > addresses)
            addresses = row[i].addresses.size;
    }
    for (size_t i = 0; i < rows; i++) {
        bool described = row[i].description.size != 0;

        (void)fprintf(out, "%-*s  %-4s  %-*s%s%s\n", (int)name,
                      text_string(&row[i].name), row[i].state,
                      described ? (int)addresses : 0,
                      text_string(&row[i].addresses), described ? "  " : "",
                      text_string(&row[i].description));
    }
    return fflush(out) == 0 && !ferror(out);
}

bool live_list(FILE *out, struct fail *fail)
{
    char words[PCAP_ERRBUF_SIZE] = "";
    pcap_if_t *devices = NULL;
    struct row *row = NULL;
    size_t rows = 0;
    bool written;

    if (pcap_findalldevs(&devices, words) != 0)
        return fail_set(fail, "cannot list the interfaces: %s", words);
    for (const pcap_if_t *device = devices; device; device = device->next) {
        if (!is_network(device))
            continue;
        row = must_realloc(row, rows + 1, sizeof(*row));
        fill_row(&row[rows++], device);
    }
    written = write_rows(out, row, rows);
    for (size_t i = 0; i < rows; i++) {
        text_release(&row[i].name);
        text_release(&row[i].addresses);
        text_release(&row[i].description);
    }
    free(row);
    pcap_freealldevs(devices);
    if (!written)
        return fail_set(fail, "cannot write the list of interfaces");
    return true;
}
