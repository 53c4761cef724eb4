#include "wire/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool is_v4(const struct endpoint *endpoint)
{
    return endpoint->address.version == 4;
}

const char *endpoint_print_host(char text[static ENDPOINT_TEXT_SIZE],
                                const struct endpoint *endpoint)
{
    if (!inet_ntop(is_v4(endpoint) ? AF_INET : AF_INET6, endpoint->address.byte,
                   text, ENDPOINT_TEXT_SIZE))
        (void)snprintf(text, ENDPOINT_TEXT_SIZE, "?");
    return text;
}

const char *endpoint_print(char text[static ENDPOINT_TEXT_SIZE],
                           const struct endpoint *endpoint)
{
    char address[ENDPOINT_TEXT_SIZE];

    (void)snprintf(text, ENDPOINT_TEXT_SIZE,
                   is_v4(endpoint) ? "%.46s:%u" : "[%.46s]:%u",
                   endpoint_print_host(address, endpoint), endpoint->port);
    return text;
}
