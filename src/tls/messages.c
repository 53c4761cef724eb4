/* The handshake's messages, as far as a watcher wants them. */
#include "base/arena.h"
#include "tls/direction.h"
#include "tls/hello.h"
#include "tls/watch.h"

#include <stdlib.h>

enum {
    HELLO_MOST = 8192,
    HANDSHAKE_HEADER = 4
};

static void take_hello(struct tls_watch *watch, unsigned side,
                       const struct chunk *chunk)
{
    struct tls_watch_side *state = &watch->side[side];
    struct tls_facts *facts = &watch->facts;
    struct span message = {state->hello, state->hello_size};
    bool retry = false;

    if (message.at[0] == TLS_CLIENT_HELLO)
        tls_read_client_hello(message, facts);
    else if (message.at[0] == TLS_SERVER_HELLO)
        retry = tls_read_server_hello(message, facts);
    else
        tls_read_encrypted_extensions(message, facts);
    if (!retry && !mark_is_set(facts->side[side].hello))
        facts->side[side].hello = chunk->at;
    free(state->hello);
    state->hello = NULL;
}

/* Is it a message that is read? A hello only the first. */
static bool is_wanted(const struct tls_side_facts *facts, uint8_t kind)
{
    if (kind == TLS_ENCRYPTED_EXTENSIONS)
        return true;
    return (kind == TLS_CLIENT_HELLO || kind == TLS_SERVER_HELLO) &&
           !mark_is_set(facts->hello);
}

/* A handshake message has begun; its header is there. */
static void begin_message(struct tls_watch *watch, unsigned side,
                          const struct chunk *chunk)
{
    struct tls_watch_side *state = &watch->side[side];
    struct tls_side_facts *facts = &watch->facts.side[side];
    uint8_t kind = state->message[0];

    state->message_left = (uint32_t)state->message[1] << 16 |
                          (uint32_t)state->message[2] << 8 | state->message[3];
    if (kind == TLS_FINISHED && !mark_is_set(facts->finished))
        facts->finished = chunk->at;
    if (kind == TLS_CERTIFICATE_REQUEST && side != watch->facts.client)
        watch->facts.asks_certificate = true;
    if (!is_wanted(facts, kind) || state->message_left > HELLO_MOST)
        return;
    free(state->hello);
    state->hello =
        must_realloc(NULL, HANDSHAKE_HEADER + state->message_left, 1);
    memcpy(state->hello, state->message, HANDSHAKE_HEADER);
    state->hello_size = HANDSHAKE_HEADER;
}

void tls_watch_messages(struct tls_watch *watch, unsigned side,
                        struct span bytes, const struct chunk *chunk)
{
    struct tls_watch_side *state = &watch->side[side];

    while (bytes.size) {
        struct span piece;

        if (state->message_size < HANDSHAKE_HEADER) {
            state->message[state->message_size++] = bytes.at[0];
            bytes = span_skip(bytes, 1);
            if (state->message_size < HANDSHAKE_HEADER)
                continue;
            begin_message(watch, side, chunk);
        }
        piece = span_head(bytes, state->message_left);
        if (state->hello && piece.size) {
            memcpy(state->hello + state->hello_size, piece.at, piece.size);
            state->hello_size += piece.size;
        }
        state->message_left -= (uint32_t)piece.size;
        bytes = span_skip(bytes, piece.size);
        if (state->message_left)
            return;
        if (state->hello)
            take_hello(watch, side, chunk);
        state->message_size = 0;
    }
}
