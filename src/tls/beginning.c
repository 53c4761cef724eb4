#include "tls/beginning.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    HELLO_MOST = 8192,
    HANDSHAKE_HEADER = 4
};

void beginning_keep(struct beginning *beginning, const struct chunk *chunk)
{
    struct span more =
        span_head(chunk->bytes, BEGINNING_KEPT - beginning->first_size);

    if (beginning->first_size == 0) {
        beginning->at = *chunk;
        beginning->at.bytes = (struct span){0};
    }
    if (more.size)
        memcpy(beginning->first + beginning->first_size, more.at, more.size);
    beginning->first_size += more.size;
}

struct chunk beginning_first(const struct beginning *beginning)
{
    struct chunk chunk = beginning->at;

    chunk.bytes = (struct span){beginning->first, beginning->first_size};
    return chunk;
}

void beginning_release(struct beginning *beginning)
{
    free(beginning->message);
    beginning->message = NULL;
}

/* Of the client's only the random is wanted. */
static bool take_client_hello(struct beginning *beginning,
                              struct tls_session *session, struct span message)
{
    const uint8_t *random = tls_client_random(message);

    if (message.size && message.at[0] != TLS_CLIENT_HELLO)
        return false;
    if (!random)
        return true;
    memcpy(session->random[0], random, TLS_RANDOM_SIZE);
    beginning->hello = true;
    return true;
}

static bool take_server_hello(struct beginning *beginning,
                              struct tls_session *session, struct span message)
{
    bool retry = false;
    size_t size;

    if (message.size < HANDSHAKE_HEADER)
        return true;
    size = (size_t)message.at[1] << 16 | (size_t)message.at[2] << 8 |
           message.at[3];
    size += HANDSHAKE_HEADER;
    if (message.at[0] != TLS_SERVER_HELLO || size > HELLO_MOST)
        return false;
    if (message.size < size)
        return true;
    message.size = size;
    if (!tls_take_server_hello(session, message, &retry))
        return false;
    /* a retry is followed by another hello */
    beginning->message_size = 0;
    beginning->hello = !retry;
    return true;
}

bool beginning_take(struct beginning *beginning, struct tls_session *session,
                    bool is_client, struct span fragment)
{
    struct span message;
    bool good;

    if (beginning->hello)
        return true;
    if (!beginning->message)
        beginning->message = must_calloc(1, HELLO_MOST);
    fragment = span_head(fragment, HELLO_MOST - beginning->message_size);
    if (fragment.size)
        memcpy(beginning->message + beginning->message_size, fragment.at,
               fragment.size);
    beginning->message_size += fragment.size;
    message = (struct span){beginning->message, beginning->message_size};
    good = is_client ? take_client_hello(beginning, session, message)
                     : take_server_hello(beginning, session, message);
    if (!good || beginning->hello)
        beginning_release(beginning);
    return good;
}
