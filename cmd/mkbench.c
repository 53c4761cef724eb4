/*
 * Writes a classic pcap of about a given size for measuring (src/scene/
 * traffic.h). The same arguments give the same bytes.
 */
#include "base/arena.h"
#include "scene/traffic.h"

#include <stdlib.h>
#include <string.h>

enum {
    BUFFER_SIZE = 1 << 20
};

static const struct {
    const char *option;
    enum traffic_kind kind;
} kinds[] = {
    {"--small",     TRAFFIC_SMALL    },
    {"--h2",        TRAFFIC_H2       },
    {"--grpc",      TRAFFIC_GRPC     },
    {"--grpc-tiny", TRAFFIC_GRPC_TINY},
};

struct order {
    struct traffic_order traffic;
    const char *path; /* NULL: standard output */
};

/* "64M", "1G": a number with a power of 1024; 0 when it is none. */
static uint64_t parse_size(const char *text)
{
    static const char unit[] = "KMGT";
    char *end;
    uint64_t size = strtoull(text, &end, 10);
    const char *at = strchr(unit, *end);

    if (*end == '\0')
        return size;
    return at && end[1] == '\0' ? size << 10 * (at - unit + 1) : 0;
}

static bool take_kind(const char *word, struct order *order)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(word, kinds[i].option) != 0)
            continue;
        order->traffic.kind = kinds[i].kind;
        return true;
    }
    return false;
}

static bool read_order(int count, char **word, struct order *order)
{
    for (int i = 1; i < count; i++) {
        if (take_kind(word[i], order))
            continue;
        if (strcmp(word[i], "--size") == 0 && i + 1 < count)
            order->traffic.size = parse_size(word[++i]);
        else if (strcmp(word[i], "--routes") == 0 && i + 1 < count)
            order->traffic.routes = (uint32_t)parse_size(word[++i]);
        else
            order->path = word[i];
    }
    return order->traffic.size > 0 && (!order->path || order->path[0] != '-');
}

int main(int count, char **word)
{
    struct order order = {.traffic = {.kind = TRAFFIC_LARGE}};
    char *buffer = must_calloc(1, BUFFER_SIZE); /* stdio's until the end */
    FILE *file;

    if (!read_order(count, word, &order)) {
        (void)fputs("usage: mkbench --size SIZE[K|M|G] "
                    "[--small|--h2|--grpc|--grpc-tiny] [--routes N] [FILE]\n",
                    stderr);
        return 2;
    }
    file = order.path ? fopen(order.path, "wb") : stdout;
    if (file)
        (void)setvbuf(file, buffer, _IOFBF, BUFFER_SIZE);
    if (file && traffic_write(&order.traffic, file))
        return 0;
    perror(order.path ? order.path : "standard output");
    return 1;
}
