/* What hellos say of names and versions, for who watches only. */
#include "base/hash.h"
#include "tls/hello.h"
#include "tls/watch.h"

enum {
    EXTENSION_SERVER_NAME = 0, /* RFC 6066, 3 */
    EXTENSION_ALPN = 16,       /* RFC 7301, 3.1 */
    EXTENSION_PSK = 41,        /* RFC 8446, 4.2.11 */
    EXTENSION_EARLY_DATA = 42, /* RFC 8446, 4.2.10 */
    HANDSHAKE_HEADER = 4,
    HOST_NAME = 0
};

/* As much as there is room for; bytes of any kind. */
static void keep(char *to, size_t room, struct span text)
{
    text = span_head(text, room - 1);
    memset(to, 0, room);
    if (text.size)
        memcpy(to, text.at, text.size);
}

static void take_name(struct tls_facts *facts, struct reader *body)
{
    struct reader list = read_part(body, read_be16(body));
    struct span name;

    if (read_u8(&list) != HOST_NAME)
        return;
    name = read_span(&list, read_be16(&list));
    if (!list.overrun)
        keep(facts->name, sizeof facts->name, name);
}

/* A list of names; does it hold HTTP/2's? */
static bool has_h2(struct reader *body)
{
    struct reader list = read_part(body, read_be16(body));
    bool found = false;

    while (list.rest.size) {
        struct span name = read_span(&list, read_u8(&list));

        found |= name.size == 2 && memcmp(name.at, "h2", 2) == 0;
    }
    return found;
}

/* A digest of a session's id, for telling whether two are the same. 0: none. */
static uint64_t digest(struct span session)
{
    uint64_t all = session.size;

    for (size_t i = 0; i < session.size; i++)
        all = hash_mix(all, session.at[i] + 1u);
    return all;
}

void tls_read_client_hello(struct span message, struct tls_facts *facts)
{
    struct reader extensions = tls_hello_extensions(message);
    const uint8_t *random = tls_client_random(message);

    if (random)
        memcpy(facts->random, random, TLS_RANDOM_SIZE);
    facts->session = digest(tls_hello_session(message));

    while (extensions.rest.size) {
        uint16_t kind = read_be16(&extensions);
        struct reader body = read_part(&extensions, read_be16(&extensions));

        if (kind == EXTENSION_SERVER_NAME)
            take_name(facts, &body);
        else if (kind == EXTENSION_ALPN)
            facts->offers_h2 = has_h2(&body);
        facts->offers_early |= kind == EXTENSION_EARLY_DATA;
    }
}

/* One name is in the list. */
static void keep_choice(struct tls_facts *facts, struct reader *body)
{
    struct reader list = read_part(body, read_be16(body));
    struct span name = read_span(&list, read_u8(&list));

    if (list.overrun)
        return;
    keep(facts->protocol, sizeof facts->protocol, name);
    facts->chose = true;
    facts->chose_h2 = name.size == 2 && memcmp(name.at, "h2", 2) == 0;
}

/* In TLS 1.3 the choice is encrypted. */
static void take_choice(struct span message, struct tls_facts *facts)
{
    struct reader extensions = tls_hello_extensions(message);

    /* without extensions, or the one, nothing was chosen: no HTTP/2 */
    facts->chose = facts->version < TLS_1_3;
    while (extensions.rest.size) {
        uint16_t kind = read_be16(&extensions);
        struct reader body = read_part(&extensions, read_be16(&extensions));

        if (kind == EXTENSION_ALPN)
            keep_choice(facts, &body);
        facts->resumed |= kind == EXTENSION_PSK;
    }
}

void tls_read_encrypted_extensions(struct span message, struct tls_facts *facts)
{
    struct reader reader = reader_on(span_skip(message, HANDSHAKE_HEADER));
    struct reader extensions = read_part(&reader, read_be16(&reader));

    while (extensions.rest.size) {
        uint16_t kind = read_be16(&extensions);
        struct reader body = read_part(&extensions, read_be16(&extensions));

        if (kind == EXTENSION_ALPN)
            keep_choice(facts, &body);
        facts->takes_early |= kind == EXTENSION_EARLY_DATA;
    }
    facts->has_extensions = true;
}

/* RFC 5246, 7.3, and RFC 5077, 3.4: the server repeats the client's id. */
static bool is_session_repeated(struct span message,
                                const struct tls_facts *facts)
{
    return facts->version < TLS_1_3 && facts->session != 0 &&
           digest(tls_hello_session(message)) == facts->session;
}

bool tls_read_server_hello(struct span message, struct tls_facts *facts)
{
    struct tls_session session = {0};
    bool retry = false;

    if (tls_take_server_hello(&session, message, &retry)) {
        facts->version = session.version;
        facts->suite = session.id;
        facts->resumed = is_session_repeated(message, facts);
        take_choice(message, facts);
    }
    return retry;
}
