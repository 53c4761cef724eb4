#include "scene/address.h"

#include <arpa/inet.h>
#include <stdlib.h>

bool address_read(struct words *words, struct packet_address *address,
                  uint16_t *port)
{
    struct packet_address read = {0};
    const char *text, *colon;
    char *host, *end;
    size_t size;
    long number;

    if (!words_any(words, "address", &text))
        return false;
    colon = strrchr(text, ':');
    if (!colon)
        return words_fail(words, "an address without a port: '%s'", text);
    number = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end || number < 1 || number > UINT16_MAX)
        return words_fail(words, "no port: '%s'", colon + 1);
    size = (size_t)(colon - text);
    read.is_ipv6 = size > 2 && text[0] == '[' && text[size - 1] == ']';
    if (read.is_ipv6) {
        text++;
        size -= 2;
    }
    host = arena_keep(words->arena, (struct span){(const uint8_t *)text, size});
    if (inet_pton(read.is_ipv6 ? AF_INET6 : AF_INET, host, read.byte) != 1)
        return words_fail(words, "no address: '%s'", host);
    *address = read;
    *port = (uint16_t)number;
    return true;
}
