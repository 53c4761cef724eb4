#include "model/passed_on.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* "00-" and as many digits of the trace-id, of version 00 and later */
    TRACE_AT = 3,
    TRACE_DIGITS = 32,
    /* of an IPv6 address with brackets and a port */
    CLIENT_SIZE = INET6_ADDRSTRLEN + 8
};

static bool is_digit_of_trace(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

static uint64_t trace_of(struct span value)
{
    static const uint8_t zeros[] = "00000000000000000000000000000000";
    struct span trace = span_head(span_skip(value, TRACE_AT), TRACE_DIGITS);

    if (value.size <= TRACE_AT + TRACE_DIGITS ||
        value.at[TRACE_AT - 1] != '-' ||
        value.at[TRACE_AT + TRACE_DIGITS] != '-' ||
        memcmp(trace.at, zeros, TRACE_DIGITS) == 0)
        return 0;
    for (size_t i = 0; i < trace.size; i++) {
        if (!is_digit_of_trace(trace.at[i]))
            return 0;
    }
    return hash_span(trace);
}

/* The element behind the last comma, without what is around it. */
static struct span last_of(struct span list)
{
    size_t from;

    while (list.size &&
           (list.at[list.size - 1] == ' ' || list.at[list.size - 1] == '\t'))
        list.size--;
    from = list.size;
    while (from && list.at[from - 1] != ',' && list.at[from - 1] != ' ')
        from--;
    return span_skip(list, from);
}

/* Cuts the port off, which is empty when there is none; NULL: no address. */
static char *cut_port(char *text, char **port)
{
    char *colon = strchr(text, ':');
    char *end = strchr(text, ']');

    *port = text + strlen(text);
    if (text[0] == '[') {
        if (!end)
            return NULL;
        if (end[1] == ':')
            *port = end + 2;
        *end = 0;
        return text + 1;
    }
    if (colon && colon == strrchr(text, ':')) {
        *port = colon + 1;
        *colon = 0;
    }
    return text;
}

/* "192.0.2.1", "192.0.2.1:5000", "2001:db8::1", "[2001:db8::1]:5000" */
static struct endpoint client_of(struct span list)
{
    struct span last = last_of(list);
    struct endpoint client = {0};
    char text[CLIENT_SIZE] = "";
    char *address;
    char *port;
    bool is_v6;
    unsigned long number;

    if (!last.size || last.size >= sizeof text)
        return client;
    memcpy(text, last.at, last.size);
    address = cut_port(text, &port);
    if (!address)
        return client;
    is_v6 = strchr(address, ':') != NULL;
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address, client.address.byte) !=
        1)
        return (struct endpoint){0};
    number = strtoul(port, NULL, 10);
    client.port = number <= UINT16_MAX ? (uint16_t)number : 0;
    client.address.version = is_v6 ? 6 : 4;
    return client;
}

struct passed_on passed_on_of(const struct http_head *head)
{
    return (struct passed_on){
        .request_id = head->request_id.size ? hash_span(head->request_id) : 0,
        .trace = trace_of(head->traceparent),
        .client = client_of(head->forwarded_for),
    };
}
