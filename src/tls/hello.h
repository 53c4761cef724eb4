/* ClientHello and ServerHello (RFC 8446, 4.1; RFC 5246, 7.4.1). */
#ifndef TLS_HELLO_H
#define TLS_HELLO_H

#include "base/reader.h"
#include "tls/keys.h"

enum {
    TLS_CLIENT_HELLO = 1,
    TLS_SERVER_HELLO = 2,
    TLS_ENCRYPTED_EXTENSIONS = 8,
    TLS_CERTIFICATE_REQUEST = 13,
    TLS_FINISHED = 20,
    TLS_KEY_UPDATE = 24
};

/* The random of a ClientHello's beginning, whose rest need not be there; NULL:
 * it is none. `message` begins with the handshake header. */
const uint8_t *tls_client_random(struct span message);

/* The session id of a whole hello; empty where it has none. */
struct span tls_hello_session(struct span message);

/* The extensions of a whole hello of either side; empty where it has none, or
 * makes no sense. */
struct reader tls_hello_extensions(struct span message);

/*
 * Takes from a whole ServerHello what the session needs; gives false when it
 * makes no sense. `suite` is NULL where it is none that can be opened, and
 * `retry` is set where it is a HelloRetryRequest, after which another comes.
 */
bool tls_take_server_hello(struct tls_session *session, struct span message,
                           bool *retry);

#endif
