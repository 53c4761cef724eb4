#include "tls/prelude.h"

#include "tls/watch.h"

#include <string.h>

enum {
    V2_HEADER = 16,
    LINE_MOST = 107, /* of version 1, CR LF included */
    STATUS_AT = 9    /* behind "HTTP/1.1 " */
};

static const uint8_t signature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                    0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

static bool begins(struct span bytes, const void *with, size_t size)
{
    return bytes.size >= size && memcmp(bytes.at, with, size) == 0;
}

bool prelude_begin(struct prelude *prelude, unsigned side,
                   const struct chunk *chunk)
{
    struct span bytes = chunk->bytes;

    *prelude = (struct prelude){.client = (uint8_t)side};
    if (begins(bytes, "PROXY ", 6) ||
        begins(bytes, signature, sizeof signature))
        prelude->kind = PRELUDE_PROXY;
    else if (begins(bytes, "CONNECT ", 8))
        prelude->kind = PRELUDE_CONNECT;
    return prelude->kind != PRELUDE_NONE;
}

/* Bytes of a proxy's header that is whole; 0: it is not. */
static size_t proxy_size(struct span bytes)
{
    size_t most = span_head(bytes, LINE_MOST).size;

    if (begins(bytes, signature, sizeof signature)) {
        size_t size =
            bytes.size < V2_HEADER
                ? SIZE_MAX
                : V2_HEADER + ((size_t)bytes.at[14] << 8 | bytes.at[15]);

        return size <= bytes.size ? size : 0;
    }
    for (size_t i = 1; i < most; i++) {
        if (bytes.at[i - 1] == '\r' && bytes.at[i] == '\n')
            return i + 1;
    }
    return 0;
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
        /* it asks for credentials, and will be asked again */
        if (bytes.at[STATUS_AT] != '2')
            return PRELUDE_OTHER;
    }
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

enum prelude_step prelude_take(struct prelude *prelude, unsigned side,
                               const struct chunk *chunk, size_t *size)
{
    *size = 0;
    if (prelude->kind == PRELUDE_PROXY)
        return side == prelude->client ? take_proxy(prelude, chunk, size)
                                       : PRELUDE_OTHER;
    if (side != prelude->client)
        return take_answer(prelude, chunk->bytes);
    return prelude->read ? end_at(chunk, 0) : PRELUDE_GOES_ON;
}
