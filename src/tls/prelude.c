#include "tls/prelude.h"

#include "tcp/proxy_header.h"
#include "tls/watch.h"

#include <string.h>

enum {
    SIGNATURE_SIZE = 12, /* of a header's version 2: fewer bytes tell nothing */
    STATUS_AT = 9        /* behind "HTTP/1.1 " */
};

static bool begins(struct span bytes, const void *with, size_t size)
{
    return bytes.size >= size && memcmp(bytes.at, with, size) == 0;
}

/* Bytes of a proxy's header that is whole; 0: it is not. */
static size_t proxy_size(struct span bytes)
{
    struct endpoint origin; /* who reads HTTP wants it */

    return proxy_header_read(bytes, &origin);
}

bool prelude_begin(struct prelude *prelude, unsigned side,
                   const struct chunk *chunk)
{
    struct span bytes = chunk->bytes;

    *prelude = (struct prelude){.client = (uint8_t)side};
    if (proxy_size(bytes) ||
        (bytes.size >= SIGNATURE_SIZE && proxy_header_may_follow(bytes)))
        prelude->kind = PRELUDE_PROXY;
    else if (begins(bytes, "CONNECT ", 8))
        prelude->kind = PRELUDE_CONNECT;
    return prelude->kind != PRELUDE_NONE;
}

static enum prelude_step end_at(const struct chunk *chunk, size_t at)
{
    struct chunk rest = *chunk;

    rest.bytes = span_skip(chunk->bytes, at);
    return tls_watch_begins(&rest) ? PRELUDE_ENDS : PRELUDE_OTHER;
}

static enum prelude_step take_proxy(struct prelude *prelude,
                                    const struct chunk *chunk, size_t *size)
{
    if (prelude->read)
        return end_at(chunk, 0);
    *size = proxy_size(chunk->bytes);
    if (*size == 0)
        return PRELUDE_OTHER;
    prelude->read = true;
    return *size == chunk->bytes.size ? PRELUDE_GOES_ON : end_at(chunk, *size);
}

/* The head of a 2xx ends where the server's chunk does, before the client goes
 * on: what else it says there, or says behind it, is no tunnel's beginning. */
static enum prelude_step take_answer(struct prelude *prelude, struct span bytes)
{
    static const char end[] = "\r\n\r\n";

    if (prelude->read)
        return PRELUDE_OTHER;
    if (!prelude->answered) {
        if (bytes.size <= STATUS_AT || !begins(bytes, "HTTP/1.", 7))
            return PRELUDE_OTHER;
        prelude->answered = true;
        prelude->tail = 0;
        prelude->refused = bytes.at[STATUS_AT] != '2';
    }
    if (prelude->refused)
        return PRELUDE_GOES_ON;
    for (size_t i = 0; i < bytes.size; i++) {
        if (prelude->read)
            return PRELUDE_OTHER;
        if (bytes.at[i] == end[prelude->tail])
            prelude->tail++;
        else
            prelude->tail = bytes.at[i] == end[0];
        prelude->read = prelude->tail == sizeof end - 1;
    }
    return PRELUDE_GOES_ON;
}

/* Who was refused, for want of credentials (RFC 9110, 15.5.8), asks again. */
static enum prelude_step ask(struct prelude *prelude, struct span bytes)
{
    if (!prelude->refused)
        return PRELUDE_GOES_ON;
    if (!begins(bytes, "CONNECT ", 8))
        return PRELUDE_OTHER;
    prelude->refused = false;
    prelude->answered = false;
    return PRELUDE_GOES_ON;
}

enum prelude_step prelude_take(struct prelude *prelude, unsigned side,
                               const struct chunk *chunk, size_t *size)
{
    *size = 0;
    if (prelude->kind == PRELUDE_PROXY)
        return side == prelude->client ? take_proxy(prelude, chunk, size)
                                       : PRELUDE_OTHER;
    if (side != prelude->client)
        return take_answer(prelude, chunk->bytes);
    return prelude->read ? end_at(chunk, 0) : ask(prelude, chunk->bytes);
}
