#include "wire/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>

const char *endpoint_print(char text[static ENDPOINT_TEXT_SIZE],
                           const struct endpoint *endpoint)
{
    bool is_v4 = endpoint->address.version == 4;
    char address[INET6_ADDRSTRLEN] = "?";

    (void)inet_ntop(is_v4 ? AF_INET : AF_INET6, endpoint->address.byte, address,
                    sizeof address);
    (void)snprintf(text, ENDPOINT_TEXT_SIZE, is_v4 ? "%s:%u" : "[%s]:%u",
                   address, endpoint->port);
    return text;
}
