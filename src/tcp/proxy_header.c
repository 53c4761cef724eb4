#include "tcp/proxy_header.h"

#include "base/reader.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum {
    LINE_MOST = 107, /* of version 1, with its CRLF */
    FIXED_SIZE = 16, /* of version 2: signature, command, family, length */
    VERSION_2 = 0x20,
    TCP_OVER_4 = 0x11,
    TCP_OVER_6 = 0x21
};

static const uint8_t signature[] = "\r\n\r\n\0\r\nQUIT\n";

enum {
    SIGNATURE_SIZE = sizeof signature - 1
};

static bool parse_address(const char *text, struct address *address)
{
    bool is_v6 = strchr(text, ':') != NULL;

    address->version = is_v6 ? 6 : 4;
    return inet_pton(is_v6 ? AF_INET6 : AF_INET, text, address->byte) == 1;
}

/* "PROXY TCP4 192.0.2.1 198.51.100.1 51034 443" */
static bool parse_line(const char *line, struct endpoint *origin)
{
    char source[64];
    unsigned port;

    return sscanf(line, "PROXY TCP%*1[46] %63s %*63s %5u", source, &port) ==
               2 &&
           port <= UINT16_MAX && parse_address(source, &origin->address) &&
           (origin->port = (uint16_t)port, true);
}

static size_t read_version_1(struct span bytes, struct endpoint *origin)
{
    struct span head = span_head(bytes, LINE_MOST);
    const uint8_t *end = memmem(head.at, head.size, "\r\n", 2);
    char line[LINE_MOST + 1] = "";

    if (!end)
        return 0;
    memcpy(line, head.at, (size_t)(end - head.at));
    if (!parse_line(line, origin))
        *origin = (struct endpoint){0};
    return (size_t)(end - head.at) + 2;
}

/* Both addresses, then both ports: of the source and of the destination. */
static void read_origin(struct reader *r, size_t size, uint8_t version,
                        struct endpoint *origin)
{
    origin->address.version = version;
    for (size_t i = 0; i < size; i++)
        origin->address.byte[i] = read_u8(r);
    read_skip(r, size);
    origin->port = read_be16(r);
    if (r->overrun)
        *origin = (struct endpoint){0};
}

static size_t read_version_2(struct span bytes, struct endpoint *origin)
{
    struct reader r = reader_on(span_skip(bytes, SIGNATURE_SIZE));
    uint8_t command = read_u8(&r);
    uint8_t family = read_u8(&r);
    size_t size = read_be16(&r);

    if (r.overrun || (command & 0xf0) != VERSION_2 || r.rest.size < size)
        return 0;
    r.rest = span_head(r.rest, size);
    if (command == (VERSION_2 | 1) && family == TCP_OVER_4)
        read_origin(&r, 4, 4, origin);
    else if (command == (VERSION_2 | 1) && family == TCP_OVER_6)
        read_origin(&r, 16, 6, origin);
    return FIXED_SIZE + size;
}

static bool begins_alike(struct span bytes, const void *with, size_t size)
{
    return memcmp(bytes.at, with, bytes.size < size ? bytes.size : size) == 0;
}

bool proxy_header_may_follow(struct span bytes)
{
    static const char *const line[] = {"PROXY TCP4 ", "PROXY TCP6 ",
                                       "PROXY UNKNOWN"};

    if (bytes.size == 0)
        return true;
    for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
        if (begins_alike(bytes, line[i], strlen(line[i])))
            return bytes.size < LINE_MOST;
    }
    return begins_alike(bytes, signature, SIGNATURE_SIZE) &&
           bytes.size < PROXY_HEADER_MOST;
}

size_t proxy_header_read(struct span bytes, struct endpoint *origin)
{
    *origin = (struct endpoint){0};
    if (span_starts_with(bytes, "PROXY TCP4 ") ||
        span_starts_with(bytes, "PROXY TCP6 ") ||
        span_starts_with(bytes, "PROXY UNKNOWN"))
        return read_version_1(bytes, origin);
    if (bytes.size >= FIXED_SIZE &&
        begins_alike(bytes, signature, SIGNATURE_SIZE))
        return read_version_2(bytes, origin);
    return 0;
}
