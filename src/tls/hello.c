#include "tls/hello.h"

enum {
    HANDSHAKE_HEADER = 4,
    EXTENSION_ENCRYPT_THEN_MAC = 22,
    EXTENSION_SUPPORTED_VERSIONS = 43
};

/* RFC 8446, 4.1.3: SHA-256 of "HelloRetryRequest", in place of a random. */
static const uint8_t retry_random[TLS_RANDOM_SIZE] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
    0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

const uint8_t *tls_client_random(struct span message)
{
    if (message.size < HANDSHAKE_HEADER + 2 + TLS_RANDOM_SIZE ||
        message.at[0] != TLS_CLIENT_HELLO)
        return NULL;
    return message.at + HANDSHAKE_HEADER + 2;
}

struct span tls_hello_session(struct span message)
{
    struct reader reader = reader_on(span_skip(message, HANDSHAKE_HEADER));
    struct span session;

    read_skip(&reader, 2 + TLS_RANDOM_SIZE);
    session = read_span(&reader, read_u8(&reader));
    return reader.overrun ? (struct span){NULL, 0} : session;
}

struct reader tls_hello_extensions(struct span message)
{
    struct reader reader = reader_on(span_skip(message, HANDSHAKE_HEADER));

    read_skip(&reader, 2 + TLS_RANDOM_SIZE);
    read_skip(&reader, read_u8(&reader)); /* the session's id */
    if (message.size && message.at[0] == TLS_CLIENT_HELLO) {
        read_skip(&reader, read_be16(&reader)); /* suites */
        read_skip(&reader, read_u8(&reader));   /* compression */
    } else {
        read_skip(&reader, 3); /* suite, compression */
    }
    if (reader.overrun || !reader.rest.size)
        return reader_on((struct span){message.at, 0});
    return read_part(&reader, read_be16(&reader));
}

static void take_extensions(struct tls_session *session, struct reader *reader)
{
    while (reader->rest.size) {
        uint16_t kind = read_be16(reader);
        struct reader body = read_part(reader, read_be16(reader));

        if (kind == EXTENSION_ENCRYPT_THEN_MAC)
            session->encrypt_then_mac = true;
        else if (kind == EXTENSION_SUPPORTED_VERSIONS && body.rest.size == 2)
            session->version = read_be16(&body);
    }
}

bool tls_take_server_hello(struct tls_session *session, struct span message,
                           bool *retry)
{
    struct reader reader = reader_on(span_skip(message, HANDSHAKE_HEADER));
    struct reader extensions;
    struct span random;
    uint16_t id;

    session->version = read_be16(&reader);
    random = read_span(&reader, TLS_RANDOM_SIZE);
    read_skip(&reader, read_u8(&reader)); /* the session's id */
    id = read_be16(&reader);
    read_skip(&reader, 1); /* compression */
    if (reader.overrun)
        return false;
    *retry = memcmp(random.at, retry_random, TLS_RANDOM_SIZE) == 0;
    memcpy(session->random[1], random.at, TLS_RANDOM_SIZE);
    session->id = id;
    session->suite = tls_suite(id);
    session->encrypt_then_mac = false;
    extensions = tls_hello_extensions(message);
    take_extensions(session, &extensions);
    return true;
}
