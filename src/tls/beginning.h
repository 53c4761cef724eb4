/*
 * What a direction of a connection began with, until it is known whether it
 * can be read: its first bytes, for who comes next should nothing be opened,
 * and the handshake messages that are in the clear.
 */
#ifndef TLS_BEGINNING_H
#define TLS_BEGINNING_H

#include "tcp/tcp.h"
#include "tls/hello.h"

enum {
    BEGINNING_KEPT = 48 /* more than anybody asks for */
};

struct beginning {
    uint8_t first[BEGINNING_KEPT];
    size_t first_size;
    struct chunk at; /* of the first; no bytes in it */
    uint8_t *message;
    size_t message_size;
    bool hello; /* it was there, as far as it is wanted */
};

void beginning_keep(struct beginning *beginning, const struct chunk *chunk);

/* What was kept, where it was. */
struct chunk beginning_first(const struct beginning *beginning);

/*
 * Takes what a handshake record holds: messages may be cut into records at
 * will. Once the hello is there the session has what it says; false: it is
 * none, or does not end.
 */
bool beginning_take(struct beginning *beginning, struct tls_session *session,
                    bool is_client, struct span fragment);

void beginning_release(struct beginning *beginning);

#endif
